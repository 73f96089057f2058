"""Promises of Run Command and Automation: they show what windows started, and what people ran."""

from __future__ import annotations

from patchlib.sandbox.world.calendars import DAY
from patchlib.sandbox.world.commands import Automation, Command
from patchlib.sandbox.world.estate import Estate
from patchlib.sandbox.world.runs import HISTORY, NodeRun
from tests.sandbox.world.conftest import DEFAULT


def commands(estate: Estate) -> dict[str, Command]:
    return {each.command_id: each for cell in estate.commands.values() for each in cell}


def automations(estate: Estate) -> dict[str, Automation]:
    return {each.automation_id: each for cell in estate.automations.values() for each in cell}


def test_every_windows_action_is_listed(estate: Estate) -> None:
    """An installing run is a command with the same nodes, a restarting run an automation with a part for each."""
    listed, automated = commands(estate), automations(estate)
    parts = [each for each in automated.values() if each.parent_id]
    for run in (run for cell in estate.window_runs.values() for run in cell if run.action_id):
        if run.window.operation == "Restart":
            assert automated[run.action_id].started_at == run.opened_at
            own = {each.target for each in parts if each.parent_id == run.action_id}
            assert own == {each.node.node_id for each in run.nodes}
        else:
            assert listed[run.action_id].nodes == run.nodes
            assert listed[run.action_id].parameters["SnapshotId"] == [run.execution_id]
    assert parts


def test_nothing_is_older_than_thirty_days_or_yet_to_come(estate: Estate) -> None:
    """As AWS keeps it."""
    at = [each.requested_at for each in commands(estate).values()]
    at += [each.started_at for each in automations(estate).values()]
    assert estate.as_of - HISTORY <= min(at)
    assert max(at) <= estate.as_of


def test_somebody_insists_on_silent_nodes(estate: Estate) -> None:
    """Commands whose every node timed out at delivery, by hand."""
    lost = [each for each in commands(estate).values() if each.status == ("TimedOut", "DeliveryTimedOut")]
    by_hand = [each for each in lost if not each.comment]
    assert len(by_hand) >= 4
    assert all(run.node.silent_at <= each.requested_at for each in by_hand for run in each.nodes)


def test_scripts_hold_what_must_not_be_kept(estate: Estate) -> None:
    """People put passwords into commands: there is something to drop."""
    scripts = [each for each in commands(estate).values() if "commands" in each.parameters]
    assert scripts
    assert all("PASSWORD" in each.parameters["commands"][0] for each in scripts)


def _command(*statuses: str, max_errors: str = "100%") -> Command:
    node = next(iter(Estate(3, 5, 3, DEFAULT).nodes))
    runs = tuple(NodeRun(node, 0, None, status) for status in statuses)
    return Command("c", "AWS-RunPatchBaseline", 0, (), {}, runs, max_errors=max_errors)


def test_the_status_of_a_command_follows_from_its_nodes() -> None:
    """Good only where all are; failed only where more failed than it allows."""
    assert _command("Success", "Success").status == ("Success", "Success")
    assert _command("Success", "Pending").status == ("InProgress", "InProgress")
    assert _command("DeliveryTimedOut").status == ("TimedOut", "DeliveryTimedOut")
    assert _command("Success", "Failed").status == ("Failed", "Incomplete")
    assert _command("Success", "Failed", max_errors="0").status == ("Failed", "Failed")
    assert _command("Success", "DeliveryTimedOut", max_errors="0").status == ("Failed", "Incomplete")


def test_an_image_build_fails_at_the_end_of_the_month(estate: Estate) -> None:
    """At its updates; the others end well."""
    builds = [each for each in automations(estate).values() if each.document == "AWS-UpdateLinuxAmi"]
    assert {each.status for each in builds} == {"Success", "Failed"}
    assert {each.step for each in builds if each.status == "Failed"} == {"installUpdates"}


def test_the_past_stays_as_it_was() -> None:
    """A later world shows the same commands and automations."""
    early, late = Estate(7, 300, 9, DEFAULT - 7 * DAY), Estate(7, 300, 9, DEFAULT)

    def past(estate: Estate) -> dict[str, object]:
        told = {key: (c.requested_at, c.status, c.parameters) for key, c in commands(estate).items()}
        also = {key: (a.started_at, a.status, a.ended_at) for key, a in automations(estate).items()}
        return {k: v for k, v in (told | also).items() if DEFAULT - HISTORY + DAY < v[0] < DEFAULT - 8 * DAY}

    assert past(early)
    assert past(early) == past(late)
