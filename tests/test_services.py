"""Immutable fleets by service: what a store of several snapshots says when members are replaced, not patched."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from patchlib.load import load
from patchlib.metrics import service as services
from patchlib.queries import run
from patchlib.store import connect
from tests import estate
from tests.snapshots import ACCOUNT, REGION, TAKEN, patch, write

DAY = timedelta(days=1)
RELEASED = TAKEN - 3 * DAY
LAST = TAKEN + 3 * DAY
FIXED = patch("KB1", "Installed", (TAKEN - 2 * DAY).isoformat())


def _iso(days: float) -> str:
    return (TAKEN + days * DAY).isoformat()


def _day(number: int, members: dict[str, tuple[float, Any]], tags: dict[str, Any], ended: dict[str, float]) -> Any:
    """One day of one group: its members with the day of their launch and what their scan says of KB1."""
    group = [{"InstanceId": node, "LifecycleState": "InService"} for node in members]
    instances = [
        {"InstanceId": node, "LaunchTime": _iso(launched), "State": {"Name": "running"}, "Tags": tags.get(node, [])}
        for node, (launched, _) in members.items()
    ]
    managed = [{"InstanceId": n, "PingStatus": "Online", "PlatformName": "Windows Server 2022"} for n in members]
    scanned = {node: [row] for node, (_, row) in members.items() if row is not None}
    states = [{"InstanceId": node, "OperationEndTime": _iso(number - 0.1)} for node in scanned]
    activities = [
        {
            "ActivityId": f"a-{node}",
            "AutoScalingGroupName": "web-asg",
            "Description": f"Terminating EC2 instance: {node}",
            "Cause": "an instance refresh",
            "StartTime": _iso(days),
            "StatusCode": "Successful",
        }
        for node, days in ended.items()
    ]
    here = {
        "ec2_instance": instances,
        "ssm_managed_node": managed,
        "ssm_patch_state": states,
        "ssm_patch": scanned,
        "autoscaling_group": [{"AutoScalingGroupName": "web-asg", "Instances": group}] if tags.get("group") else [],
        "autoscaling_activity": activities,
        "ssm_available_patch": [
            {"KbNumber": "KB1", "ReleaseDate": RELEASED.isoformat(), "Product": "WindowsServer2022"},
        ],
    }
    return {(ACCOUNT, REGION, source): rows for source, rows in here.items()}


def _asked(store: Path, name: str, days: float = 3) -> pd.DataFrame:
    with connect(store) as connection:
        return run(connection, name, as_of=TAKEN + days * DAY)


@pytest.fixture(scope="module")
def refreshed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A group of two: one member dies early and comes back with the old image, a refresh then replaces both."""
    folder = tmp_path_factory.mktemp("refreshed")
    gap, old, new = patch("KB1"), -20.0, 1.5
    tags = {"group": True}
    first, second, third = "i-00000000000000001", "i-00000000000000002", "i-00000000000000003"
    days = [
        _day(0, {first: (old, gap), second: (old, gap)}, tags, {}),
        _day(1, {third: (0.5, gap), second: (old, gap)}, tags, {first: 0.5}),
        _day(2, {"i-4": (new, FIXED), second: (old, gap)}, tags, {third: 1.75}),
        _day(3, {"i-4": (new, FIXED), "i-5": (2.5, FIXED)}, tags, {second: 2.75}),
    ]
    taken = [write(folder, TAKEN + n * DAY, day) for n, day in enumerate(days)]
    return estate.loaded(folder / "store.duckdb", *taken)


def test_a_service_is_vulnerable_until_its_last_member_is_replaced(refreshed: Path) -> None:
    """From the release to the termination of the last vulnerable member, whatever became of the single ids."""
    [item] = _asked(refreshed, "lag/service_item").to_dict("records")
    assert (item["service_kind"], item["service_name"], item["item_id"]) == ("auto scaling group", "web-asg", "KB1")
    assert (item["outcome"], item["is_event"], item["member_count"], item["left_member_count"]) == (
        "replaced", True, 3, 3,
    )  # fmt: skip
    assert item["open_days"] == pytest.approx(3 + 2.75)
    # by id: first 3.5 d, third 1.25 d, second 5.75 d, and so many patch days together
    assert item["instance_mean_days"] == pytest.approx(3.5)
    assert item["exposure_days"] == pytest.approx(10.5)
    assert item["clear_days"] == 0


