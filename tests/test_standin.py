"""Frames stand in for queries: the curve of a part is computed as that of the whole is."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest

from patchlib import queries
from patchlib.errors import ParameterInvalid, QueryNotFound
from patchlib.notebook import Session
from patchlib.standin import standing_in
from tests.notebooks.hand_store import AS_OF, build


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small store with episodes of several severities and environments."""
    return build(tmp_path_factory.mktemp("standin") / "hand.duckdb")


@pytest.fixture
def session(store: Path) -> Iterator[Session]:
    """A session on it."""
    opened = Session(store, "", {})
    yield opened
    opened.close()


def _plain(session: Session, name: str) -> pd.DataFrame:
    """The answer without anything kept."""
    wanted = {param.name for param in queries.load(name).params}
    return queries.run(session._connection, name, **({"as_of": AS_OF} if "as_of" in wanted else {}))


@pytest.mark.parametrize("name", ["lag/survival", "lag/quantiles", "lag/cube"])
def test_what_is_kept_changes_no_answer(session: Session, name: str) -> None:
    """Asked over the kept cube, twice, a query says what it says of the store itself."""
    for _ in range(2):
        pd.testing.assert_frame_equal(session.query(name), _plain(session, name))


def test_the_curve_of_a_part_is_the_part_of_the_curve(session: Session) -> None:
    """One environment of the cube gives exactly its rows of all curves."""
    cube, whole = session.query("lag/cube"), session.query("lag/survival")
    assert cube["environment"].nunique() > 1
    for name in cube["environment"].unique():
        part = session.query("lag/survival", given={"lag/cube": cube[cube["environment"] == name]})
        pd.testing.assert_frame_equal(part, whole[whole["environment"] == name].reset_index(drop=True))


def test_summing_over_a_column_is_the_curve_of_all_together(session: Session) -> None:
    """Counts add: with environments taken as one, as many become effective, and fewer strata are left."""
    cube = session.query("lag/cube")
    keys = [name for name in cube.columns if not name.endswith("_count") and name != "environment"]
    merged = cube.groupby(keys, as_index=False)[[name for name in cube.columns if name.endswith("_count")]].sum()
    together = session.query("lag/survival", given={"lag/cube": merged.assign(environment="all")})
    assert set(together["environment"]) == {"all"}
    assert together["event_count"].sum() == cube["event_count"].sum()


def test_another_instant_is_asked_of_the_store(session: Session) -> None:
    """What is kept speaks of the session's instant, and of no other."""
    session.query("lag/survival")
    before = session.query("lag/survival", as_of="2020-01-01")
    assert before.empty


def test_nothing_is_left_behind(session: Session) -> None:
    """After the block, also one that fails, the query is asked of the store again."""
    cube = session.query("lag/cube").head(0)
    with pytest.raises(ZeroDivisionError), standing_in(session._connection, {"lag/cube": cube}):
        raise ZeroDivisionError
    assert len(_plain(session, "lag/survival")) > 0


def test_a_frame_that_is_no_such_query_is_refused(session: Session) -> None:
    """A missing column is named; so is a query that is not there."""
    with pytest.raises(ParameterInvalid, match="no column event_count"):
        session.query("lag/survival", given={"lag/cube": session.query("lag/cube").drop(columns="event_count")})
    with pytest.raises(QueryNotFound, match="lag/cube"):
        session.query("lag/survival", given={"lag/cub": pd.DataFrame()})
