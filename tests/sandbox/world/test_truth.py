"""Promises of the world's own facts, above all that the exact curves are what the installs follow."""

from __future__ import annotations

from typing import get_args

import numpy as np
import numpy.typing as npt
import pytest

from patchlib.sandbox.world.calendars import DAY, NEVER, instant
from patchlib.sandbox.world.estate import Estate
from patchlib.sandbox.world.truth import Event, Pairs, Truth, _product_limit, _watched_columns

Table = npt.NDArray[np.float64]


@pytest.fixture(scope="module")
def truth(estate: Estate) -> Truth:
    return Truth(estate)


@pytest.fixture(scope="module")
def large() -> Truth:
    return Truth(Estate(21, 1500, 9, instant("2026-11-02T06:00:00Z")))


def empirical(truth: Truth, severity: str | None = None) -> tuple[Table, Table, Table]:
    """(entry, exit, lag or inf) in days of every watched pair, from the drawn installs."""
    entry, leave, lag = [], [], []
    for cohort, row, seen in truth._watched:
        until = seen.operation.ended_at
        columns = _watched_columns(cohort, row, until, severity)
        released = cohort.catalogue.released[columns]
        effective = cohort.effective[row, columns]
        entry.append((np.maximum(released, cohort.nodes[row].launched_at) - released) / DAY)
        leave.append((until - released) / DAY)
        happened = (effective < NEVER) & (effective <= until)
        lag.append(np.where(happened, (effective - released) / DAY, np.inf))
    return np.concatenate(entry), np.concatenate(leave), np.concatenate(lag)


def kaplan_meier(entry: Table, leave: Table, lag: Table, days: Table) -> Table:
    """The Kaplan-Meier curve with delayed entry, as plainly as it can be written."""
    end = np.minimum(leave, lag)
    times, deaths = np.unique(lag[lag <= leave], return_counts=True)
    at_risk = np.searchsorted(np.sort(entry), times, "left") - np.searchsorted(np.sort(end), times, "left")
    curve = np.concatenate([[1.0], np.cumprod(1.0 - deaths / at_risk)])
    return curve[np.searchsorted(times, days + 1e-9, side="right")]


@pytest.mark.parametrize("severity", [None, "Critical", "Important", "Moderate"])
def test_installs_follow_the_exact_curve(large: Truth, severity: str | None) -> None:
    """The empirical curve of 1,500 nodes stays within a band of the exact one.

    The band is Dvoretzky-Kiefer-Wolfowitz at alpha 1e-3 for as many independent lags as the stratum has pairs.
    """
    days = np.arange(0.0, 366.0)
    exact = large.survival({} if severity is None else {"severity": severity}, days)["survival"].to_numpy()
    entry, leave, lag = empirical(large, severity)
    seen = kaplan_meier(entry, leave, lag, days)
    band = np.sqrt(np.log(2 / 1e-3) / (2 * len(entry)))
    assert np.abs(seen - exact).max() < band


def test_expected_closed_pairs(truth: Truth) -> None:
    """The number of closed pairs lies within five standard deviations of the sum of the chances."""
    pairs = truth.pairs()
    entry, leave, lag = empirical(truth)
    assert len(pairs.entry) == len(entry)
    expected = pairs.chance.sum()
    chances = np.bincount(pairs.pair, weights=pairs.chance, minlength=len(entry))
    spread = np.sqrt((chances * (1 - chances)).sum() * 3)
    assert abs((lag <= leave).sum() - expected) < 5 * spread


def test_without_entry_and_censoring_it_is_the_mean() -> None:
    """Two pairs watched for ever: the curve is the mean of their own curves."""
    pairs = Pairs(
        entry=np.zeros(2),
        exit=np.full(2, 1000.0),
        lag=np.array([10.0, 20.0, 10.0]),
        chance=np.array([0.5, 0.3, 0.2]),
        pair=np.array([0, 0, 1]),
    )
    at = np.array([0.0, 9.99, 10.0, 20.0, 999.0])
    assert _product_limit(pairs, at) == pytest.approx([1.0, 1.0, 0.65, 0.5, 0.5])


