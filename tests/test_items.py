"""One thing among many that is gone, or refused by itself: the others are read, and what was held of it stays."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from patchlib import queries
from patchlib.extract import extract
from patchlib.sandbox.endpoint import Call, Endpoint, Handler, ServiceError
from patchlib.settings import Settings
from patchlib.snapshot import CellRecord, open_snapshot
from patchlib.sources import source as source_of
from patchlib.store import connect
from tests import estate

REGION = estate.REGIONS[0]
CALENDARS = [f"freeze-{n}" for n in range(3)]
WINDOWS = [f"mw-0123456789abcdef{n}" for n in range(3)]
ASSOCIATIONS = [f"0000000{n}-89ab-cdef-0123-456789abcdef" for n in range(3)]
BASELINES = [f"pb-0123456789abcdef{n}" for n in range(3)]
GROUPS = ["batch", "db", "web"]
MANAGERS = [
    f"arn:aws:ssm-quicksetup:{REGION}:{estate.MEMBER}:configuration-manager/0000000{n}-89ab-cdef-0123-456789abcdef"
    for n in range(3)
]
# One cell is enough: what another one reads is the same.
SETTINGS = Settings(accounts=[estate.MEMBER], regions=[REGION], home_region=REGION, role="Reader", threads=1)


def _task_of(window: str) -> str:
    return f"{window[-8:]}-89ab-cdef-0123-456789abcdef"


def _execution(association: str) -> dict[str, Any]:
    return {"AssociationId": association, "ExecutionId": f"1{association[1:]}", "CreatedTime": estate.AS_OF}


def _handlers() -> dict[str, Handler]:
    """Three of everything that is asked about one by one, in every cell."""
    identities = [{"BaselineId": each, "BaselineName": "own", "OperatingSystem": "WINDOWS"} for each in BASELINES]

    def states(call: Call) -> dict[str, Any]:
        common = {"PatchGroup": "", "Operation": "Scan"}
        times = {"OperationStartTime": estate.AS_OF, "OperationEndTime": estate.AS_OF}
        rows = [{"InstanceId": each} | common | times for each in call.params["InstanceIds"]]
        # Two nodes a cell, so two of the baselines are in force; the third is by a group.
        return {"InstancePatchStates": [row | {"BaselineId": BASELINES[n]} for n, row in enumerate(rows)]}

    def tasks(call: Call) -> dict[str, Any]:
        window = call.params["WindowId"]
        return {"Tasks": [{"WindowId": window, "WindowTaskId": _task_of(window), "TaskArn": "AWS-RunPatchBaseline"}]}

    def targets(call: Call) -> dict[str, Any]:
        window = call.params["WindowId"]
        return {"Targets": [{"WindowId": window, "WindowTargetId": _task_of(window)}]}

    summary = {"Type": "AWSQuickSetupType-PatchPolicy"}
    answers: dict[str, Any] = {
        "ListDocuments": {"DocumentIdentifiers": [{"Name": name} for name in CALENDARS]},
        "GetCalendarState": {"State": "OPEN"},
        "GetDocument": lambda call: {"Name": call.params["Name"], "Content": "BEGIN:VCALENDAR"},
        "DescribeMaintenanceWindows": {"WindowIdentities": [{"WindowId": window} for window in WINDOWS]},
        "DescribeMaintenanceWindowTargets": targets,
        "DescribeMaintenanceWindowTasks": tasks,
        "GetMaintenanceWindowTask": lambda call: {
            "WindowId": call.params["WindowId"],
            "WindowTaskId": call.params["WindowTaskId"],
        },
        "DescribeMaintenanceWindowExecutions": lambda call: {
            "WindowExecutions": [
                {
                    "WindowId": call.params["WindowId"],
                    "WindowExecutionId": _task_of(call.params["WindowId"]),
                    "Status": "SUCCESS",
                    "StartTime": estate.AS_OF,
                }
            ]
        },
        "ListAssociations": {"Associations": [{"AssociationId": each, "Name": "doc"} for each in ASSOCIATIONS]},
        "DescribeAssociation": lambda call: {
            "AssociationDescription": {"AssociationId": call.params["AssociationId"], "Name": "doc"}
        },
        "DescribeAssociationExecutions": lambda call: {
            "AssociationExecutions": [_execution(call.params["AssociationId"]) | {"Status": "Success"}]
        },
        "DescribeInstancePatchStates": states,
        "DescribePatchBaselines": {"BaselineIdentities": identities},
        "GetPatchBaseline": lambda call: {"BaselineId": call.params["BaselineId"], "Name": "own"},
        "DescribeEffectivePatchesForPatchBaseline": lambda _call: {
            "EffectivePatches": [{"Patch": {"Id": "KB1"}, "PatchStatus": {"DeploymentStatus": "APPROVED"}}]
        },
        "DescribePatchGroups": {
            "Mappings": [
                {"PatchGroup": group, "BaselineIdentity": each} for group, each in zip(GROUPS, identities, strict=True)
            ]
        },
        "DescribePatchGroupState": {"Instances": 1},
        "ListConfigurationManagers": {
            "ConfigurationManagersList": [
                {"ManagerArn": arn, "ConfigurationDefinitionSummaries": [summary]} for arn in MANAGERS
            ]
        },
        "GetConfigurationManager": lambda call: {"ManagerArn": call.params["ManagerArn"]},
    }
    return {name: answer if callable(answer) else _fixed(answer) for name, answer in answers.items()}


def _fixed(answer: Mapping[str, Any]) -> Handler:
    return lambda _call: dict(answer)


def _served(
    operation: str = "", parameter: str = "", failing: Mapping[str, str] | None = None, **more: Handler
) -> Endpoint:
    """An organisation in which an operation fails for some of what it is asked about.

    failing: error code by the value of the parameter.
    """
    own = _handlers()
    if operation:
        answer = own[operation]

        def some(call: Call) -> Any:
            asked = call.params[parameter]
            code = (failing or {}).get(asked[0] if isinstance(asked, list) else asked)
            if code:
                raise ServiceError(code, f"{asked} fails", 400)
            return answer(call)

        own[operation] = some
    return estate.endpoint(**own | more)


def _take(served: Endpoint, folder: Path, base: str | None = None) -> Path:
    run = {"reader": estate.reader(served), "progress": estate.Told(), "clock": lambda: 0.0}
    return extract(SETTINGS, folder, base=base, **run)


def _record(folder: Path, source: str, account_id: str = estate.MEMBER) -> CellRecord:
    cells = open_snapshot(folder).cells
    return next(c for c in cells if (c.account_id, c.region, c.source) == (account_id, REGION, source))


def _held(store: Path, source: str) -> list[Any]:
    """Rows of a source in the store, but for where each observation came from."""
    with connect(store) as connection:
        return connection.execute(f"select * exclude (observation_id) from raw.{source} order by all").fetchall()


ONE_BY_ONE = [
    ("ssm_calendar_document", "GetDocument", "Name", CALENDARS),
    ("ssm_calendar_state", "GetCalendarState", "CalendarNames", CALENDARS),
    ("ssm_window_target", "DescribeMaintenanceWindowTargets", "WindowId", WINDOWS),
    ("ssm_window_task", "DescribeMaintenanceWindowTasks", "WindowId", WINDOWS),
    ("ssm_window_task_detail", "GetMaintenanceWindowTask", "WindowTaskId", [_task_of(each) for each in WINDOWS]),
    ("ssm_patch_baseline_detail", "GetPatchBaseline", "BaselineId", BASELINES),
    ("ssm_effective_patch", "DescribeEffectivePatchesForPatchBaseline", "BaselineId", BASELINES[:2]),
    ("ssm_patch_group_state", "DescribePatchGroupState", "PatchGroup", GROUPS),
    ("ssm_quicksetup_manager_detail", "GetConfigurationManager", "ManagerArn", MANAGERS),
]


@pytest.fixture(scope="module")
def clean(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A snapshot of a run in which nothing fails."""
    return _take(_served(), tmp_path_factory.mktemp("clean"))


