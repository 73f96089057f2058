"""A small organisation written by hand: what extraction is tested on, small enough to count on fingers.

Three accounts (management, one member, one that denies the role) and one suspended; two Regions; per
readable cell three instances, of which two are managed and scanned, with 60 patches each.
"""

from __future__ import annotations

import shutil
import tempfile
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import botocore.session

from patchlib.aws import Reader
from patchlib.budget import RateBudget
from patchlib.entities import create_tables
from patchlib.errors import RunCutShort
from patchlib.extract import extract
from patchlib.load import load
from patchlib.sandbox.endpoint import Call, Endpoint, Handler, ServiceError
from patchlib.sandbox.faults import Faults
from patchlib.sandbox.inprocess import attach
from patchlib.settings import Rates, Settings
from patchlib.snapshot import CellRecord, Manifest, Page, read_pages
from patchlib.sources import ALLOWED, HEAVY, SOURCES
from patchlib.store import connect

AS_OF = datetime(2026, 11, 2, 6, tzinfo=UTC)
MANAGEMENT, MEMBER, DENYING, SUSPENDED = (f"21000000000{n}" for n in range(1, 5))
REGIONS = ("eu-central-1", "us-east-1")
SETTINGS = Settings(accounts="organization", home_region="eu-central-1", role="Reader", threads=2)
PATCHES_PER_NODE = 60
# The units of `tree`: root > work > production.
ROOT, WORK, PRODUCTION = "r-ab12", "ou-ab12-11111111", "ou-ab12-22222222"
# Service models are read once for all readers of a test run.
_LOADER = botocore.session.Session().get_component("data_loader")
CANARY = "canary-secret"


def node_ids(account_id: str, region: str) -> list[str]:
    """The instances of a cell; the last one is not managed."""
    return [f"i-{account_id[-2:]}{REGIONS.index(region)}{n}0123456789abc" for n in range(3)]


def _account(account_id: str, state: str = "ACTIVE") -> dict[str, Any]:
    return {"Id": account_id, "Name": f"account-{account_id[-1]}", "State": state}


def _patch(number: int) -> dict[str, Any]:
    return {
        "Title": f"Cumulative update {number}",
        "KBId": f"KB50{number:05d}",
        "Classification": "SecurityUpdates",
        "Severity": "Critical",
        "State": "Missing" if number % 10 == 0 else "Installed",
        "InstalledTime": AS_OF,
    }


def _task(call: Call) -> dict[str, Any]:
    """A task with canaries in every field that can hold a secret."""
    return {
        "WindowId": "mw-0123456789abcdef0",
        "WindowTaskId": "01234567-89ab-cdef-0123-456789abcdef",
        "TaskArn": "AWS-RunPatchBaseline",
        "TaskType": "RUN_COMMAND",
        "TaskInvocationParameters": {
            "RunCommand": {"Parameters": {"Operation": ["Install"], "Script": [CANARY]}},
            "Lambda": {"Payload": CANARY.encode(), "ClientContext": CANARY},
            "Automation": {"Parameters": {"Password": [CANARY]}},
            "StepFunctions": {"Input": CANARY},
        },
    }


def _activated(call: Call) -> dict[str, Any]:
    """Amazon Inspector is on."""
    on = {"status": "ENABLED", "errorCode": "ALREADY_ENABLED", "errorMessage": ""}
    row = {"accountId": call.account_id, "state": on, "resourceState": {"ec2": on, "ecr": on}}
    return {"accounts": [row], "failedAccounts": []}


