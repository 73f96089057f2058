"""Which listings of maintenance windows' past follow from which rows."""

import pytest

from patchlib.sources import source
from patchlib.sources.declaration import scrub
from tests.sources.asking import context

RUN, STEP = "01234567-89ab-cdef-0123-456789abcdef", "11234567-89ab-cdef-0123-456789abcdef"


def test_executions_are_asked_per_window_from_the_watermark_on() -> None:
    """The service's own filter says since when, as ISO text."""
    asked = source("ssm_window_execution").requests(context(ssm_maintenance_window=[{"WindowId": "mw-1"}]))
    since = [{"Key": "ExecutedAfter", "Values": ["2026-10-03T06:00:00Z"]}]
    assert [request.params for request in asked] == [{"WindowId": "mw-1", "Filters": since}]


@pytest.mark.parametrize(
    ("name", "of", "row", "params", "item"),
    [
        (
            "ssm_window_execution_task",
            "ssm_window_execution",
            {"WindowExecutionId": RUN},
            {"WindowExecutionId": RUN},
            RUN,
        ),
        (
            "ssm_window_invocation",
            "ssm_window_execution_task",
            {"WindowExecutionId": RUN, "TaskExecutionId": STEP},
            {"WindowExecutionId": RUN, "TaskId": STEP},
            STEP,
        ),
    ],
)
def test_what_has_ended_is_not_asked_again(
    name: str, of: str, row: dict[str, str], params: dict[str, str], item: str
) -> None:
    """Each execution and each of its tasks is an item, and stands while status and end stay as they were."""
    found = source(name)
    (request,) = found.requests(context(**{of: [row]}))
    assert (request.params, request.item) == (params, item)
    assert found.detail is not None
    assert (found.detail.of, found.detail.unchanged) == (of, ("Status", "EndTime"))
    assert row[found.detail.item] == item
    assert set(found.detail.unchanged) <= set(source(of).remember)


def test_an_invocation_keeps_no_parameters() -> None:
    """Its parameters are one text, so all of it goes, and what the owner wrote."""
    row = {"InvocationId": "1", "Parameters": '{"commands": ["canary"]}', "OwnerInformation": "canary"}
    page = scrub(source("ssm_window_invocation"), {"WindowExecutionTaskInvocationIdentities": [row]})
    assert page == {"WindowExecutionTaskInvocationIdentities": [{"InvocationId": "1"}]}
