"""Incremental runs: what has not changed is not asked, nothing is lost by it, what disagrees is not believed."""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import orjson
import pytest

from patchlib.errors import StoreRefused
from patchlib.extract import extract
from patchlib.sandbox.endpoint import Call, Endpoint
from patchlib.sandbox.faults import AccessDenied, Faults
from patchlib.settings import Settings
from patchlib.snapshot import CellRecord, open_snapshot
from patchlib.store import connect
from tests import estate

PATCHES = 60


class Fleet:
    """What the nodes of the small organisation report: patches by node, and when each was scanned last.

    miscounted: how many of the next patch states of a node count one patch too many.
    """

    def __init__(self) -> None:
        self.scanned: dict[str, datetime] = {}
        self.missing: dict[str, int] = {}
        self.miscounted: Counter[str] = Counter()

    def scan(self, node_ids: Iterable[str], missing: int = 5) -> None:
        """Scan nodes a day later than before, with so many patches missing."""
        for node_id in node_ids:
            self.scanned[node_id] = self.scanned.get(node_id, estate.AS_OF - timedelta(days=9)) + timedelta(days=1)
            self.missing[node_id] = missing

    def states(self, call: Call) -> dict[str, Any]:
        """DescribeInstancePatchStates."""
        return {"InstancePatchStates": [self._state(node_id) for node_id in call.params["InstanceIds"]]}

    def _state(self, node_id: str) -> dict[str, Any]:
        at, missing = self.scanned.get(node_id, estate.AS_OF - timedelta(days=9)), self.missing.get(node_id, 6)
        counts = {"InstalledCount": PATCHES - missing, "MissingCount": missing, "FailedCount": 0}
        if self.miscounted[node_id] > 0:
            self.miscounted[node_id] -= 1
            counts["InstalledCount"] += 1
        times = {"OperationStartTime": at, "OperationEndTime": at}
        named = {"InstanceId": node_id, "PatchGroup": "", "BaselineId": "pb-0123456789abcdef0", "Operation": "Scan"}
        return named | counts | times

    def patches(self, call: Call) -> dict[str, Any]:
        """DescribeInstancePatches."""
        missing = self.missing.get(call.params["InstanceId"], 6)
        return {"Patches": [_patch(number, number < missing) for number in range(PATCHES)]}

    def endpoint(self, faults: Faults | None = None, **more: Any) -> Endpoint:
        """The small organisation with these nodes; every endpoint is a day later than the one before."""
        return estate.endpoint(
            faults, DescribeInstancePatchStates=self.states, DescribeInstancePatches=self.patches, **more
        )


def unchanged() -> Endpoint:
    """The small organisation before any of these nodes is scanned again."""
    return Fleet().endpoint()


def _patch(number: int, is_missing: bool) -> dict[str, Any]:
    named = {"Title": f"update {number}", "KBId": f"KB50{number:05d}", "Severity": "Critical"}
    state = "Missing" if is_missing else "Installed"
    return named | {"Classification": "SecurityUpdates", "State": state, "InstalledTime": estate.AS_OF}


def _take(
    served: Endpoint, folder: Path, base: str | None = None, settings: Settings = estate.SETTINGS, **more: Any
) -> Path:
    run = {"reader": estate.reader(served, settings), "progress": estate.Told(), "clock": lambda: 0.0}
    return extract(settings, folder, base=base, **run, **more)


def _in_one_cell(served: Endpoint, folder: Path, base: str | None = None) -> Path:
    """A run of one account and Region, for promises that do not depend on how many there are."""
    one = estate.SETTINGS.model_copy(update={"accounts": (estate.MEMBER,), "regions": ("us-east-1",)})
    return _take(served, folder, base, one)


def _patch_calls(served: Endpoint) -> int:
    return served.requests.count("DescribeInstancePatches")


def _record(folder: Path, source: str, account_id: str = estate.MEMBER, region: str = "us-east-1") -> CellRecord:
    cells = open_snapshot(folder).cells
    return next(c for c in cells if (c.account_id, c.region, c.source) == (account_id, region, source))


def _nodes() -> list[str]:
    readable = (estate.MANAGEMENT, estate.MEMBER)
    return [i for account in readable for region in estate.REGIONS for i in estate.node_ids(account, region)[:2]]