def handlers() -> dict[tuple[str, str], Handler]:
    """A handler per operation of the catalogue."""
    accounts = [_account(MANAGEMENT), _account(MEMBER), _account(DENYING), _account(SUSPENDED, "SUSPENDED")]
    regions = [{"RegionName": name, "OptInStatus": "opt-in-not-required"} for name in REGIONS]
    regions.append({"RegionName": "ap-east-1", "OptInStatus": "not-opted-in"})
    baseline = {"BaselineId": "pb-0123456789abcdef0", "BaselineName": "own", "OperatingSystem": "WINDOWS"}
    window = {"WindowId": "mw-0123456789abcdef0", "Name": "weekly"}

    def instances(call: Call) -> dict[str, Any]:
        ids = node_ids(call.account_id, call.region)
        rows = [{"InstanceId": i, "ImageId": "ami-0123456789abcdef0", "LaunchTime": AS_OF} for i in ids]
        return {"Reservations": [{"Instances": rows}]}

    def managed(call: Call) -> dict[str, Any]:
        ids = node_ids(call.account_id, call.region)[:2]
        return {"InstanceInformationList": [{"InstanceId": i, "PingStatus": "Online"} for i in ids]}

    def patch_states(call: Call) -> dict[str, Any]:
        common = {"BaselineId": baseline["BaselineId"], "PatchGroup": "", "Operation": "Scan"}
        times = {"OperationStartTime": AS_OF, "OperationEndTime": AS_OF}
        return {"InstancePatchStates": [{"InstanceId": i} | common | times for i in call.params["InstanceIds"]]}

    answers: Mapping[tuple[str, str], Any] = {
        ("organizations", "DescribeOrganization"): {"Organization": {"Id": "o-sandbox0001"}},
        ("organizations", "ListAccounts"): {"Accounts": accounts},
        ("organizations", "ListDelegatedAdministrators"): {"DelegatedAdministrators": [{"Id": MEMBER}]},
        ("organizations", "ListDelegatedServicesForAccount"): {
            "DelegatedServices": [{"ServicePrincipal": "ssm.amazonaws.com"}]
        },
        ("ec2", "DescribeRegions"): {"Regions": regions},
        ("ec2", "DescribeInstances"): instances,
        ("ec2", "DescribeImages"): {"Images": [{"ImageId": "ami-0123456789abcdef0"}]},
        ("ssm", "DescribeAvailablePatches"): {"Patches": [{"KbNumber": f"KB50{n:05d}"} for n in range(150)]},
        ("ssm", "DescribeInstanceInformation"): managed,
        ("ssm", "DescribeInstancePatchStates"): patch_states,
        ("ssm", "DescribeInstancePatches"): {"Patches": [_patch(n) for n in range(PATCHES_PER_NODE)]},
        ("ssm", "DescribePatchBaselines"): {"BaselineIdentities": [baseline]},
        ("ssm", "GetPatchBaseline"): {
            "BaselineId": baseline["BaselineId"],
            "Name": "own",
            "Sources": [{"Name": "s", "Products": ["*"], "Configuration": CANARY}],
        },
        ("ssm", "DescribePatchGroups"): {"Mappings": [{"PatchGroup": "web", "BaselineIdentity": baseline}]},
        ("ssm", "DescribeEffectivePatchesForPatchBaseline"): {"EffectivePatches": []},
        ("ssm", "DescribeMaintenanceWindows"): {"WindowIdentities": [window]},
        ("ssm", "DescribeMaintenanceWindowTargets"): {"Targets": []},
        ("ssm", "DescribeMaintenanceWindowTasks"): {
            "Tasks": [{"WindowId": window["WindowId"], "WindowTaskId": "01234567-89ab-cdef-0123-456789abcdef"}]
        },
        ("ssm", "GetMaintenanceWindowTask"): _task,
        ("config", "DescribeConfigurationRecorderStatus"): {
            "ConfigurationRecordersStatus": [{"name": "default", "recording": True}]
        },
        ("inspector2", "BatchGetAccountStatus"): _activated,
    }

    def fixed(answer: Any) -> Handler:
        return lambda _call: answer

    # What the small organisation has nothing to say of is answered without a row.
    silent = {(source.service, source.operation): {} for source in SOURCES if source.service != "sts"}
    return {key: answer if callable(answer) else fixed(answer) for key, answer in {**silent, **answers}.items()}


def tree() -> dict[str, Handler]:
    """Handlers by operation that give the organisation units: one account at each level, the suspended one lowest."""
    below = {ROOT: WORK, WORK: PRODUCTION, PRODUCTION: None}
    placed = {ROOT: [MANAGEMENT], WORK: [MEMBER], PRODUCTION: [DENYING, SUSPENDED]}

    def parent(call: Call) -> str:
        if call.params["ParentId"] not in below:
            raise ServiceError("ParentNotFoundException", "You specified parent that doesn't exist.")
        return str(call.params["ParentId"])

    def units(call: Call) -> dict[str, Any]:
        found = below[parent(call)]
        return {"OrganizationalUnits": [{"Id": found}] if found else []}

    return {
        "ListRoots": lambda _call: {"Roots": [{"Id": ROOT}]},
        "ListOrganizationalUnitsForParent": units,
        "ListAccountsForParent": lambda call: {"Accounts": [_account(each) for each in placed[parent(call)]]},
    }


class Accounts:
    """Which accounts let the reader role in."""

    def refusal(
        self,
        account_id: str,
        service: str,  # noqa: ARG002 - the endpoint's protocol
        operation: str,
        region: str,  # noqa: ARG002
    ) -> ServiceError | None:
        """The role of one account denies."""
        if operation == "AssumeRole" and account_id in {DENYING, SUSPENDED}:
            return ServiceError("AccessDenied", "User is not authorized to perform: sts:AssumeRole", 403)
        return None

    def role_refusal(self, role_arn: str) -> ServiceError | None:  # noqa: ARG002 - the endpoint's protocol
        """Here a role may have any name."""
        return None


def endpoint(faults: Faults | None = None, *, as_of: datetime = AS_OF, **changed: Handler) -> Endpoint:
    """An endpoint over the small organisation at an instant; `changed` replaces handlers by operation name."""
    own = handlers()
    for operation, handler in changed.items():
        own[next(key for key in own if key[1] == operation)] = handler
    return Endpoint(own, as_of=as_of, faults=faults, organisation=Accounts(), sleep=lambda _seconds: None)


