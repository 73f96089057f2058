"""What comes over the wire is read one way, whichever protocol sent it."""

from datetime import UTC, datetime

import botocore.session
import botocore.utils
import pytest
from hypothesis import given
from hypothesis import strategies as st

from patchlib.wire import failure_state, is_aws, iso_instant


@pytest.mark.parametrize(
    ("wire", "instant"),
    [
        (1793599200, "2026-11-02T06:00:00Z"),
        (1793599200.25, "2026-11-02T06:00:00.250000Z"),
        ("1793599200", "2026-11-02T06:00:00Z"),
        ("2026-11-02T06:00:00.000Z", "2026-11-02T06:00:00Z"),
        ("2026-11-02T08:00:00+02:00", "2026-11-02T06:00:00Z"),
        ("Mon, 02 Nov 2026 06:00:00 GMT", "2026-11-02T06:00:00Z"),
        ("2026-11-02T06:00:00", "2026-11-02T06:00:00Z"),
    ],
)
def test_every_spelling_of_an_instant_becomes_one(wire: object, instant: str) -> None:
    """Epoch numbers, ISO texts and HTTP dates all become naive UTC in ISO form."""
    assert iso_instant(wire) == instant


@given(st.datetimes(datetime.fromisoformat("1990-01-01"), datetime.fromisoformat("2090-01-01")))
def test_instants_agree_with_botocores_own_parser(moment: datetime) -> None:
    """The fast parser gives what botocore's slow one gives."""
    text = moment.replace(tzinfo=UTC).isoformat()
    expected = botocore.utils.parse_timestamp(text).astimezone(UTC).replace(tzinfo=None).isoformat() + "Z"
    assert iso_instant(text) == expected


def test_error_codes_have_a_state() -> None:
    """Codes of denial, closed Regions, throttling and vanished items are told apart; others are errors."""
    codes = ["AccessDeniedException", "OptInRequired", "ThrottlingException", "InvalidInstanceId", "InternalError"]
    assert [failure_state(code) for code in codes] == ["denied", "disabled", "throttled", "gone", "error"]


def test_every_code_that_is_retried_as_a_throttle_is_one() -> None:
    """The ledger agrees with botocore on what throttling is, and an account without organisation is no fault."""
    codes = [
        "RequestLimitExceeded",
        "EC2ThrottledException",
        "ThrottledException",
        "PriorRequestNotComplete",
        "SlowDown",
    ]
    assert {failure_state(code) for code in codes} == {"throttled"}
    assert failure_state("AWSOrganizationsNotInUseException") == "disabled"


def test_every_partitionis_aws() -> None:
    """Endpoints of all partitions that botocore knows count as AWS's own; a rented machine does not."""
    for partition in botocore.session.Session().get_data("endpoints")["partitions"]:
        assert is_aws(f"https://sts.some-region-1.{partition['dnsSuffix']}"), partition["partition"]
    for host in ("ec2-192-0-2-1.eu-west-1.compute.amazonaws.com", "ec2-192-0-2-1.compute-1.amazonaws.com", "127.0.0.1"):
        assert not is_aws(f"http://{host}:8080")