def _rows(store: Path, sql: str) -> list[Any]:
    with connect(store) as connection:
        return connection.execute(sql).fetchall()


def test_with_nothing_changed_only_the_index_is_asked(tmp_path: Path) -> None:
    """No node was scanned again: not one detail is asked, all are kept, and the listings cost what they cost."""
    fleet = Fleet()
    first = estate.taken(tmp_path, unchanged)
    served = fleet.endpoint()
    second = _take(served, tmp_path, first.name)
    assert _patch_calls(served) == 0
    record = _record(second, "ssm_patch")
    assert (record.state, record.calls, record.kept_items) == (
        "kept",
        0,
        tuple(sorted(estate.node_ids(estate.MEMBER, "us-east-1")[:2])),
    )
    index = {cell.source for cell in open_snapshot(second).cells if cell.calls}
    assert "ssm_patch_state" in index
    assert "ssm_patch" not in index


def test_only_nodes_scanned_again_are_asked(tmp_path: Path) -> None:
    """Of eight nodes two were scanned: two details, two pages each."""
    fleet = Fleet()
    first = estate.taken(tmp_path, unchanged)
    fleet.scan(_nodes()[:2])
    served = fleet.endpoint()
    _take(served, tmp_path, first.name)
    assert _patch_calls(served) == 2 * 2


def test_kept_details_are_kept_over_many_runs(tmp_path: Path) -> None:
    """A chain of runs asks each detail once, however often it is kept in between, and again when it changes."""
    fleet = Fleet()
    base = estate.taken(tmp_path, unchanged).name
    for _ in range(3):
        served = fleet.endpoint()
        base = _take(served, tmp_path, base).name
        assert _patch_calls(served) == 0
    fleet.scan(_nodes()[:1])
    served = fleet.endpoint()
    _take(served, tmp_path, base)
    assert _patch_calls(served) == 2


def _parameters(folder: Path) -> set[str]:
    """The values that later sources need of association details, as they lie in one snapshot."""
    found = (page.response for name in ("*detail", "*detail.kept") for page in estate.walk(folder, name))
    return {
        str(response["AssociationDescription"].get("Parameters"))
        for response in found
        if "Association" in str(response)
    }


def _associations() -> dict[str, Any]:
    listed = [
        {
            "AssociationId": f"{n}" * 8 + "-0000-0000-0000-000000000000",
            "Name": "AWS-RunPatchBaseline",
            "AssociationVersion": "1",
        }
        for n in (1, 2)
    ]

    def detail(call: Call) -> dict[str, Any]:
        own = {"AssociationId": call.params["AssociationId"], "Name": "AWS-RunPatchBaseline"}
        return {"AssociationDescription": own | {"Parameters": {"Operation": [call.params["AssociationId"]]}}}

    return {"ListAssociations": lambda _call: {"Associations": listed}, "DescribeAssociation": detail}


def test_what_later_sources_need_is_in_the_base_itself(tmp_path: Path) -> None:
    """Kept for a third time, a detail is found without any snapshot but the last one."""
    first = _in_one_cell(estate.endpoint(**_associations()), tmp_path)
    second = _in_one_cell(estate.endpoint(**_associations()), tmp_path, first.name)
    shutil.rmtree(first)
    served = estate.endpoint(**_associations())
    third = _in_one_cell(served, tmp_path, second.name)
    assert served.requests.count("DescribeAssociation") == 0
    assert _parameters(third) == {f"{{'Operation': ['{n * 8}-0000-0000-0000-000000000000']}}" for n in "12"}
    record = _record(third, "ssm_association_detail")
    assert (record.state, record.note, record.items) == ("kept", None, 0)


@pytest.mark.parametrize("source", ["ssm_association", "ssm_association_detail"])
def test_a_base_whose_pages_were_changed_is_not_believed(tmp_path: Path, source: str) -> None:
    """What does not fit its checksum is asked in full, and the ledger says so."""
    first = _in_one_cell(estate.endpoint(**_associations()), tmp_path)
    file = first / str(_record(first, source).file)
    file.write_bytes(file.read_bytes()[:-1] + b"x")
    served = estate.endpoint(**_associations())
    second = _in_one_cell(served, tmp_path, first.name)
    assert served.requests.count("DescribeAssociation") == 2
    assert "asked in full" in str(_record(second, "ssm_association_detail").note)