def test_the_area_is_what_counting_members_every_minute_gives(refreshed: Path) -> None:
    """The exact integral, against a count of the vulnerable members on a fine grid."""
    rows = _asked(refreshed, "lag/service_exposure")
    grid = pd.date_range(RELEASED.replace(tzinfo=None), LAST.replace(tzinfo=None), freq="15min", inclusive="left")
    counted = sum(((grid >= row.started_at) & (grid < row.ended_at)).sum() for row in rows.itertuples())
    assert counted / 96 == pytest.approx(_asked(refreshed, "lag/service_item")["exposure_days"].sum())


def test_a_past_day_knows_nothing_of_the_refresh(refreshed: Path) -> None:
    """Asked of the second day, the service is open, with one vulnerable member gone and two there."""
    [item] = _asked(refreshed, "lag/service_item", days=1).to_dict("records")
    assert (item["outcome"], item["open_member_count"], item["left_member_count"]) == ("open", 2, 1)


def test_a_service_without_members_is_retired_not_patched(tmp_path: Path) -> None:
    """Scaled to nothing while vulnerable: not an event, for nobody fixed anything."""
    tags, node = {"group": True}, "i-00000000000000001"
    days = [_day(0, {node: (-20.0, patch("KB1"))}, tags, {}), _day(1, {}, tags, {node: 0.5})]
    taken = [write(tmp_path, TAKEN + n * DAY, day) for n, day in enumerate(days)]
    store = estate.loaded(tmp_path / "store.duckdb", *taken)
    [item] = _asked(store, "lag/service_item").to_dict("records")
    assert (item["outcome"], item["is_event"]) == ("retired", False)
    assert services.service_survival(_asked(store, "lag/service_cube"))["event_count"].sum() == 0


def test_a_replacement_nobody_has_scanned_proves_nothing(tmp_path: Path) -> None:
    """Unknown never counts as good: the item is closed when the new member has been scanned."""
    tags, old, new = {"group": True}, "i-00000000000000001", "i-00000000000000002"
    days = [
        _day(0, {old: (-20.0, patch("KB1"))}, tags, {}),
        _day(1, {new: (0.4, None)}, tags, {old: 0.5}),
        _day(2, {new: (0.4, FIXED)}, tags, {}),
    ]
    taken = [write(tmp_path, TAKEN + n * DAY, day) for n, day in enumerate(days)]
    store = estate.loaded(tmp_path / "store.duckdb", *taken)
    outcomes = [_asked(store, "lag/service_item", days=n)["outcome"].tolist() for n in range(3)]
    assert outcomes == [["open"], ["unknown"], ["replaced"]]


def test_the_settings_name_services_by_tags(tmp_path: Path) -> None:
    """Tags of the settings make a service of what no group holds; without the rule each node is its own."""

    def tagged(name: str) -> list[dict[str, str]]:
        return [{"Key": "Application", "Value": name}, {"Key": "Environment", "Value": "prod"}]

    tags = {"i-1": tagged("shop"), "i-2": tagged("shop"), "i-3": [{"Key": "Application", "Value": "shop"}]}
    day = _day(0, {node: (-20.0, patch("KB1")) for node in tags}, tags, {})
    store = estate.empty_store(tmp_path / "store.duckdb")
    rule = ["Application", "Environment"]
    load([write(tmp_path, TAKEN, day, service_tags=rule)], store)
    members = _asked(store, "lag/service_member")[["node_id", "service_kind", "service_name"]]
    assert members.to_numpy().tolist() == [
        ["i-3", "node", "i-3"], ["i-1", "tags", "shop / prod"], ["i-2", "tags", "shop / prod"],
    ]  # fmt: skip
    [shared] = services.shared(_asked(store, "lag/service_item")).to_dict("records")
    assert (shared["member_count"], shared["exposure_days"]) == (2, pytest.approx(2 * 2.9))
    load([write(tmp_path, TAKEN + DAY, day)], store)
    assert set(_asked(store, "lag/service_member")["service_kind"]) == {"node"}
    assert set(_asked(store, "lag/service_member", days=0)["service_kind"]) == {"node", "tags"}
