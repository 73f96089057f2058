"""The words that the command line offers are those that the rooms decide by."""

from patchlib.cloudformation import template
from patchlib.policy import policy_document
from patchlib.terms import Part, Stack


def test_every_word_means_something_else() -> None:
    """No two parts are the same policy, and no two stacks the same template."""
    assert len({str(policy_document(part)) for part in Part}) == len(Part)
    assert len({str(template(stack)) for stack in Stack}) == len(Stack)
