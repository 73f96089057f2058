"""Promises of the Patch Manager handlers."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from patchlib.sandbox.endpoint import Call, ServiceError
from patchlib.sandbox.organisation import Organisation
from tests.sandbox.handlers.conftest import DEVELOPMENT, PRODUCTION, SHARED, Ask

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
COUNTS = {
    "InstalledCount": "Installed",
    "InstalledOtherCount": "InstalledOther",
    "InstalledPendingRebootCount": "InstalledPendingReboot",
    "InstalledRejectedCount": "InstalledRejected",
    "MissingCount": "Missing",
    "FailedCount": "Failed",
    "NotApplicableCount": "NotApplicable",
    "AvailableSecurityUpdateCount": "AvailableSecurityUpdate",
}


def states(ask: Ask, account: str = PRODUCTION) -> list[dict[str, Any]]:
    nodes = ask("ssm", "DescribeInstanceInformation", account_id=account)["InstanceInformationList"]
    ids = [node["InstanceId"] for node in nodes]
    found: list[dict[str, Any]] = ask("ssm", "DescribeInstancePatchStates", account_id=account, InstanceIds=ids)[
        "InstancePatchStates"
    ]
    return found


def patches(ask: Ask, node_id: str, account: str = PRODUCTION, **params: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = ask(
        "ssm", "DescribeInstancePatches", account_id=account, InstanceId=node_id, **params
    )["Patches"]
    return found


@pytest.mark.parametrize("account", [PRODUCTION, DEVELOPMENT, SHARED])
def test_counts_of_the_state_equal_the_patches(ask: Ask, account: str) -> None:
    """Each count of the state row is the number of detail rows in that state."""
    for state in states(ask, account):
        rows = Counter(row["State"] for row in patches(ask, state["InstanceId"], account))
        assert {name: state.get(name, 0) for name in COUNTS} == {name: rows[word] for name, word in COUNTS.items()}


def test_non_compliant_counts_add_up(ask: Ask) -> None:
    """Critical, security and other counts together are the rows that are not compliant."""
    for state in states(ask):
        parts = sum(state[f"{kind}NonCompliantCount"] for kind in ("Critical", "Security", "Other"))
        names = ("MissingCount", "FailedCount", "InstalledPendingRebootCount", "InstalledRejectedCount")
        assert parts == sum(state[name] for name in names)


def test_never_scanned_nodes_have_no_state(ask: Ask, organisation: Organisation) -> None:
    """A managed node that nothing scans has neither a state nor patches."""
    node = next(n for n in organisation.truth.nodes if not n.scanned and n.account_id == PRODUCTION and not n.unmanaged)
    cell = {"account_id": node.account_id, "region": node.region}
    assert ask("ssm", "DescribeInstancePatchStates", InstanceIds=[node.node_id], **cell)["InstancePatchStates"] == []
    assert ask("ssm", "DescribeInstancePatches", InstanceId=node.node_id, **cell)["Patches"] == []


def test_install_times(ask: Ask) -> None:
    """What is not installed carries 1970; what is carries its time, except on part of the Ubuntu nodes."""
    for state in states(ask):
        for row in patches(ask, state["InstanceId"]):
            if row["State"].startswith("Installed"):
                assert row.get("InstalledTime", state["OperationEndTime"]) > EPOCH
            else:
                assert row["InstalledTime"] == EPOCH


def test_ubuntu_partly_tells_no_time(ask: Ask, organisation: Organisation) -> None:
    """Some Ubuntu nodes report no install time at all, others do; every other system does."""
    tells = {True: set[bool](), False: set[bool]()}
    for node_id, seen in organisation.estate.observations.items():
        node = seen.node
        if (node.account_id, node.region) == (PRODUCTION, "eu-central-1"):
            installed = [r for r in patches(ask, node_id) if r["State"].startswith("Installed")]
            tells[node.platform.operating_system == "UBUNTU"] |= {"InstalledTime" in row for row in installed}
    assert tells == {True: {True, False}, False: {True}}


def test_state_filter(ask: Ask) -> None:
    """The State filter narrows; an unknown key is refused."""
    node_id = next(state["InstanceId"] for state in states(ask) if state["MissingCount"])
    rows = patches(ask, node_id, Filters=[{"Key": "State", "Values": ["Missing"]}])
    assert {row["State"] for row in rows} == {"Missing"}
    with pytest.raises(ServiceError, match="InvalidFilter"):
        patches(ask, node_id, Filters=[{"Key": "Title", "Values": ["x"]}])


def test_a_foreign_node_is_invalid(ask: Ask) -> None:
    """A node of another account cannot be asked for."""
    node_id = states(ask)[0]["InstanceId"]
    with pytest.raises(ServiceError, match="InvalidInstanceId"):
        patches(ask, node_id, DEVELOPMENT)


def test_available_patches_are_windows_and_amazon_linux_2(ask: Ask) -> None:
    """No other system's patches are available, and none before its release."""
    rows = ask("ssm", "DescribeAvailablePatches")["Patches"]
    assert {row["Product"].rstrip("0123456789") for row in rows} == {"WindowsServer", "AmazonLinux"}
    assert {row["Product"] for row in rows if "Name" in row} == {"AmazonLinux2"}
    assert max(row["ReleaseDate"] for row in rows) <= datetime(2026, 11, 2, 6, tzinfo=UTC)


def effective(ask: Ask, account: str, name: str) -> list[dict[str, Any]]:
    baselines = ask("ssm", "DescribePatchBaselines", account_id=account)["BaselineIdentities"]
    baseline_id = next(b["BaselineId"] for b in baselines if b["BaselineName"] == name)
    found: list[dict[str, Any]] = ask(
        "ssm", "DescribeEffectivePatchesForPatchBaseline", account_id=account, BaselineId=baseline_id
    )["EffectivePatches"]
    return found


