"""Extraction: every cell ends in a ledger state, nothing read is lost, nothing unread is counted as clean."""

import signal
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from patchlib.errors import AccessDenied, RunCutShort, SettingInvalid, SnapshotInvalid
from patchlib.extract import extract
from patchlib.sandbox.faults import AccessDenied as DeniedFault
from patchlib.sandbox.faults import (
    ClosedConnection,
    ExpiredToken,
    Faults,
    PageCap,
    RegionDisabled,
    ServerError,
)
from patchlib.settings import Settings
from patchlib.snapshot import open_snapshot
from patchlib.sources import SOURCES, Scope, wanted_in
from tests import estate


def test_every_account_region_and_source_ends_in_a_ledger_state(tmp_path: Path) -> None:
    """Readable, denying and suspended accounts all have a row for every source: no cell is silently absent."""
    manifest = open_snapshot(estate.taken_once())
    per_cell = len(wanted_in(Scope.CELL, estate.SETTINGS))
    assert estate.states(manifest, account_id=estate.DENYING)["role_missing"] >= 2 * per_cell
    assert set(estate.states(manifest, account_id=estate.SUSPENDED)) == {"suspended"}
    for account_id in (estate.MANAGEMENT, estate.MEMBER):
        for region in estate.REGIONS:
            read = {cell.source for cell in manifest.cells if (cell.account_id, cell.region) == (account_id, region)}
            assert {source.name for source in wanted_in(Scope.CELL, estate.SETTINGS)} <= read
    assert manifest.organization_id == "o-sandbox0001"
    assert manifest.taken_at == estate.AS_OF


def test_a_run_makes_no_call_twice(tmp_path: Path) -> None:
    """Requests sent = pages received: the fewest calls that the page sizes allow."""
    served = estate.endpoint()
    manifest = open_snapshot(estate.take(served, tmp_path))
    answered = [cell for cell in manifest.cells if cell.account_id != estate.DENYING]
    assert sum(cell.calls for cell in answered) == sum(cell.pages for cell in answered)
    assert served.requests.count("DescribeInstancePatches") == 8 * 2
    assert served.requests.count("DescribeInstancePatchStates") == 4
    assert served.requests.count("DescribeAvailablePatches") == 2 * 2


@pytest.mark.parametrize("listings", [9, 55, *(pytest.param(n, marks=pytest.mark.slow) for n in (0, 3, 30))])
def test_a_killed_run_resumes_without_asking_again(tmp_path: Path, listings: int) -> None:
    """Stop after so many listings, resume: the contents equal an unbroken run's, finished cells are not re-read."""
    whole = estate.contents(estate.taken_once())
    served = estate.endpoint()
    snapshot_id = estate.take_until(served, tmp_path / "cut", listings)
    journalled = served.requests.count("DescribeInstancePatches")
    folder = estate.take(served, tmp_path / "cut", resume=snapshot_id)
    assert estate.contents(folder) == whole
    assert open_snapshot(folder).finished
    assert served.requests.count("DescribeInstancePatches") - journalled <= 8 * 2 - journalled // 2


def test_an_interrupt_ends_the_run_at_the_next_call(tmp_path: Path) -> None:
    """Ctrl-C stops within a call per thread, and says how to go on."""
    served = estate.endpoint()
    told = estate.Told(stop_after=12)
    with pytest.raises(RunCutShort, match=r"interrupted.*--resume 20261102T060000Z"):
        extract(estate.SETTINGS, tmp_path, reader=estate.reader(served), progress=told, clock=lambda: 0.0)
    whole = estate.endpoint()
    estate.take(whole, tmp_path / "whole")
    assert served.requests.total < whole.requests.total / 2