@pytest.fixture(scope="module")
def clean_store(clean: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store that holds that snapshot: to be copied, never written to."""
    return estate.loaded(tmp_path_factory.mktemp("clean_store") / "clean.duckdb", clean)


@pytest.fixture
def store(clean_store: Path, tmp_path: Path) -> Path:
    """A copy of that store, to load into."""
    return Path(shutil.copyfile(clean_store, tmp_path / "store.duckdb"))


@pytest.mark.parametrize(("source", "operation", "parameter", "things"), ONE_BY_ONE, ids=lambda value: str(value)[:40])
def test_one_refused_thing_hides_no_other(
    tmp_path: Path, store: Path, source: str, operation: str, parameter: str, things: list[str]
) -> None:
    """The first of several is denied: the others are in a new store, and in an old one its last rows stay."""
    taken = _take(_served(operation, parameter, {things[0]: "AccessDeniedException"}), tmp_path)
    found = _record(taken, source)
    assert (found.state, found.error_code) == ("partial", "AccessDeniedException")
    assert found.read_items == tuple(things[1:])
    whole = _held(store, source)
    fresh = _held(estate.loaded(tmp_path / "fresh.duckdb", taken), source)
    assert len(whole) - len(fresh) == 1
    assert {*map(str, fresh)} < {*map(str, whole)}
    assert _held(estate.loaded(store, taken), source) == whole


@pytest.mark.parametrize(
    ("source", "operation", "parameter", "things", "gone"),
    [
        (
            "ssm_association_execution",
            "DescribeAssociationExecutions",
            "AssociationId",
            ASSOCIATIONS,
            "AssociationDoesNotExist",
        ),
        (
            "ssm_window_execution",
            "DescribeMaintenanceWindowExecutions",
            "WindowId",
            WINDOWS,
            "DoesNotExistException",
        ),
    ],
    ids=["associations", "windows"],
)
def test_a_watermark_advances_past_what_is_gone_and_waits_for_what_is_denied(
    tmp_path: Path, source: str, operation: str, parameter: str, things: list[str], gone: str
) -> None:
    """What was deleted since it was listed lacks nothing; what is refused is asked from the same instant again."""
    first = _take(_served(operation, parameter, {things[0]: gone}), tmp_path)
    found = _record(first, source)
    assert (found.state, found.items, found.error_code) == ("ok", 2, None)
    assert found.complete_to == estate.AS_OF.isoformat()
    second = _take(_served(operation, parameter, {things[0]: "AccessDeniedException"}), tmp_path)
    found = _record(second, source)
    assert (found.state, found.items, found.error_code) == ("partial", 2, "AccessDeniedException")
    assert found.complete_to is None
    assert len(_held(estate.loaded(tmp_path / "store.duckdb", second), source)) == 2
    third = _take(_served(operation, parameter, dict.fromkeys(things, "AccessDeniedException")), tmp_path)
    assert _record(third, source).state == "denied"


def test_what_follows_a_listing_with_a_gap_empties_nothing(tmp_path: Path, store: Path) -> None:
    """Tasks of a window that is refused are not asked for: their details stay, and the ledger says that some lack."""
    fault = ("DescribeMaintenanceWindowTasks", "WindowId", {WINDOWS[1]: "AccessDeniedException"})
    taken = _take(_served(*fault), tmp_path)
    found = _record(taken, "ssm_window_task_detail")
    assert (found.state, len(found.read_items or ())) == ("partial", 2)
    assert found.error_message == "needs ssm_window_task, of which a part could not be read"
    whole = _held(store, "ssm_window_task_detail")
    assert _held(estate.loaded(store, taken), "ssm_window_task_detail") == whole


def test_what_follows_a_listing_of_which_nothing_came_is_skipped(tmp_path: Path) -> None:
    """Two of two windows refused by themselves: no task is known, which is not the same as none."""
    failing = dict.fromkeys(WINDOWS[:2], "AccessDeniedException") | {WINDOWS[2]: "DoesNotExistException"}
    taken = _take(_served("DescribeMaintenanceWindowTasks", "WindowId", failing), tmp_path)
    assert _record(taken, "ssm_window_task").state == "denied"
    assert _record(taken, "ssm_window_task_detail").state == "skipped"


def test_who_refuses_a_part_is_among_the_denials(tmp_path: Path) -> None:
    """A calendar that its owner shares without its text, and one that is gone: the refusal is what is told."""
    failing = {CALENDARS[0]: "AccessDeniedException", CALENDARS[1]: "InvalidDocument"}
    taken = _take(_served("GetDocument", "Name", failing), tmp_path)
    found = _record(taken, "ssm_calendar_document")
    assert (found.state, found.refusal, found.error_code) == ("partial", "denied", "AccessDeniedException")
    as_of = estate.AS_OF.replace(tzinfo=None)
    with connect(estate.loaded(tmp_path / "store.duckdb", taken)) as connection:
        denials = queries.run(connection, "fleet/denials", as_of=as_of, stale_after_days=7, scan_interval_hours=24)
    (row,) = denials.to_dict("records")
    assert (row["denied_by"], row["operations"], row["source_count"]) == ("IAM policy", "ssm:GetDocument", 1)


def test_a_detail_denied_beside_kept_ones_is_among_the_denials(tmp_path: Path) -> None:
    """Nothing new came, and what was kept makes it a part: who refuses the new one is not lost by that."""
    first = _take(_served(), tmp_path)
    changed = _handlers()["ListAssociations"]
    fault = {ASSOCIATIONS[0]: "AccessDeniedException"}
    served = _served(
        "DescribeAssociation", "AssociationId", fault, ListAssociations=lambda call: _renamed(changed(call))
    )
    record = _record(_take(served, tmp_path, first.name), "ssm_association_detail")
    assert (record.state, record.refusal, record.read_items) == ("partial", "denied", ())
    assert record.kept_items == tuple(ASSOCIATIONS[1:])


def _renamed(answer: Any) -> dict[str, Any]:
    """The first association has a new version, so that its detail is asked again."""
    first, *others = answer["Associations"]
    return {"Associations": [first | {"AssociationVersion": "2"}, *others]}


def test_what_changes_slowly_and_is_kept_by_item_stays(tmp_path: Path) -> None:
    """A second run of the same day asks for no approved patch, and the store holds them all."""
    first = _take(_served(), tmp_path)
    served = _served()
    second = _take(served, tmp_path, first.name)
    assert served.requests.count("DescribeEffectivePatchesForPatchBaseline") == 0
    store = estate.loaded(tmp_path / "store.duckdb", first)
    whole = _held(store, "ssm_effective_patch")
    assert len(whole) == 2
    assert _held(estate.loaded(store, second), "ssm_effective_patch") == whole


@pytest.mark.parametrize(("code", "state"), [("ParentNotFoundException", "ok"), ("AccessDeniedException", "partial")])
def test_the_tree_of_units_is_whole_without_a_deleted_unit_and_not_without_a_refused_one(
    tmp_path: Path, code: str, state: str
) -> None:
    """A unit must be empty to be deleted, so nothing is below it; below a refused one anything may be."""
    units = {"r-ab12": ["ou-ab12-11111111", "ou-ab12-22222222"], "ou-ab12-22222222": ["ou-ab12-33333333"]}

    def below(call: Call) -> dict[str, Any]:
        parent = call.params["ParentId"]
        if parent == "ou-ab12-11111111":
            raise ServiceError(code, "no", 400)
        return {"OrganizationalUnits": [{"Id": each} for each in units.get(parent, [])]}

    roots = {"Roots": [{"Id": "r-ab12", "PolicyTypes": []}]}
    served = estate.endpoint(ListRoots=lambda _call: roots, ListOrganizationalUnitsForParent=below)
    record = _record(_take(served, tmp_path), "organizations_unit", estate.MANAGEMENT)
    assert (record.state, record.items) == (state, 3 if state == "ok" else 2)
    assert source_of("organizations_unit").unit == "cell"