def test_delayed_entry_is_respected() -> None:
    """A pair that enters at day 15 is not at risk on day 10."""
    pairs = Pairs(
        entry=np.array([0.0, 15.0]),
        exit=np.array([100.0, 100.0]),
        lag=np.array([10.0, 20.0]),
        chance=np.array([0.5, 0.5]),
        pair=np.array([0, 1]),
    )
    # Day 10: half of one pair. Day 20: half of the second, of 0.5 + 1 still open.
    assert _product_limit(pairs, np.array([10.0, 20.0])) == pytest.approx([0.5, 0.5 * (1 - 0.5 / 1.5)])


def test_curve_is_a_survival_curve(truth: Truth) -> None:
    """It begins at one, never rises and stays above nought."""
    curve = truth.survival({"environment": "production"})["survival"].to_numpy()
    assert curve[0] == 1.0
    assert (np.diff(curve) <= 1e-12).all()
    assert (curve >= 0).all()


def test_development_is_quicker_in_place(truth: Truth) -> None:
    """With shorter approval and more haste development has less open at two weeks than production."""
    at = np.array([14.0])
    open_share = {
        name: float(truth.survival({"environment": name}, at)["survival"].iloc[0])
        for name in ("production", "development")
    }
    assert open_share["development"] < open_share["production"]


def test_what_is_watched_is_what_is_listed(truth: Truth) -> None:
    """Which patches a node lists does not depend on their fate: listed, not from the image, not rejected = watched."""
    for cohort, row, seen in truth._watched:
        patches = cohort.catalogue.patches
        watched = {patches[column].title for column in _watched_columns(cohort, row, seen.operation.ended_at, None)}
        of_image = {patches[column].title for column in np.flatnonzero(cohort.in_image[row])}
        known = {patch.title for patch in patches}
        states = {r.title: r.state for r in seen.rows if r.title in known - of_image}
        assert watched == {title for title, s in states.items() if s not in ("NotApplicable", "InstalledRejected")}


def test_install_clock_is_earlier(truth: Truth) -> None:
    """Where restarts wait, less is open by the install's clock than by the restart's."""
    at = np.array([45.0])
    curve = {
        event: float(truth.survival({"environment": "shared"}, at, event)["survival"].iloc[0])
        for event in get_args(Event)
    }
    assert curve["installed"] < curve["effective"]


def test_unknown_stratum_is_refused(truth: Truth) -> None:
    """A stratum that the world does not have is a ValueError."""
    with pytest.raises(ValueError, match="colour"):
        truth.survival({"colour": "red"})


def test_coverage_counts_every_known_node_once(truth: Truth) -> None:
    """Each known node is in one state; all nine but 'excluded' occur."""
    counts = truth.coverage()
    assert counts.total() == len(truth.known_nodes)
    assert set(counts) == {
        "not readable",
        "unsupported OS",
        "stopped",
        "unmanaged",
        "short-lived",
        "never scanned",
        "stale",
        "fresh",
    }


def test_exclusion_comes_before_all_but_unreadable(truth: Truth) -> None:
    """An excluded node counts as excluded, whatever else it is."""
    appliance = next(node for node in truth.known_nodes if node.tags.get("Appliance"))
    assert truth.coverage_state(appliance) == "unmanaged"
    assert truth.coverage_state(appliance, {appliance.node_id}) == "excluded"


def test_nodes_of_a_closed_account_are_not_known(truth: Truth) -> None:
    """What lives in an account without the reader's role is in the world but not known."""
    known = {node.account_id for node in truth.known_nodes}
    assert not known & set(truth.unreadable_accounts)
    assert {node.account_id for node in truth.nodes} & set(truth.unreadable_accounts)
    assert sum(not can_read for can_read in truth.cells().values()) == 3


def test_patch_counts_are_of_readable_nodes(truth: Truth, estate: Estate) -> None:
    """Counts exist for scanned nodes of readable cells and equal the observations."""
    for node_id, counts in truth.patch_counts().items():
        assert counts == estate.observations[node_id].counts
        assert truth.observation(node_id) is estate.observations[node_id]


def test_compliance_is_by_rows(truth: Truth) -> None:
    """A compliant node is fresh and has no open row; an ended product is past end of support, not compliant."""
    status = truth.compliance(ended_products={"AmazonLinux2"})
    assert set(status.values()) == {"compliant", "non-compliant", "past end of support", "unknown"}
    for node in truth.known_nodes:
        if status[node.node_id] == "compliant":
            assert truth.coverage_state(node) == "fresh"
            assert node.platform.product != "AmazonLinux2"