class Commands:
    """One command that began so many days before the first run and is under way until it has ended."""

    def __init__(self, days: int) -> None:
        self.began, self.status = estate.AS_OF - timedelta(days=days), "InProgress"
        self.asked: list[datetime] = []

    def listed(self, call: Call) -> dict[str, Any]:
        """ListCommands, by InvokedAfter as AWS does it."""
        since = datetime.fromisoformat(call.params["Filters"][0]["value"])
        self.asked.append(since)
        row = {"CommandId": "0" * 36, "RequestedDateTime": self.began, "Status": self.status}
        return {"Commands": [row] if self.began > since else []}

    def endpoint(self, later: int = 0) -> Endpoint:
        """The small organisation, so many days later."""
        return estate.endpoint(as_of=estate.AS_OF + timedelta(days=later), ListCommands=self.listed)


def test_what_was_under_way_is_asked_until_it_has_ended(tmp_path: Path) -> None:
    """A command that ends weeks after it began is not open for ever, and once it has ended nobody looks for it."""
    commands = Commands(days=10)
    first = _in_one_cell(commands.endpoint(), tmp_path)
    second = _in_one_cell(commands.endpoint(7), tmp_path, first.name)
    commands.status = "Success"
    third = _in_one_cell(commands.endpoint(14), tmp_path, second.name)
    store = estate.loaded(tmp_path / "store.duckdb", first, second, third)
    assert _rows(store, "select distinct status from raw.ssm_command") == [("Success",)]
    commands.asked.clear()
    _in_one_cell(commands.endpoint(21), tmp_path, third.name)
    assert set(commands.asked) == {estate.AS_OF + timedelta(days=14, hours=-48)}


def test_what_was_under_way_is_remembered_through_a_run_that_is_denied(tmp_path: Path) -> None:
    """The listing fails once in between: the next one still looks as far back as what had not ended."""
    commands = Commands(days=10)
    first = _in_one_cell(commands.endpoint(), tmp_path)
    denied = AccessDenied(service="ssm", operation="ListCommands")
    second = _in_one_cell(
        estate.endpoint(Faults(fault=(denied,)), as_of=estate.AS_OF + timedelta(days=7)), tmp_path, first.name
    )
    commands.asked.clear()
    _in_one_cell(commands.endpoint(14), tmp_path, second.name)
    assert commands.asked == [commands.began - timedelta(seconds=1)]


def test_what_never_ends_is_not_sought_before_aws_has_forgotten_it(tmp_path: Path) -> None:
    """Of commands AWS keeps 30 days; no listing looks further back, whatever was left open."""
    commands = Commands(days=20)
    first = _in_one_cell(commands.endpoint(), tmp_path)
    commands.asked.clear()
    _in_one_cell(commands.endpoint(20), tmp_path, first.name)
    assert set(commands.asked) == {estate.AS_OF + timedelta(days=20 - 30)}


def test_what_a_blind_account_uses_keeps_its_price_and_size(tmp_path: Path) -> None:
    """Types and rates are asked for by what all accounts run; an account that is denied today takes none away."""

    def instances(call: Call) -> dict[str, Any]:
        kind = "m5.large" if call.account_id == estate.MEMBER else "t3.micro"
        return {"Reservations": [{"Instances": [{"InstanceId": "i-1", "InstanceType": kind}]}]}

    def types(call: Call) -> dict[str, Any]:
        return {"InstanceTypes": [{"InstanceType": kind} for kind in call.params["InstanceTypes"]]}

    def products(call: Call) -> dict[str, Any]:
        asked = {each["Field"]: each["Value"] for each in call.params["Filters"]}
        attributes = {"regionCode": asked["regionCode"], "instanceType": asked["instanceType"], "operation": "Run"}
        prices = {"d": {"unit": "Hrs", "pricePerUnit": {"USD": "0.5"}}}
        terms = {"OnDemand": {"t": {"priceDimensions": prices}}}
        return {"PriceList": [orjson.dumps({"product": {"attributes": attributes}, "terms": terms}).decode()]}

    handlers = {"DescribeInstances": instances, "DescribeInstanceTypes": types, "GetProducts": products}
    first = _take(estate.endpoint(**handlers), tmp_path)
    denied = AccessDenied(account_id=estate.MEMBER, service="ec2", operation="DescribeInstances")
    second = _take(estate.endpoint(Faults(fault=(denied,)), **handlers), tmp_path, first.name)
    store = estate.loaded(tmp_path / "store.duckdb", first, second)
    assert _rows(store, "select instance_type from core.instance_type_now order by all") == [
        ("m5.large",),
        ("t3.micro",),
    ]
    rates = "select instance_type, count(*) from core.on_demand_rate_now group by all order by all"
    assert _rows(store, rates) == [("m5.large", 2), ("t3.micro", 2)]