def reader(served: Endpoint, settings: Settings = SETTINGS) -> Reader:
    """A reader whose every request the endpoint answers, as the management account."""
    session = botocore.session.Session()
    session.register_component("data_loader", _LOADER)
    session.set_credentials(f"AKIA{MANAGEMENT}TEST", "x")
    session.set_config_variable("region", "eu-central-1")
    attach(session, served)
    budget = RateBudget(Rates(default=1e9, burst=1000), sleep=lambda _seconds: None)
    return Reader(settings, ALLOWED, session=session, budget=budget, raw_operations=HEAVY)


class Told:
    """A progress that remembers, and can stop the run after so many listings as a kill would."""

    def __init__(self, stop_after: int | None = None) -> None:
        self.records: list[CellRecord] = []
        self._stop_after, self._lock = stop_after, threading.Lock()

    def total(self, listings: int) -> None:
        """Nothing to show."""

    def done(self, record: CellRecord) -> None:
        """Remember, or stop."""
        with self._lock:
            self.records.append(record)
            if self._stop_after is not None and len(self.records) > self._stop_after:
                raise KeyboardInterrupt


def take(served: Endpoint, folder: Path, *, settings: Settings = SETTINGS, resume: str | None = None) -> Path:
    """One snapshot of the small organisation."""
    return extract(settings, folder, reader=reader(served, settings), progress=Told(), resume=resume, clock=lambda: 0.0)


def take_until(served: Endpoint, folder: Path, listings: int, *, base: str | None = None) -> str:
    """Stop a run after so many listings; returns the id of the snapshot that was cut short."""
    with suppress(RunCutShort):
        extract(SETTINGS, folder, reader=reader(served), progress=Told(listings), base=base, clock=lambda: 0.0)
    return sorted(path.name for path in folder.iterdir())[-1]


# What is made once for many tests of a process, until it ends.
_KEPT = tempfile.TemporaryDirectory(prefix="patchlib-")
_ONCE: dict[bytes, Path] = {}


@cache
def taken_once(make: Callable[[], Endpoint] = endpoint) -> Path:
    """A snapshot of `make()` that is taken once for all tests of this process: to be read, never written to."""
    folder = take(make(), Path(_KEPT.name) / make.__qualname__)
    _ONCE[(folder / "manifest.json").read_bytes()] = folder
    return folder


def taken(folder: Path, make: Callable[[], Endpoint] = endpoint) -> Path:
    """A copy of that snapshot under a folder, for a test to build on."""
    once = taken_once(make)
    return Path(shutil.copytree(once, folder / once.name))


@cache
def _empty_store() -> bytes:
    """A store with every table and no row, made once: making thousands of columns is most of a small load."""
    path = Path(_KEPT.name) / "empty.duckdb"
    connection = connect(path, read_only=False)
    create_tables(connection)
    connection.execute("checkpoint store")
    connection.close()
    return path.read_bytes()


@cache
def _store_once(snapshot: Path) -> bytes:
    """A store with a snapshot that is taken once."""
    path = empty_store(Path(_KEPT.name) / f"{snapshot.parent.name}.duckdb")
    load([snapshot], path)
    return path.read_bytes()


def empty_store(store: Path) -> Path:
    """A store with every table and no row."""
    store.write_bytes(_empty_store())
    return store


def loaded(store: Path, *snapshots: Path) -> Path:
    """A store with these snapshots; what a copy of one that is taken once makes of it is copied too."""
    if not store.exists():
        # The manifest holds the checksum of every page.
        once = _ONCE.get((snapshots[0] / "manifest.json").read_bytes())
        store.write_bytes(_store_once(once) if once else _empty_store())
        if once and len(snapshots) == 1:
            return store
    load(snapshots, store)
    return store


def walk(folder: Path, source: str = "*") -> Iterator[Page]:
    """The pages of a snapshot, or of one source, one at a time; those taken over from a base only by name."""
    for file in sorted(folder.rglob(f"{source}.jsonl.gz")):
        if not file.name.endswith(".kept.jsonl.gz") or source.endswith(".kept"):
            yield from (page for page, _ in read_pages(file))


def pages(folder: Path) -> list[Page]:
    """Every page of a snapshot."""
    return list(walk(folder))


def contents(folder: Path) -> list[tuple[str, ...]]:
    """What a snapshot holds: requests and answers, in an order that does not depend on threads."""
    return sorted(
        (page.account_id, page.region, page.source, page.item or "", str(page.request), str(page.response))
        for page in pages(folder)
    )


def states(manifest: Manifest, **where: str) -> Counter[str]:
    """Ledger states of the cells that match."""
    return Counter(
        cell.state for cell in manifest.cells if all(getattr(cell, key) == value for key, value in where.items())
    )
