"""Handlers made from the catalogue follow what they are asked, and refuse what they do not follow."""

from datetime import UTC, datetime
from typing import Any

import pytest

from patchlib.sandbox.endpoint import Call, ServiceError
from patchlib.sandbox.handlers.listing import after, before, described, equals, listed
from patchlib.sandbox.organisation import Organisation

AS_OF = datetime(2026, 11, 2, 6, tzinfo=UTC)
WINDOWS = [
    {"WindowId": "mw-1", "Name": "weekly", "Enabled": True, "_begun": datetime(2026, 11, 1, tzinfo=UTC)},
    {"WindowId": "mw-2", "Name": "monthly", "Enabled": False, "_begun": datetime(2026, 10, 1, tzinfo=UTC)},
]


def _call(operation: str, service: str = "ssm", **params: Any) -> Call:
    return Call(service, operation, "210400173933", "eu-central-1", params, AS_OF)


def _windows(organisation: Organisation, **params: Any) -> list[str]:
    handler = listed(
        "ssm_maintenance_window",
        organisation.estate,
        lambda _estate, _account, _region: WINDOWS,
        by={"WindowId": "WindowId", "WindowIds": "WindowId"},
        filters={"Name": equals("Name"), "BegunAfter": after("_begun"), "BegunBefore": before("_begun")},
        ignored=("IncludeAll",),
    )
    return [row["WindowId"] for row in handler(_call("DescribeMaintenanceWindows", **params))["WindowIdentities"]]


@pytest.mark.parametrize(
    ("params", "expected"),
    [
        ({}, ["mw-1", "mw-2"]),
        ({"MaxResults": 10, "IncludeAll": True}, ["mw-1", "mw-2"]),
        ({"WindowId": "mw-2"}, ["mw-2"]),
        ({"WindowIds": ["mw-1"]}, ["mw-1"]),
        ({"Filters": [{"Key": "Name", "Values": ["monthly"]}]}, ["mw-2"]),
        ({"Filters": [{"key": "BegunAfter", "value": "2026-10-15T00:00:00Z"}]}, ["mw-1"]),
        ({"Filters": [{"Key": "BegunBefore", "Values": ["2026-11-01T00:00:00Z"]}]}, ["mw-2"]),
        ({"Filters": [{"Name": "Name", "Values": ["monthly"]}, {"Key": "Name", "Values": ["weekly"]}]}, []),
    ],
)
def test_parameters_choose_rows(organisation: Organisation, params: dict[str, Any], expected: list[str]) -> None:
    """Equal members, lists of them, and filters in any spelling; paging parameters choose nothing."""
    assert _windows(organisation, **params) == expected


@pytest.mark.parametrize("params", [{"Owner": "me"}, {"Filters": [{"Key": "Colour", "Values": ["red"]}]}])
def test_what_is_not_followed_is_refused(organisation: Organisation, params: dict[str, Any]) -> None:
    """A client must never believe that a filter was applied when it was not."""
    with pytest.raises(ServiceError, match="does not f"):
        _windows(organisation, **params)


def test_hidden_members_are_not_answered(organisation: Organisation) -> None:
    """What only chooses rows does not reach the wire."""
    handler = listed("ssm_maintenance_window", organisation.estate, lambda *_: WINDOWS)
    rows = handler(_call("DescribeMaintenanceWindows"))["WindowIdentities"]
    assert [sorted(row) for row in rows] == [["Enabled", "Name", "WindowId"]] * 2


def test_rows_of_nested_lists_are_wrapped_one_each(organisation: Organisation) -> None:
    """Along `Reservations[].Instances[]` every row is found again."""
    handler = listed("ec2_instance", organisation.estate, lambda *_: [{"InstanceId": "i-1"}, {"InstanceId": "i-2"}])
    found = handler(_call("DescribeInstances", "ec2"))
    assert [i["InstanceId"] for r in found["Reservations"] for i in r["Instances"]] == ["i-1", "i-2"]


def test_one_row_is_described_or_missing(organisation: Organisation) -> None:
    """The row that the parameters name is the answer; none is the service's own error."""

    def missing(call: Call) -> ServiceError:
        return ServiceError("DoesNotExistException", f"{call.params['BaselineId']} is not there")

    rows = [{"BaselineId": "pb-1", "Name": "own"}]
    handler = described(
        "ssm_patch_baseline_detail", organisation.estate, lambda *_: rows, by={"BaselineId": "BaselineId"},
        missing=missing,
    )  # fmt: skip
    assert handler(_call("GetPatchBaseline", BaselineId="pb-1")) == rows[0]
    with pytest.raises(ServiceError, match="pb-2 is not there"):
        handler(_call("GetPatchBaseline", BaselineId="pb-2"))
