"""Promises of AWS's own compliance label and of the inventory."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from patchlib.sandbox.endpoint import ServiceError
from patchlib.sandbox.organisation import Organisation
from patchlib.sandbox.world.releases import amazon_linux_release
from tests.sandbox.handlers.conftest import PRODUCTION, Ask

APPLICATIONS: dict[str, Any] = {"ResultAttributes": [{"TypeName": "AWS:Application"}]}


def labels(ask: Ask, **params: Any) -> dict[tuple[str, str], dict[str, Any]]:
    rows = ask("ssm", "ListResourceComplianceSummaries", **params)["ResourceComplianceSummaryItems"]
    return {(row["ComplianceType"], row["ResourceId"]): row for row in rows}


def test_the_label_counts_what_the_patch_state_counts(ask: Ask) -> None:
    """A node is labelled non-compliant exactly when its patch state counts something open, at the scan's instant."""
    found = {node: row for (kind, node), row in labels(ask).items() if kind == "Patch"}
    states = ask("ssm", "DescribeInstancePatchStates", InstanceIds=list(found))["InstancePatchStates"]
    assert len(states) == len(found) > 20
    for state in states:
        row = found[state["InstanceId"]]
        parts = ("MissingCount", "FailedCount", "InstalledPendingRebootCount", "InstalledRejectedCount")
        open_count = sum(state[name] for name in parts)
        assert row["NonCompliantSummary"]["NonCompliantCount"] == open_count
        assert row["Status"] == ("NON_COMPLIANT" if open_count else "COMPLIANT")
        assert row["ExecutionSummary"]["ExecutionTime"] == state["OperationEndTime"]


def test_a_label_may_be_filtered(ask: Ask) -> None:
    """By compliance type; every execution of a patch run has an id of its own."""
    only = labels(ask, Filters=[{"Key": "ComplianceType", "Values": ["Patch"], "Type": "EQUAL"}])
    assert {kind for kind, _ in only} == {"Patch"}
    ids = [row["ExecutionSummary"]["ExecutionId"] for row in only.values()]
    assert len(set(ids)) == len(ids)


def test_software_past_its_support_is_there(ask: Ask, organisation: Organisation) -> None:
    """Somewhere a Windows node still runs SQL Server 2016, and some managed nodes have no inventory at all."""
    names: set[str] = set()
    inventoried = managed = 0
    for account_id, region in organisation.estate.directory.cells:
        cell = {"account_id": account_id, "region": region}
        entities = ask("ssm", "GetInventory", **cell, **APPLICATIONS)["Entities"]
        inventoried += len(entities)
        managed += len(ask("ssm", "DescribeInstanceInformation", **cell)["InstanceInformationList"])
        for entity in entities:
            item = entity["Data"]["AWS:Application"]
            names |= {application["Name"] for application in item["Content"]}
            assert datetime.fromisoformat(item["CaptureTime"]) <= organisation.as_of.astimezone(UTC)
    assert "Microsoft SQL Server 2016 (64-bit)" in names
    assert 0.9 * managed < inventoried < managed


def test_packages_are_those_of_the_last_scan(ask: Ask) -> None:
    """What inventory lists of a Linux node, its patch rows list as installed in that version; its release apart."""
    entities = ask("ssm", "GetInventory", account_id=PRODUCTION, **APPLICATIONS)["Entities"]
    linux = [e for e in entities if any("Release" in a for a in e["Data"]["AWS:Application"]["Content"])]
    assert linux
    for entity in linux[:5]:
        patches = ask("ssm", "DescribeInstancePatches", InstanceId=entity["Id"])["Patches"]
        titles = {patch["Title"] for patch in patches if patch["State"].startswith("Installed")}
        for package in entity["Data"]["AWS:Application"]["Content"]:
            if package["Name"] == "system-release":
                continue
            tail = f"{package['Version']}-{package['Release']}"
            assert any(title.startswith(package["Name"] + ".") and title.endswith(tail) for title in titles)


def test_other_inventory_is_refused(ask: Ask) -> None:
    """A type that the sandbox does not have is refused, also the default one."""
    for params in ({}, {"ResultAttributes": [{"TypeName": "AWS:Service"}]}):
        with pytest.raises(ServiceError, match="InvalidTypeNameException"):
            ask("ssm", "GetInventory", **params)


def test_nodes_of_amazon_linux_2023_carry_their_release(ask: Ask, organisation: Organisation) -> None:
    """Each that is inventoried has package system-release; some stand where their image stood, some have moved on."""
    stands: dict[bool, int] = {True: 0, False: 0}
    for account_id, region in organisation.estate.directory.cells:
        for entity in ask("ssm", "GetInventory", account_id=account_id, region=region, **APPLICATIONS)["Entities"]:
            node = organisation.estate.by_id[entity["Id"]]
            content = entity["Data"]["AWS:Application"]["Content"]
            found = [each["Version"] for each in content if each["Name"] == "system-release"]
            assert len(found) == (node.platform.operating_system == "AMAZON_LINUX_2023")
            if found:
                image = amazon_linux_release(node.built_at)
                assert found[0][-8:] >= image[-8:]
                stands[found[0] == image] += 1
    assert all(stands.values())