@pytest.mark.parametrize("rescanned", [3, *(pytest.param(count, marks=pytest.mark.slow) for count in (0, 8))])
def test_the_store_after_an_incremental_run_equals_a_whole_one(tmp_path: Path, rescanned: int) -> None:
    """Kept and read details together are the rows that a whole run would have brought."""
    fleet = Fleet()
    first = estate.taken(tmp_path, unchanged)
    fleet.scan(_nodes()[:rescanned], missing=2)
    second = _take(fleet.endpoint(), tmp_path, first.name)
    whole = _take(fleet.endpoint(), tmp_path / "whole")
    estate.loaded(tmp_path / "chain.duckdb", first, second)
    estate.loaded(tmp_path / "whole.duckdb", whole)
    sql = "select account_id, region, instance_id, title, state from raw.ssm_patch order by all"
    assert _rows(tmp_path / "chain.duckdb", sql) == _rows(tmp_path / "whole.duckdb", sql)
    assert len(_rows(tmp_path / "whole.duckdb", sql)) == 8 * PATCHES


def test_a_detail_that_disagrees_is_asked_again_once(tmp_path: Path) -> None:
    """State and detail that count differently are both asked again; what then agrees is counted once."""
    fleet = Fleet()
    node = _nodes()[-1]
    fleet.miscounted[node] = 1
    served = fleet.endpoint()
    folder = _take(served, tmp_path)
    assert _record(folder, "ssm_patch").state == "ok"
    assert _patch_calls(served) == (8 + 1) * 2
    estate.loaded(tmp_path / "store.duckdb", folder)
    assert _rows(tmp_path / "store.duckdb", "select count(*) from raw.ssm_patch") == [(8 * PATCHES,)]


def test_a_node_scanned_between_the_two_answers_is_described_again(tmp_path: Path) -> None:
    """The patch state is asked again too, and the later of its two rows counts."""
    fleet = Fleet()
    node = _nodes()[-1]
    asked: Counter[str] = Counter()

    def patches(call: Call) -> dict[str, Any]:
        if call.params["InstanceId"] == node and not asked[node]:
            fleet.scan([node], missing=1)
        asked[call.params["InstanceId"]] += 1
        return fleet.patches(call)

    served = estate.endpoint(DescribeInstancePatchStates=fleet.states, DescribeInstancePatches=patches)
    folder = _take(served, tmp_path)
    estate.loaded(tmp_path / "store.duckdb", folder)
    sql = f"select missing_count from raw.ssm_patch_state where instance_id = '{node}'"
    assert _rows(tmp_path / "store.duckdb", sql) == [(1,)]
    counted = f"select count(*) from raw.ssm_patch where instance_id = '{node}' and state = 'Missing'"
    assert _rows(tmp_path / "store.duckdb", counted) == [(1,)]
    assert (_record(folder, "ssm_patch").state, _record(folder, "ssm_patch_state").items) == ("ok", 3)


def test_a_detail_that_disagrees_twice_is_partial_and_dirty_again(tmp_path: Path) -> None:
    """No loop: the second disagreement ends it, what was held before stays, and the next run asks it again."""
    fleet = Fleet()
    node, good = estate.node_ids(estate.MEMBER, "us-east-1")[1], estate.node_ids(estate.MEMBER, "us-east-1")[0]
    first = estate.taken(tmp_path, unchanged)
    fleet.scan(_nodes(), missing=2)
    fleet.miscounted[node] = 2
    served = fleet.endpoint()
    second = _take(served, tmp_path, first.name)
    record = _record(second, "ssm_patch")
    assert (record.state, record.error_code, record.read_items) == ("partial", "CountsDisagree", (good,))
    assert _patch_calls(served) == 8 * 2 + 2
    estate.loaded(tmp_path / "store.duckdb", first, second)
    sql = "select count(*) from raw.ssm_patch where state = 'Missing' and instance_id = "
    assert _rows(tmp_path / "store.duckdb", f"{sql}'{node}'") == [(6,)]
    assert _rows(tmp_path / "store.duckdb", f"{sql}'{good}'") == [(2,)]
    fleet.miscounted.clear()
    healed = fleet.endpoint()
    third = _take(healed, tmp_path, second.name)
    assert _patch_calls(healed) == 2
    assert _record(third, "ssm_patch").state == "ok"


