"""Promises of a notebook's session."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest

from patchlib import notebook
from patchlib.display import mime
from patchlib.errors import ParameterInvalid, ParameterUnknown, SettingInvalid, StoreMissing
from patchlib.notebook import Session, begin, instant, store_path
from patchlib.store import connect
from patchlib.tables import ATTR_MEANINGS
from tests.estate import empty_store

ACCOUNT, BLIND = "111122223333", "444455556666"
ROWS = f"""
    insert into core.snapshot (snapshot_id, taken_at, endpoint, is_aws, organization_id, caller_account_id, is_finished)
    values ('s1', '2026-10-26 06:00', 'http://127.0.0.1:1', false, 'o-1', '{ACCOUNT}', true),
        ('s2', '2026-11-02 06:00', 'http://127.0.0.1:1', false, 'o-1', '{ACCOUNT}', true);
    insert into core.account (account_id, account_name, account_status, valid_from, valid_to, observation_id)
    values ('{ACCOUNT}', 'main', 'ACTIVE', '2026-10-26', '9999-12-31', 1),
        ('{BLIND}', 'legacy', 'SUSPENDED', '2026-10-26', '9999-12-31', 1);
    insert into core.coverage (snapshot_id, taken_at, account_id, region, service, operation, source, state, error_code)
    values
        ('s2', '2026-11-02 06:00', '{ACCOUNT}', 'eu-central-1', 'ec2', 'DescribeInstances', 'ec2_instance', 'ok', null),
        ('s2', '2026-11-02 06:00', '{ACCOUNT}', 'eu-central-1', 'ssm', 'DescribePatchGroups', 'ssm_patch_group',
         'denied', 'AccessDenied'),
        ('s2', '2026-11-02 06:00', '{BLIND}', 'eu-central-1', 'ec2', 'DescribeInstances', 'ec2_instance',
         'suspended', null);
"""


def _store(path: Path, *statements: str) -> Path:
    with connect(empty_store(path), read_only=False) as connection:
        for statement in statements:
            connection.execute(statement)
    return path


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return _store(tmp_path_factory.mktemp("store") / "estate.duckdb", ROWS)


@pytest.fixture
def session(store: Path) -> Iterator[Session]:
    opened = begin(store)
    yield opened
    opened.close()


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working folder without a store, and no store named in the environment."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("PATCHLIB_STORE", raising=False)
    (tmp_path / "data" / "local").mkdir(parents=True)
    return tmp_path / "data" / "local"


@pytest.mark.parametrize(
    ("words", "moment"),
    [
        ("2026-11-02", "2026-11-02T00:00:00"),
        ("2026-11-02T06:00:00Z", "2026-11-02T06:00:00"),
        ("2026-11-02T08:00:00+02:00", "2026-11-02T06:00:00"),
    ],
)
def test_an_instant_is_naive_utc(words: str, moment: str) -> None:
    """Days, `Z` and offsets all become one kind of instant."""
    assert instant(words) == datetime.fromisoformat(moment)


def test_what_is_no_instant_is_refused() -> None:
    """The message shows how to write one."""
    with pytest.raises(ParameterInvalid, match=r"not an instant: 'monday'.*2026-11-02T06:00:00Z"):
        instant("monday")


def test_the_store_named_comes_first(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Argument, then PATCHLIB_STORE, then the real store."""
    (folder / "patchlib.duckdb").touch()
    assert store_path("", may_fall_back=False) == Path("data/local/patchlib.duckdb")
    monkeypatch.setenv("PATCHLIB_STORE", "other.duckdb")
    assert store_path("", may_fall_back=False) == Path("other.duckdb")
    assert store_path("named.duckdb", may_fall_back=False) == Path("named.duckdb")


def test_only_who_may_falls_back_to_the_sandbox(folder: Path) -> None:
    """A notebook opened by hand takes the demo's store; a report says there is none."""
    (folder / "demo.duckdb").touch()
    assert store_path("", may_fall_back=True) == Path("data/local/demo.duckdb")
    with pytest.raises(SettingInvalid, match="no store to read"):
        store_path("", may_fall_back=False)


