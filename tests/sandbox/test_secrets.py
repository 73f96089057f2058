"""The sandbox carries a secret wherever one can stand, beside what was there."""

from __future__ import annotations

from patchlib.sandbox.endpoint import Call
from patchlib.sandbox.organisation import Organisation
from patchlib.sandbox.secrets import CANARY, plant, planting
from patchlib.sources import source


def test_every_droppable_field_is_filled() -> None:
    """Each path of the catalogue, also where the answer has no such structure."""
    detail = source("ssm_window_task_detail")
    planted = plant(detail, {"TaskArn": "AWS-RunPatchBaseline"}, everywhere=True)
    assert planted["TaskInvocationParameters"]["Lambda"]["Payload"] == CANARY.encode()
    assert planted["TaskInvocationParameters"]["Automation"]["Parameters"] == {"Password": [CANARY]}


def test_what_is_kept_by_name_stays_beside_the_secret() -> None:
    """A patch document's Operation is still there to be read."""
    run = {"RunCommand": {"Parameters": {"Operation": ["Scan"]}}}
    planted = plant(
        source("ssm_window_task_detail"), {"TaskArn": "AWS-RunPatchBaseline", "TaskInvocationParameters": run}
    )
    found = planted["TaskInvocationParameters"]["RunCommand"]["Parameters"]
    assert found == {"Operation": ["Scan"], "Password": [CANARY]}


def test_the_organisation_answers_with_secrets() -> None:
    """What it serves has something to lose."""
    organisation = Organisation(nodes=60)
    node_id, seen = next(iter(organisation.estate.observations.items()))
    handler = planting(organisation.handlers)["ssm", "DescribeInstancePatchStates"]
    call = Call(
        "ssm",
        "DescribeInstancePatchStates",
        seen.node.account_id,
        seen.node.region,
        {"InstanceIds": [node_id]},
        organisation.as_of,
    )
    assert [state["OwnerInformation"] for state in handler(call)["InstancePatchStates"]] == [CANARY]