def test_a_killed_incremental_run_resumes_on_its_base(tmp_path: Path) -> None:
    """The manifest remembers the base, so that --resume needs no other option and asks nothing twice."""
    fleet = Fleet()
    first = estate.taken(tmp_path, unchanged)
    fleet.scan(_nodes()[:4], missing=1)
    expected = estate.contents(_take(fleet.endpoint(), tmp_path, first.name))
    served = fleet.endpoint()
    cut = estate.take_until(served, tmp_path, 40, base=first.name)
    resumed = _take(served, tmp_path, resume=cut)
    assert open_snapshot(resumed).base_snapshot == first.name
    assert estate.contents(resumed) == expected


def test_a_store_without_the_base_refuses_what_builds_on_it(tmp_path: Path) -> None:
    """Otherwise the details that were kept would silently be missing."""
    fleet = Fleet()
    first = estate.taken(tmp_path, unchanged)
    second = _take(fleet.endpoint(), tmp_path, first.name)
    with pytest.raises(StoreRefused, match=rf"builds on {first.name}.*--full"):
        estate.loaded(tmp_path / "store.duckdb", second)
    estate.loaded(tmp_path / "store.duckdb", second, first)


def test_what_was_denied_last_time_is_asked_now(tmp_path: Path) -> None:
    """A base that could not read a cell keeps nothing of it."""
    fleet = Fleet()
    fault = AccessDenied(account_id=estate.MEMBER, service="ssm", operation="DescribeInstancePatches")
    first = _take(fleet.endpoint(Faults(fault=(fault,))), tmp_path)
    served = fleet.endpoint()
    second = _take(served, tmp_path, first.name)
    assert _patch_calls(served) == 4 * 2
    assert _record(second, "ssm_patch").state == "ok"


def test_a_failed_incremental_listing_leaves_the_last_good_rows(tmp_path: Path) -> None:
    """Denied now, read before: the rows stay, and the ledger says that they are old."""
    fleet = Fleet()
    first = estate.taken(tmp_path, unchanged)
    fault = AccessDenied(account_id=estate.MEMBER, service="ssm")
    second = _take(fleet.endpoint(Faults(fault=(fault,))), tmp_path, first.name)
    estate.loaded(tmp_path / "store.duckdb", first, second)
    assert _rows(tmp_path / "store.duckdb", "select count(*) from raw.ssm_patch") == [(8 * PATCHES,)]
    sql = f"select state from core.coverage_now where source = 'ssm_patch' and account_id = '{estate.MEMBER}'"
    assert {row[0] for row in _rows(tmp_path / "store.duckdb", sql)} == {"skipped"}


def test_a_terminated_node_goes_although_others_are_kept(tmp_path: Path) -> None:
    """Whole listings close what they no longer show, beside items that are kept."""
    fleet = Fleet()
    first = estate.taken(tmp_path, unchanged)
    gone = estate.node_ids(estate.MEMBER, "us-east-1")[0]

    def managed(call: Call) -> dict[str, Any]:
        ids = [i for i in estate.node_ids(call.account_id, call.region)[:2] if i != gone]
        return {"InstanceInformationList": [{"InstanceId": i, "PingStatus": "Online"} for i in ids]}

    second = _take(fleet.endpoint(DescribeInstanceInformation=managed), tmp_path, first.name)
    estate.loaded(tmp_path / "store.duckdb", first, second)
    left = {row[0] for row in _rows(tmp_path / "store.duckdb", "select distinct instance_id from raw.ssm_patch")}
    assert left == set(_nodes()) - {gone}


