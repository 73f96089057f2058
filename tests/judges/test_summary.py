"""The line that says who judged what counts operations, not tests."""

from tests.conftest import judged


def test_operations_are_counted_once_and_by_judge() -> None:
    """Twice the same operation is one; what is not in the catalogue and what is no judgement are not counted."""
    line = judged(
        [
            ("judge", "moto ec2:DescribeInstances"),
            ("judge", "moto ec2:DescribeInstances"),
            ("judge", "sandbox ec2:DescribeInstances"),
            ("judge", "sandbox ssm:DescribePatchGroups"),
            ("judge", "moto ec2:DescribeNothing"),
            ("other", "moto ec2:DescribeImages"),
        ]
    )
    assert "moto 1, sandbox 2; by one from outside: 1" in line


def test_a_run_without_judges_says_so() -> None:
    """Nothing recorded is not a number."""
    assert "none ran" in judged([])
