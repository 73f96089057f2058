"""Counting by service tells the truth of fleets whose instances do not last; counting by instance id does not."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest

from patchlib.metrics import service
from tests.metrics.service_data import LIFE, WINDOW, ask, patched_in_place, replaced
from tests.metrics.survival_data import TRIAL
from tests.metrics.survival_data import ask as ask_lag

# U(0, W) lag cut by an exponential life of mean m: m (1 - (m / W) (1 - exp(-W / m))) = 6.8326 d.
ARTEFACT = LIFE * (1 - LIFE / WINDOW * (1 - math.exp(-WINDOW / LIFE)))


@pytest.fixture(scope="module")
def followed() -> dict[str, pd.DataFrame]:
    """Two thousand services of one instance, seen every hour until all have the fix."""
    return ask(*replaced(2000), interval=1 / 24, as_of=40)


def test_the_termination_artefact_is_its_closed_form(followed: dict[str, pd.DataFrame]) -> None:
    """The instances of the release day live 6.83 days by their own id, where their services stay open 15.0."""
    rows = followed["lag/service_exposure"]
    first = rows[rows["started_at"] == rows["released_at"]]
    days = (first["ended_at"] - first["started_at"]) / pd.Timedelta(days=1)
    assert abs(ARTEFACT - 6.8326) < 5e-5
    assert days.mean() == pytest.approx(ARTEFACT, rel=0.03)


def test_by_service_the_time_is_the_truth_and_by_instance_it_is_not(followed: dict[str, pd.DataFrame]) -> None:
    """Within 5 % of W / 2 by service; by instance id W / 2 over 1 + W / 2m instances each: 60 % too little."""
    items, truth = followed["lag/service_item"], WINDOW / 2
    assert set(items["outcome"]) == {"replaced"}
    assert items["open_days"].mean() == pytest.approx(truth, rel=0.01)
    [row] = service.comparison(items, followed["lag/service_cube"], tau_days=40).to_dict("records")
    assert row["service_mean_days"] == pytest.approx(truth, rel=0.05)
    assert row["instance_mean_days"] == pytest.approx(truth / (1 + truth / LIFE), rel=0.05)
    assert row["instance_mean_days"] < 0.5 * truth


def test_it_holds_while_many_are_open_and_snapshots_are_daily() -> None:
    """Releases all the time, a quarter of the services open on the day of the report, a snapshot a day."""
    told = ask(*replaced(2000, spread_days=60), interval=1, as_of=60)
    items, tau = told["lag/service_item"], 28
    truth = tau - tau**2 / (2 * WINDOW)  # the mean within tau of U(0, W)
    assert 0.15 < (items["outcome"] == "open").mean() < 0.4
    [row] = service.comparison(items, told["lag/service_cube"], tau_days=tau).to_dict("records")
    assert row["service_mean_days"] == pytest.approx(truth, rel=0.05)
    assert abs(row["instance_mean_days"] / truth - 1) > 0.3
    assert items.loc[items["is_event"], "open_days"].mean() < 0.95 * WINDOW / 2


@pytest.mark.parametrize("members", [1, 10])
def test_the_last_of_many_decides(members: int) -> None:
    """Of m members patched uniformly within W the last is done after W m / (m + 1): 27.27 d for ten."""
    told = ask(*patched_in_place(1000, members), interval=1, as_of=40)
    items = told["lag/service_item"]
    assert set(items["outcome"]) == {"patched"}
    assert items["open_days"].mean() == pytest.approx(WINDOW * members / (members + 1), rel=0.03)
    assert items["instance_mean_days"].mean() == pytest.approx(WINDOW / 2, rel=0.03)
    assert items["exposure_days"].mean() == pytest.approx(members * WINDOW / 2, rel=0.03)


def test_the_curve_is_that_of_the_lag_query() -> None:
    """On the same counts the estimate for services is query lag/survival's, to the last day."""
    theirs = ask_lag("lag/survival", TRIAL)
    cube = ask_lag("lag/cube", TRIAL).assign(service_kind="tags", item_kind="patch")
    keys = ["severity", "environment", "day"]
    ours = service.service_survival(cube).sort_values(keys, ignore_index=True)
    theirs = theirs.sort_values(keys, ignore_index=True)
    counts = [*keys, "at_risk_count", "event_count", "censored_count"]
    pd.testing.assert_frame_equal(ours[counts], theirs[counts], check_dtype=False)
    for name in ("survival_share", "survival_error"):
        np.testing.assert_allclose(ours[name].astype(float), theirs[name].astype(float), rtol=1e-9, atol=1e-12)


ITEMS = pd.DataFrame(
    [
        ("1", "tags", "shop", "patch", "KB1", "Critical", "prod", "open", False, 5.0, 9.0, 4, 2, 2, 3.0),
        ("1", "tags", "shop", "patch", "KB2", "Critical", "prod", "open", False, 7.0, 20.0, 4, 1, 1, 6.0),
        ("1", "tags", "blog", "patch", "KB1", "Critical", "prod", "replaced", True, 4.0, 8.0, 2, 0, 0, None),
        ("1", "tags", "blog", "cve", "CVE-1", "Critical", "prod", "open", False, 4.0, 8.0, 2, 0, 0, None),
        ("1", "node", "i-1", "patch", "KB1", "Critical", "prod", "open", False, 9.0, 9.0, 1, 0, 0, None),
    ],
    columns=[
        "account_id", "service_kind", "service_id", "item_kind", "item_id", "severity", "environment", "outcome",
        "is_event", "open_days", "exposure_days", "member_count", "left_member_count", "instance_count",
        "instance_mean_days",
    ],
).assign(region="eu")  # fmt: skip


def test_a_machine_of_its_own_is_no_service() -> None:
    """It has its lag already: counting it twice would hide the fleets that are replaced."""
    assert set(service.shared(ITEMS)["service_id"]) == {"shop", "blog"}
    assert service.shared(ITEMS, item_kind="cve")["item_id"].tolist() == ["CVE-1"]
    assert service.longest_open(ITEMS)["item_id"].tolist() == ["KB2", "KB1"]


def test_the_sentence_names_what_only_looks_closed() -> None:
    """Vulnerable services, their patch days, and members that left while open."""
    assert service.service_sentence(ITEMS) == (
        "1 of 2 services have a vulnerable member now, with 29 patch days so far (each open patch on each node, for "
        "each day). 3 pairs of member and patch ended with the member, not with the patch: by instance id they count "
        "as closed."
    )
    assert "No vulnerable member has left" in service.service_sentence(ITEMS.assign(left_member_count=0))
    assert "No service that outlives its members" in service.service_sentence(ITEMS.head(0))
    card = service.open_headline(ITEMS)
    assert (card["value"], card["denominator"]) == (1, "of 2 that were ever at risk")


def test_nothing_at_risk_is_an_empty_comparison() -> None:
    """An estate where every node is its own service has rows of nothing, not an error."""
    cube = pd.DataFrame(
        columns=[*ITEMS.columns[[1, 3, 5, 6]], "day", "entry_count", "exit_count", "event_count", "instance_count"],
    )
    assert service.comparison(ITEMS.head(0), cube, tau_days=90).empty