def _without_nodes(region: str) -> Mapping[str, Callable[[Call], dict[str, Any]]]:
    """Handlers of an organisation that runs nothing in one Region."""
    own = estate.handlers()

    def nothing_there(service: str, operation: str, empty: dict[str, Any]) -> Callable[[Call], dict[str, Any]]:
        return lambda call: empty if call.region == region else own[service, operation](call)

    return {
        "DescribeInstances": nothing_there("ec2", "DescribeInstances", {"Reservations": []}),
        "DescribeInstanceInformation": nothing_there(
            "ssm", "DescribeInstanceInformation", {"InstanceInformationList": []}
        ),
    }


def test_a_cell_without_nodes_costs_its_three_listings(tmp_path: Path) -> None:
    """What tells of nodes only is not asked where there are none, and the ledger says so; --full asks it."""
    served = estate.endpoint(**_without_nodes("us-east-1"))
    manifest = open_snapshot(_take(served, tmp_path))
    asked = {
        cell.source
        for cell in manifest.cells
        if cell.calls and cell.region == "us-east-1" and cell.account_id == estate.MEMBER
    }
    assert {"ec2_instance", "ssm_managed_node", "autoscaling_group"} <= asked
    assert "ssm_patch_baseline" not in asked
    assert estate.states(manifest, region="us-east-1", source="ssm_patch_baseline", account_id=estate.MEMBER) == {
        "absent": 1
    }
    assert served.requests.count("DescribeAvailablePatches", region="us-east-1") == 0
    full = estate.endpoint(**_without_nodes("us-east-1"))
    _take(full, tmp_path, is_full=True)
    assert full.requests.count("DescribePatchBaselines", region="us-east-1") == 2


def test_a_cell_that_lost_its_last_node_is_asked_once_more(tmp_path: Path) -> None:
    """Rows held from before are not left standing: the first run without nodes still asks, the next no longer does."""
    first = estate.taken(tmp_path)
    served = estate.endpoint(**_without_nodes("us-east-1"))
    second = _take(served, tmp_path, first.name)
    assert served.requests.count("DescribePatchBaselines", region="us-east-1") == 2
    assert _record(second, "ssm_patch_state").state in {"empty", "absent"}


def test_a_region_closed_by_policy_is_closed_and_asked_no_further(tmp_path: Path) -> None:
    """Where a service control policy denies every listing of nodes, three calls say so."""
    words = "User is not authorized to perform this with an explicit deny in a service control policy"
    closed = AccessDenied(account_id=estate.MEMBER, region="us-east-1", message=words)
    served = estate.endpoint(Faults(fault=(closed,)))
    manifest = open_snapshot(_take(served, tmp_path))
    cells = [cell for cell in manifest.cells if (cell.account_id, cell.region) == (estate.MEMBER, "us-east-1")]
    assert {cell.state for cell in cells} == {"closed"}
    assert sum(cell.calls for cell in cells) == 3


def test_what_changes_slowly_is_not_asked_within_its_time(tmp_path: Path) -> None:
    """The catalogue of patches costs hundreds of calls: a second run of the same day leaves it."""
    fleet = Fleet()
    first = estate.taken(tmp_path, unchanged)
    served = fleet.endpoint()
    second = _take(served, tmp_path, first.name)
    assert served.requests.count("DescribeAvailablePatches") == 0
    estate.loaded(tmp_path / "store.duckdb", first, second)
    assert _rows(tmp_path / "store.duckdb", "select count(*) from raw.ssm_available_patch") == [(2 * 150,)]


def test_what_is_kept_is_as_old_as_its_own_answer(tmp_path: Path) -> None:
    """Three days later one of two nodes was scanned: the ledger tells of both instants."""
    fleet = Fleet()
    first = estate.taken(tmp_path, unchanged)
    fleet.scan(estate.node_ids(estate.MEMBER, "us-east-1")[:1])
    second = _take(fleet.endpoint(as_of=estate.AS_OF + timedelta(days=3)), tmp_path, first.name)
    estate.loaded(tmp_path / "store.duckdb", first, second)
    where = f"account_id = '{estate.MEMBER}' and region = 'us-east-1' and source = 'ssm_patch'"
    sql = f"select state, oldest_answer_at, newest_answer_at from core.coverage_now where {where}"
    then = estate.AS_OF.replace(tzinfo=None)
    assert _rows(tmp_path / "store.duckdb", sql) == [("ok", then, then + timedelta(days=3))]