def test_an_operation_denied_in_one_account_hides_nothing_else(tmp_path: Path) -> None:
    """One denied operation is `denied` there, what needs it is `skipped`, and all other pages equal a clean run's."""
    clean = estate.contents(estate.taken_once())
    fault = DeniedFault(account_id=estate.MEMBER, service="ssm", operation="DescribeInstancePatchStates")
    folder = estate.take(estate.endpoint(Faults(fault=(fault,))), tmp_path / "fault")
    found = open_snapshot(folder)
    states = {(c.account_id, c.source): (c.state, c.error_code) for c in found.cells}
    assert states[estate.MEMBER, "ssm_patch_state"] == ("denied", "AccessDeniedException")
    assert states[estate.MEMBER, "ssm_patch"] == ("skipped", None)
    hidden = {"ssm_patch_state", "ssm_patch", "ssm_patch_baseline_detail", "ssm_effective_patch"}
    expected = [row for row in clean if not (row[0] == estate.MEMBER and row[2] in hidden)]
    assert estate.contents(folder) == expected


def test_a_role_that_expires_early_is_assumed_again(tmp_path: Path) -> None:
    """Credentials that stop working after some calls are renewed, and nothing is lost."""
    clean = estate.contents(estate.taken_once())
    fault = ExpiredToken(account_id=estate.MEMBER, service="ssm", after=4)
    served = estate.endpoint(Faults(fault=(fault,)))
    alone = estate.SETTINGS.model_copy(update={"threads": 1})  # so that no neighbour uses up the new ones
    assert estate.contents(estate.take(served, tmp_path / "fault", settings=alone)) == clean
    assert served.requests.count("AssumeRole") > 2


_HARMLESS = st.lists(
    st.one_of(
        st.builds(PageCap, items=st.integers(7, 30), empty_first=st.booleans()),
        st.builds(ServerError, operation=st.just("*"), times=st.integers(1, 2), probability=st.floats(0.1, 1)),
    ),
    max_size=2,  # a call is tried five times, so four passing errors heal
)


