"""Runs that were cut short, wherever the kill fell: what goes on is whole, and what is whole can be loaded."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from patchlib.aws import Answer
from patchlib.errors import CallFailed, StoreRefused
from patchlib.extract import extract
from patchlib.load import refuse_late
from patchlib.manifest import CallerRecord, open_snapshot
from patchlib.sandbox.endpoint import Call, Endpoint, ServiceError
from patchlib.snapshot import CellFile
from tests import estate

ONE = estate.SETTINGS.model_copy(update={"accounts": (estate.MEMBER,), "regions": ("us-east-1",)})


def _take(served: Endpoint, folder: Path, resume: str | None = None) -> Path:
    run = {"reader": estate.reader(served, ONE), "progress": estate.Told(), "clock": lambda: 0.0}
    return extract(ONE, folder, resume=resume, **run)  # type: ignore[arg-type]


def _uuid(number: int) -> str:
    return f"{number}" * 8 + "-0000-0000-0000-000000000000"


def _reopen(folder: Path) -> None:
    """Make a finished snapshot one whose run was killed just before its manifest."""
    manifest = folder / "manifest.json"
    manifest.write_text(manifest.read_text(encoding="utf-8").replace('"finished": true', '"finished": false'))


@pytest.mark.parametrize("code", ["InvalidNextToken", "ValidationException", "ExpiredNextTokenException"])
def test_a_token_refused_in_a_first_run_starts_its_listing_again(tmp_path: Path, code: str) -> None:
    """The service forgets the token between two pages: one listing is read anew, and the run goes on."""
    refused: list[str] = []
    reader = estate.reader(estate.endpoint(), ONE)
    plain = reader.call

    def call(account_id: str, region: str, service: str, operation: str, params: Mapping[str, Any]) -> Answer:
        if operation == "DescribeAvailablePatches" and "NextToken" in params and not refused:
            refused.append(params["NextToken"])
            raise CallFailed("error", code, "the token is not known", where=region)
        return plain(account_id, region, service, operation, params)

    reader.call = call  # type: ignore[method-assign]
    folder = extract(ONE, tmp_path, reader=reader, progress=estate.Told(), clock=lambda: 0.0)
    assert refused
    [cell] = [cell for cell in open_snapshot(folder).cells if cell.source == "ssm_available_patch"]
    assert (cell.state, cell.items) == ("ok", 150)


def test_a_kill_between_a_page_and_its_ledger_row_is_healed(tmp_path: Path) -> None:
    """A row asked again lies behind a finished listing, whole or torn: the resumed snapshot fits its checksums."""
    for torn in (0, 20):
        folder = _take(estate.endpoint(), tmp_path / str(torn))
        [cell] = [cell for cell in open_snapshot(folder).cells if cell.source == "ssm_patch_state"]
        file = CellFile(folder / str(cell.file))
        [page] = file.pages()
        file.append(page.model_copy(update={"page": 1}))
        file.path.write_bytes(file.path.read_bytes() + file.path.read_bytes()[:torn])
        _reopen(folder)
        resumed = _take(estate.endpoint(), tmp_path / str(torn), resume=folder.name)
        estate.loaded(tmp_path / f"{torn}.duckdb", resumed)
        [again] = [cell for cell in open_snapshot(resumed).cells if cell.source == "ssm_patch_state"]
        assert (again.pages, again.items) == (2, 2 * cell.items)


def test_what_hangs_on_a_listing_that_was_read_again_is_read_again(tmp_path: Path) -> None:
    """A window that failed before the kill has executions now: their tasks are asked, and those of others are not."""
    windows = [f"mw-{n}23456789abcdef01" for n in (0, 1)]
    is_broken = True

    def executions(call: Call) -> dict[str, Any]:
        window = call.params["WindowId"]
        if is_broken and window == windows[1]:
            raise ServiceError("InternalServerError", "no", 500)
        ended = {"Status": "SUCCESS", "StartTime": estate.AS_OF, "EndTime": estate.AS_OF}
        named = {"WindowId": window, "WindowExecutionId": _uuid(windows.index(window))}
        return {"WindowExecutions": [named | ended]}

    def tasks(call: Call) -> dict[str, Any]:
        own = {"WindowExecutionId": call.params["WindowExecutionId"], "TaskExecutionId": _uuid(9)}
        return {"WindowExecutionTaskIdentities": [own | {"Status": "SUCCESS"}]}

    handlers = {
        "DescribeMaintenanceWindows": lambda _call: {"WindowIdentities": [{"WindowId": each} for each in windows]},
        "DescribeMaintenanceWindowExecutions": executions,
        "DescribeMaintenanceWindowExecutionTasks": tasks,
    }
    folder = _take(estate.endpoint(**handlers), tmp_path)
    states = {cell.source: cell.state for cell in open_snapshot(folder).cells}
    assert (states["ssm_window_execution"], states["ssm_window_execution_task"]) == ("partial", "ok")
    _reopen(folder)
    is_broken = False
    served = estate.endpoint(**handlers)
    resumed = _take(served, tmp_path, resume=folder.name)
    [task] = [cell for cell in open_snapshot(resumed).cells if cell.source == "ssm_window_execution_task"]
    assert task.read_items == (_uuid(0), _uuid(1))
    assert served.requests.count("DescribeMaintenanceWindowExecutionTasks") == 1


def test_a_session_of_another_name_is_the_same_caller() -> None:
    """A profile that assumes a role names each session anew; another role or account is another caller."""
    arn = "arn:aws:sts::111122223333:assumed-role/Reader/botocore-session-{}"
    first, second = (CallerRecord(account_id="111122223333", arn=arn.format(n)) for n in (1, 2))
    assert first.principal == second.principal
    other = CallerRecord(account_id="111122223333", arn=arn.format(1).replace("Reader", "Writer"))
    user = CallerRecord(account_id="111122223333", arn="arn:aws:iam::111122223333:user/team/ann")
    assert len({first.principal, other.principal, user.principal}) == 3


def test_what_the_store_would_refuse_is_refused_before_its_calls(tmp_path: Path) -> None:
    """A newer snapshot was loaded since this one was begun."""
    begun = _take(estate.endpoint(), tmp_path)
    _reopen(begun)
    refuse_late(begun, tmp_path / "store.duckdb")
    newer = estate.endpoint(as_of=estate.AS_OF.replace(day=9))
    estate.loaded(tmp_path / "store.duckdb", _take(newer, tmp_path))
    with pytest.raises(StoreRefused, match="older than the store's latest"):
        refuse_late(begun, tmp_path / "store.duckdb")