def test_a_notebook_in_its_own_folder_finds_the_store(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """JupyterLab runs a notebook where it lies, beside data/."""
    (folder / "demo.duckdb").touch()
    (folder.parents[1] / "notebooks").mkdir()
    monkeypatch.chdir(folder.parents[1] / "notebooks")
    assert store_path("", may_fall_back=True) == Path("../data/local/demo.duckdb")


def test_a_missing_store_is_said(tmp_path: Path) -> None:
    """A store that was named must be there."""
    with pytest.raises(StoreMissing):
        begin(tmp_path / "none.duckdb")


def test_the_default_instant_is_the_latest_snapshots(session: Session) -> None:
    """Without as_of a notebook speaks of the last time anything was read."""
    assert session.as_of == datetime.fromisoformat("2026-11-02T06:00:00")


def test_a_query_gets_the_sessions_instant_and_parameters(store: Path) -> None:
    """What a query declares and the session knows is filled in; what is given wins."""
    session = begin(store, stale_after_days=3)
    session.query("fleet/coverage")
    session.query("fleet/coverage", stale_after_days=30)
    assert [run["parameters"]["stale_after_days"] for run in session.queries_run] == ["3", "30"]


def test_a_frame_carries_what_its_columns_mean(session: Session) -> None:
    """Tables and charts show the header's own words."""
    frame = session.query("fleet/accounts")
    assert "Regions" in frame.attrs[ATTR_MEANINGS]["region_count"]


def test_an_undeclared_parameter_of_a_query_is_refused(session: Session) -> None:
    """A misspelt one never falls back to the default."""
    with pytest.raises(ParameterUnknown):
        session.query("fleet/coverage", stale_after=3)


def test_coverage_is_said_with_its_denominators(session: Session) -> None:
    """Accounts, and sources: a denied one does not count as read."""
    assert session.coverage.sentence == "1 of 2 accounts answered. 1 of 3 reads answered in full."
    assert session.coverage.blind_names == (f"legacy ({BLIND})",)


def test_sandbox_and_blind_accounts_have_a_banner(session: Session) -> None:
    """Before any number."""
    assert [banner["kind"] for banner in session.banners()] == ["sandbox", "blind"]
    assert BLIND in repr(session.header())


def test_old_data_has_a_banner(store: Path) -> None:
    """Older than what still counts as fresh."""
    later = begin(store, "2026-11-12")
    assert "Data age at the as-of instant: 9.8 days" in later.limits().content["items"][0]
    kinds = [banner["kind"] for banner in later.banners()]
    assert kinds == ["sandbox", "blind", "age"]


def test_before_the_first_snapshot_there_is_no_data(store: Path) -> None:
    """An instant nobody looked at is not an empty fleet."""
    session = begin(store, "2026-01-01")
    assert [banner["kind"] for banner in session.banners()] == ["empty"]
    assert session.coverage.sentence == "No snapshot: nothing has been read."


def test_an_empty_store_opens_and_says_so(tmp_path: Path) -> None:
    """Header, limits and provenance have a form for nothing at all."""
    session = begin(_store(tmp_path / "empty.duckdb"))
    assert [banner["kind"] for banner in session.banners()] == ["empty"]
    for shown in (session.header(), session.limits(), session.provenance()):
        assert shown._repr_mimebundle_()["text/plain"]


def test_a_run_cut_short_has_a_banner(tmp_path: Path) -> None:
    """What the last extraction did not reach is not known."""
    path = _store(
        tmp_path / "cut.duckdb", ROWS, "update core.snapshot set is_finished = false where snapshot_id = 's2'"
    )
    assert "unfinished" in [banner["kind"] for banner in begin(path).banners()]


def test_limits_list_what_could_not_be_read(session: Session) -> None:
    """Coverage and age first, then the notebook's own remarks, then the faults by account."""
    content = session.limits("Only EC2.").content
    age = "Data age at the as-of instant: 0 days, since the latest snapshot of 2026-11-02 06:00 UTC. "
    assert content["items"] == [age + session.coverage.sentence, "Only EC2."]
    assert [row[:3] for row in content["table"]["rows"]] == [
        [ACCOUNT, "denied", "AccessDenied"], [BLIND, "suspended", None],
    ]  # fmt: skip


def test_provenance_names_queries_and_snapshots_but_no_folder(session: Session, store: Path) -> None:
    """Enough to ask the same again; nothing about this machine."""
    session.query("fleet/coverage")
    content = session.provenance().content
    assert [run["query"] for run in content["queries"]] == ["fleet/coverage"]
    assert [row[0] for row in content["table"]["rows"]] == ["s1", "s2"]
    assert str(store.parent) not in str(content)


def test_begin_shows_the_header_in_a_notebook(store: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody can forget the banners: the first call shows them."""
    shown: list[str] = []
    monkeypatch.setattr(notebook, "_in_notebook", lambda: True)
    monkeypatch.setattr(notebook, "show", lambda thing: shown.append(thing.kind))
    begin(store)
    assert shown == ["session"]


def test_the_header_carries_the_look_of_jupyterlab(session: Session) -> None:
    """One style sheet for all that follows, and the content for the report's pages."""
    bundle = session.header()._repr_mimebundle_()
    assert "<style>" in bundle["text/html"]
    assert bundle[mime("session")]["sentence"] == session.coverage.sentence