@given(_HARMLESS)
@hypothesis_settings(max_examples=6, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_faults_that_retries_heal_change_nothing(tmp_path_factory: pytest.TempPathFactory, faults: list) -> None:  # type: ignore[type-arg]
    """Short pages, empty pages with a token and passing 5xx leave the same rows and the same states."""
    served = estate.endpoint(Faults(fault=tuple(faults)))
    manifest = open_snapshot(estate.take(served, tmp_path_factory.mktemp("run")))
    clean = open_snapshot(estate.taken_once())
    facts = [(c.account_id, c.region, c.source, c.state, c.items) for c in manifest.cells]
    assert facts == [(c.account_id, c.region, c.source, c.state, c.items) for c in clean.cells]


def test_nothing_readable_is_an_error_and_not_an_empty_fleet(tmp_path: Path) -> None:
    """When every operation is denied the run ends with an error instead of a snapshot of nothing."""
    denied = Faults(fault=tuple(DeniedFault(service=service) for service in ("ec2", "ssm", "organizations")))
    settings = Settings(accounts=(estate.MEMBER,), home_region="eu-central-1", role="Reader")
    refused = Faults(fault=(*denied.fault, DeniedFault(service="sts", operation="AssumeRole")))
    with pytest.raises(RunCutShort, match="nothing could be read"):
        estate.take(estate.endpoint(refused), tmp_path, settings=settings)


def test_a_caller_who_may_not_even_identify_is_told(tmp_path: Path) -> None:
    """When STS itself refuses, one line says so."""
    refused = Faults(fault=(DeniedFault(service="sts", operation="GetCallerIdentity"),))
    with pytest.raises(AccessDenied, match="not authorized"):
        estate.take(estate.endpoint(refused), tmp_path)


def test_an_organisation_that_may_not_be_listed_is_a_setting_at_fault(tmp_path: Path) -> None:
    """accounts = "organization" without the right to list is refused with what to do instead."""
    denied = Faults(fault=(DeniedFault(service="organizations"),))
    with pytest.raises(SettingInvalid, match="list the account ids"):
        estate.take(estate.endpoint(denied), tmp_path)


def test_only_the_callers_account_without_settings(tmp_path: Path) -> None:
    """Without settings the caller's account is read, in its enabled Regions, and no role is assumed."""
    served = estate.endpoint()
    manifest = open_snapshot(estate.take(served, tmp_path, settings=Settings(home_region="eu-central-1")))
    assert {cell.account_id for cell in manifest.cells} == {estate.MANAGEMENT}
    assert {cell.region for cell in manifest.cells} == set(estate.REGIONS)
    assert served.requests.count("AssumeRole") == 0


def test_cells_that_are_not_tried_are_in_the_ledger(tmp_path: Path) -> None:
    """Denied, suspended and without a list of Regions: in no Region does the last good reading stay the latest one."""
    alone = DeniedFault(account_id=estate.MEMBER, service="ec2", operation="DescribeRegions")
    manifest = open_snapshot(estate.take(estate.endpoint(Faults(fault=(alone,))), tmp_path))
    states = {estate.DENYING: "role_missing", estate.SUSPENDED: "suspended", estate.MEMBER: "skipped"}
    for account_id, state in states.items():
        found = estate.states(manifest, account_id=account_id, region="us-east-1")
        assert found == {state: len(wanted_in(Scope.CELL, estate.SETTINGS))}, account_id
    assert estate.states(manifest, account_id=estate.MEMBER, region="eu-central-1")["ok"] > 8


def test_accounts_that_all_deny_are_blind_in_the_regions_named(tmp_path: Path) -> None:
    """Also when no account could be opened, each Region of the settings has its rows."""
    settings = estate.SETTINGS.model_copy(update={"accounts": (estate.DENYING,), "regions": estate.REGIONS})
    manifest = open_snapshot(estate.take(estate.endpoint(), tmp_path, settings=settings))
    for region in estate.REGIONS:
        found = estate.states(manifest, account_id=estate.DENYING, region=region)
        assert found["role_missing"] >= len(wanted_in(Scope.CELL, estate.SETTINGS))


def test_a_region_that_is_not_there_is_a_state(tmp_path: Path) -> None:
    """A Region that does not exist or is not enabled is visible in the ledger, beside the good ones."""
    served = estate.endpoint(Faults(fault=(RegionDisabled(account_id=estate.MEMBER, region="us-east-1"),)))
    manifest = open_snapshot(estate.take(served, tmp_path))
    off = {c.state for c in manifest.cells if c.region == "us-east-1" and c.account_id == estate.MEMBER}
    assert off == {"disabled", "skipped"}
    assert estate.states(manifest, region="eu-central-1", account_id=estate.MEMBER)["ok"] > 8


def test_resuming_somebody_elses_snapshot_is_refused(tmp_path: Path) -> None:
    """A snapshot begun by another caller is not mixed with this one's pages."""
    served = estate.endpoint()
    snapshot_id = estate.take_until(served, tmp_path, 5)
    manifest = tmp_path / snapshot_id / "manifest.json"
    manifest.write_text(manifest.read_text().replace(f'"account_id": "{estate.MANAGEMENT}"', '"account_id": "9"'))
    with pytest.raises(SnapshotInvalid, match="same credentials"):
        estate.take(served, tmp_path, resume=snapshot_id)


def test_resuming_with_a_narrower_scope_is_refused(tmp_path: Path) -> None:
    """Cells that were read must not drop out of the snapshot because the settings file was forgotten."""
    served = estate.endpoint()
    snapshot_id = estate.take_until(served, tmp_path, 60)
    with pytest.raises(SnapshotInvalid, match="with other accounts: organization"):
        estate.take(served, tmp_path, settings=Settings(home_region="eu-central-1"), resume=snapshot_id)
    faster = estate.SETTINGS.model_copy(update={"threads": 1})
    assert open_snapshot(estate.take(served, tmp_path, settings=faster, resume=snapshot_id)).finished


@pytest.mark.parametrize("accounts", ["organization", (estate.MANAGEMENT, estate.MEMBER)])
def test_other_accounts_are_not_read_with_the_callers_own_credentials(tmp_path: Path, accounts: object) -> None:
    """Without a role every account would show the caller's nodes: refused before any of them is asked."""
    served = estate.endpoint()
    settings = Settings.model_validate({"accounts": accounts, "home_region": "eu-central-1"})
    with pytest.raises(SettingInvalid, match="no role"):
        estate.take(served, tmp_path, settings=settings)
    assert served.requests.count("DescribeInstances") == 0


def test_the_catalogue_is_read_whole(tmp_path: Path) -> None:
    """Every source of the catalogue was asked in a run over the small organisation."""
    manifest = open_snapshot(estate.taken_once())
    asked = {source.name for source in SOURCES if not source.setting or getattr(estate.SETTINGS, source.setting)}
    assert {cell.source for cell in manifest.cells} == asked


_KILLED = """
import os, signal, sys
from pathlib import Path
from patchlib.extract import extract
from tests import estate

class Killer(estate.Told):
    def done(self, record):
        super().done(record)
        if len(self.records) > int(sys.argv[2]):
            os.kill(os.getpid(), signal.SIGKILL)

extract(estate.SETTINGS, Path(sys.argv[1]), reader=estate.reader(estate.endpoint()), progress=Killer())
"""


@pytest.mark.parametrize(
    "listings", [7, *(pytest.param(count, marks=pytest.mark.slow) for count in (0, 1, 2, 5, 12, 20, 31, 40, 55, 70))]
)
def test_kill_9_loses_nothing_that_was_written(tmp_path: Path, listings: int) -> None:
    """A process killed without warning leaves whole pages; resumed, the snapshot equals an unbroken run's."""
    command = [sys.executable, "-c", _KILLED, str(tmp_path / "cut"), str(listings)]
    ended = subprocess.run(command, cwd=Path(__file__).parent.parent, check=False, capture_output=True)
    assert ended.returncode == -signal.SIGKILL, ended.stderr
    (cut,) = (tmp_path / "cut").iterdir()
    assert not open_snapshot(cut).finished
    before = {str(page) for page in estate.pages(cut)}
    folder = estate.take(estate.endpoint(), tmp_path / "cut", resume=cut.name)
    assert before <= {str(page) for page in estate.pages(folder)}
    assert estate.contents(folder) == estate.contents(estate.taken_once())


def test_credentials_that_end_midway_cut_the_run_short_and_resume(tmp_path: Path) -> None:
    """The caller's own session ends: no blind spots are invented, and after a new sign-in nothing is lost."""
    whole = estate.contents(estate.taken_once())
    expiring = ExpiredToken(account_id=estate.MANAGEMENT, service="ssm", after=9)
    with pytest.raises(RunCutShort, match=r"expired.*aws sso login.*--resume"):
        estate.take(estate.endpoint(Faults(fault=(expiring,))), tmp_path / "cut")
    (cut,) = (tmp_path / "cut").iterdir()
    states = {str(line) for line in (cut / "journal.jsonl").read_text().splitlines() if '"state":"error"' in line}
    assert states == set()
    assert estate.contents(estate.take(estate.endpoint(), tmp_path / "cut", resume=cut.name)) == whole


def test_accounts_are_chosen_by_unit(tmp_path: Path) -> None:
    """organizational_units is tested in tests/test_accounts.py; here: an account left out is not asked at all."""
    served = estate.endpoint()
    settings = estate.SETTINGS.model_copy(update={"except_accounts": (estate.MEMBER,)})
    manifest = open_snapshot(estate.take(served, tmp_path, settings=settings))
    assert estate.MEMBER not in {cell.account_id for cell in manifest.cells}


def test_a_run_with_a_denied_listing_resumes_where_it_was_cut(tmp_path: Path) -> None:
    """What was skipped for a prerequisite is skipped again, not asked without it."""
    fault = DeniedFault(account_id=estate.MEMBER, service="ssm", operation="DescribeInstanceInformation")
    whole = estate.contents(estate.take(estate.endpoint(Faults(fault=(fault,))), tmp_path / "whole"))
    served = estate.endpoint(Faults(fault=(fault,)))
    snapshot_id = estate.take_until(served, tmp_path / "cut", 120)
    assert estate.contents(estate.take(served, tmp_path / "cut", resume=snapshot_id)) == whole


def test_a_role_service_that_hangs_up_ends_as_an_error(tmp_path: Path) -> None:
    """Connections that STS closes again and again end the account's listings, not the run's patience."""
    fault = ClosedConnection(service="sts", operation="AssumeRole", times=10_000)
    served = estate.endpoint(Faults(fault=(fault,)))
    manifest = open_snapshot(estate.take(served, tmp_path))
    assert set(estate.states(manifest, account_id=estate.MEMBER)) == {"error"}
    assert served.requests.count("AssumeRole") < 200