@pytest.mark.parametrize(
    ("account", "name", "days"), [(PRODUCTION, "production-windows", 7), (DEVELOPMENT, "development-windows", 0)]
)
def test_approval_is_release_plus_days(ask: Ask, account: str, name: str, days: int) -> None:
    """ApprovalDate is ReleaseDate and ApproveAfterDays, to the second; the future is pending."""
    rows = effective(ask, account, name)
    assert {row["PatchStatus"]["ApprovalDate"] - row["Patch"]["ReleaseDate"] for row in rows} == {timedelta(days=days)}
    for row in rows:
        is_past = row["PatchStatus"]["ApprovalDate"] <= datetime(2026, 11, 2, 6, tzinfo=UTC)
        assert row["PatchStatus"]["DeploymentStatus"] == ("APPROVED" if is_past else "PENDING_APPROVAL")


def test_frozen_baseline_approves_nothing_new(ask: Ask) -> None:
    """The baseline with ApproveUntilDate lists nothing released later."""
    rows = effective(ask, SHARED, "shared-windows-frozen")
    assert max(row["Patch"]["ReleaseDate"] for row in rows) < datetime(2026, 4, 1, tzinfo=UTC)


def test_effective_patches_are_windows_only(ask: Ask) -> None:
    """For any other system the service's own error comes."""
    with pytest.raises(ServiceError, match="UnsupportedOperatingSystem"):
        effective(ask, PRODUCTION, "production-redhat-enterprise-linux")


def test_baselines_by_owner(ask: Ask) -> None:
    """OWNER Self lists the organisation's baselines, AWS those of AWS; together they are all."""
    everything = ask("ssm", "DescribePatchBaselines")["BaselineIdentities"]
    parts = [
        ask("ssm", "DescribePatchBaselines", Filters=[{"Key": "OWNER", "Values": [owner]}])["BaselineIdentities"]
        for owner in ("AWS", "Self")
    ]
    assert len(parts[0]) + len(parts[1]) == len(everything)
    assert all("arn:aws:ssm:" in row["BaselineId"] for row in parts[0])
    assert all(row["BaselineId"].startswith("pb-0") for row in parts[1])


def test_baseline_is_found_by_arn_and_by_id(ask: Ask) -> None:
    """An AWS-owned baseline answers to its ARN and to the id at its end; an unknown one does not exist."""
    arn = ask("ssm", "DescribePatchBaselines")["BaselineIdentities"][0]["BaselineId"]
    short = arn.rpartition("/")[2]
    assert ask("ssm", "GetPatchBaseline", BaselineId=arn) == ask("ssm", "GetPatchBaseline", BaselineId=short)
    with pytest.raises(ServiceError, match="DoesNotExistException"):
        ask("ssm", "GetPatchBaseline", BaselineId="pb-00000000000000000")


def test_default_baseline(ask: Ask) -> None:
    """Production's default for Windows is its own baseline, for RHEL it is AWS's."""
    own = ask("ssm", "GetDefaultPatchBaseline", OperatingSystem="WINDOWS")
    assert own["BaselineId"].startswith("pb-0")
    assert "arn:aws" in ask("ssm", "GetDefaultPatchBaseline", OperatingSystem="REDHAT_ENTERPRISE_LINUX")["BaselineId"]


def test_state_names_a_baseline_of_the_cell(ask: Ask) -> None:
    """The BaselineId of a state can be looked up."""
    for state in states(ask, SHARED):
        assert ask("ssm", "GetPatchBaseline", account_id=SHARED, BaselineId=state["BaselineId"])


def test_a_patch_group_counts_its_nodes_by_state(ask: Ask) -> None:
    """As many nodes with missing patches as the nodes' own states say; a group nobody is in has none."""
    own = [state for state in states(ask) if state["PatchGroup"] == "production-weekly"]
    counted = ask("ssm", "DescribePatchGroupState", PatchGroup="production-weekly")
    assert counted["Instances"] == len(own) > 0
    assert counted["InstancesWithMissingPatches"] == sum(state["MissingCount"] > 0 for state in own)
    assert counted["InstancesWithFailedPatches"] == sum(state["FailedCount"] > 0 for state in own)
    assert set(ask("ssm", "DescribePatchGroupState", PatchGroup="nobody").values()) == {0}


def test_an_installation_names_the_windows_execution() -> None:
    """Its task passes {{WINDOW_EXECUTION_ID}} as SnapshotId, so the state leads to the execution."""
    organisation = Organisation(nodes=200, as_of=datetime(2026, 10, 25, 11, tzinfo=UTC))

    def ask(operation: str, **params: Any) -> dict[str, Any]:
        call = Call("ssm", operation, PRODUCTION, "eu-central-1", params, organisation.as_of)
        return organisation.handlers["ssm", operation](call)

    ids = [node["InstanceId"] for node in ask("DescribeInstanceInformation")["InstanceInformationList"]]
    found = ask("DescribeInstancePatchStates", InstanceIds=ids)["InstancePatchStates"]
    installs = {state["SnapshotId"] for state in found if state["Operation"] == "Install"}
    windows = ask("DescribeMaintenanceWindows")["WindowIdentities"]
    executions = [
        row["WindowExecutionId"]
        for window in windows
        for row in ask("DescribeMaintenanceWindowExecutions", WindowId=window["WindowId"])["WindowExecutions"]
    ]
    assert installs
    assert installs <= set(executions)
