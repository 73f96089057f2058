"""The sandbox's facts of vulnerabilities: real rows mirrored, marked as its own, and not told of everything."""

from __future__ import annotations

import csv
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import pandas as pd
import pytest

from patchlib import paths, queries
from patchlib.feeds.update import update
from patchlib.metrics.cvss import reread
from patchlib.metrics.risk import score_gaps
from patchlib.sandbox.threats import write_threats
from patchlib.store import connect

AS_OF = datetime(2026, 11, 2, 6, tzinfo=UTC)
# Numbers from here on are invented: patchlib.sandbox.world.catalogue.
INVENTED = "cast(split_part(cve_id, '-', 3) as bigint) >= 9900001"


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> duckdb.DuckDBPyConnection:
    """A store with nothing but these facts."""
    folder = tmp_path_factory.mktemp("threats")
    write_threats(folder / "feeds", AS_OF)
    outcomes = update([], str(folder / "feeds"), folder / "store.duckdb", AS_OF.replace(tzinfo=None))
    assert {each.feed for each in outcomes if each.state == "updated"} == {"kev", "epss", "epss_history", "cvss"}
    return connect(folder / "store.duckdb")


def _rows(store: duckdb.DuckDBPyConnection, name: str) -> pd.DataFrame:
    return queries.run(store, name, as_of=AS_OF.replace(tzinfo=None))


def _facts() -> list[dict[str, str]]:
    with (paths.reference_folder() / "threat_fact.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_an_invented_number_has_a_real_row(store: duckdb.DuckDBPyConnection) -> None:
    """Vector, score and SSVC of each stand together in one row of the dated slice, and the vectors can be read."""
    names = ["cvss_version", "cvss_vector", "ssvc_exploitation", "ssvc_automatable", "ssvc_technical_impact"]
    real = {tuple(row[name] for name in names) for row in _facts()}
    found = store.execute(f"select {', '.join(names)} from core.cve_assessment where {INVENTED}").fetchall()
    assert set(found) <= real
    assert len(set(found)) > 50
    assert reread(_rows(store, "risk/vulnerability"))["cvss_remark"].isna().all()


def test_a_real_number_has_only_what_is_really_known_of_it(store: duckdb.DuckDBPyConnection) -> None:
    """Each value is that of the slice for that very number; scores are of their real day; others are not spoken of."""
    real = {row["cve_id"]: row for row in _facts()}
    assessed = store.execute(f"select cve_id, cvss_vector from core.cve_assessment where not {INVENTED}").fetchall()
    assert {(cve, vector or "") for cve, vector in assessed} <= {(cve, row["cvss_vector"]) for cve, row in real.items()}
    listed = dict(store.execute(f"select cve_id, added_date from core.kev where not {INVENTED}").fetchall())
    assert listed
    assert {cve: str(day) for cve, day in listed.items()} == {cve: real[cve]["kev_added_date"] for cve in listed}
    scored = store.execute(f"select cve_id, epss_share, score_date from core.epss_history where not {INVENTED}")
    found = {(cve, share, str(day)) for cve, share, day in scored.fetchall()}
    assert found
    assert found <= {(cve, float(row["epss_share"] or -1), row["score_date"]) for cve, row in real.items()}
    assert store.execute(f"select count(*) from core.epss where not {INVENTED}").fetchall() == [(0,)]


def test_entries_of_the_catalogue_are_the_sandbox_s(store: duckdb.DuckDBPyConnection) -> None:
    """Nobody takes an invented entry for CISA's; what will be added later is not in it yet."""
    rows = store.execute(f"select title, vendor, added_date, due_date from core.kev where {INVENTED}").fetchall()
    assert len(rows) > 5
    for title, vendor, added, due in rows:
        assert "(sandbox organisation)" in title
        assert vendor == "Sandbox organisation"
        assert added <= AS_OF.date()
        assert added < due


def test_scores_are_mostly_small_and_percentiles_follow_them(store: duckdb.DuckDBPyConnection) -> None:
    """Most are below 0.01; within a day a higher score never has a lower percentile; history has a change of model."""
    [(below, count)] = store.execute(
        "select count(*) filter (where epss_share < 0.01), count(*) from core.epss"
    ).fetchall()
    assert 0.7 < below / count < 0.95
    days = store.execute(
        "select score_date, epss_share, percentile_share from core.epss_history where percentile_share is not null "
        f"and {INVENTED} order by score_date, epss_share, percentile_share"
    ).df()
    for _, day in days.groupby("score_date"):
        assert (day["percentile_share"].diff().dropna() >= -0.0001).all()
    gaps = score_gaps(_rows(store, "risk/epss_day"))
    assert [(gap.first_date.isoformat(), gap.last_date.isoformat()) for gap in gaps if gap.kind == "model"] == [
        ("2026-06-08", "2026-06-15")
    ]
    assert _rows(store, "risk/epss_score")["change_share"].notna().sum() > 100


def test_a_part_stays_unknown(store: duckdb.DuckDBPyConnection) -> None:
    """Some have no score, some no assessment, some neither a vector: unknown has to be seen."""
    found = _rows(store, "risk/vulnerability")
    for column in ("epss_share", "cvss_vector", "ssvc_exploitation"):
        assert 0.02 < found[column].isna().mean() < 0.5, column


def test_the_same_instant_gives_the_same_bytes_and_an_earlier_one_knows_less(tmp_path: Path) -> None:
    """A second demo finds them unchanged; nothing is known before its patch."""
    for name, moment in (("a", AS_OF), ("b", AS_OF), ("c", datetime(2026, 8, 10, 6, tzinfo=UTC))):
        write_threats(tmp_path / name, moment)
    files = [path.relative_to(tmp_path / "a") for path in (tmp_path / "a").rglob("*") if path.is_file()]
    assert len(files) == 4
    for name in files:
        first, second, earlier = ((tmp_path / each / name).read_bytes() for each in "abc")
        assert first == second
        assert len(earlier) < len(first)
