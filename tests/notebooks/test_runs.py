"""Notebooks run on a full, an empty and a single-account store, and their checks bite."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest

from tests.notebooks.hand_store import TEAM, build
from tests.notebooks.shell import Run, cells, run

STEMS = ("01_fleet", "02_compliance", "03_lag", "04_risk", "08_governance", "09_vulnerability")
# Drawn from the second observation; these stores hold one.
LATER = {
    "Compliant share by week and environment", "Share patched and share gone with the node",
    "Exposure by week and service",
}  # fmt: skip
# Drawn where a policy is named; by default none is.
NAMED = {"Open patches by deadline, now and after these actions"}


@pytest.fixture(scope="module")
def stores(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Stores by name: full, empty, and one account."""
    folder = tmp_path_factory.mktemp("stores")
    return {
        "full": build(folder / "full.duckdb"),
        "empty": build(folder / "empty.duckdb", with_data=False),
        "one account": build(folder / "one.duckdb", accounts=(TEAM,)),
    }


@pytest.fixture(scope="module")
def ran(stores: dict[str, Path]) -> Callable[[str, str], Run]:
    """A notebook's run on one of the stores; each is run once."""
    return cache(lambda stem, kind: run(stem, {"store": str(stores[kind])}))


@pytest.mark.parametrize("stem", STEMS)
@pytest.mark.parametrize("kind", ["full", "empty", "one account"])
def test_it_runs_and_opens_with_conclusion_and_cards(ran: Callable[[str, str], Run], kind: str, stem: str) -> None:
    """The first screen is a sentence and three to five figures, each with unit, definition and denominator."""
    found = ran(stem, kind)
    order = [name for output in found.shown for name in ("session", "conclusion", "kpis", "figure") if output.of(name)]
    assert order[:3] == ["session", "conclusion", "kpis"]
    cards = found.things("kpis")[0]["cards"]
    assert isinstance(cards, list)
    assert 3 <= len(cards) <= 5
    assert all(card["unit"] and card["definition"] and card["denominator"] and card["source"] for card in cards)
    assert found.things("limits")
    assert found.things("provenance")


@pytest.mark.parametrize("stem", STEMS)
def test_charts_are_drawn_with_units_and_without_nan(ran: Callable[[str, str], Run], stem: str) -> None:
    """On data each chart has traces, axis titles and a finding."""
    found = ran(stem, "full")
    for output in found.shown:
        content = output.of("figure")
        if content is None or content["title"] in LATER | NAMED:
            continue
        drawing = output.data["application/vnd.plotly.v1+json"]
        assert drawing["data"], content["title"]
        assert drawing["layout"]["xaxis"]["title"]["text"]
        assert content["finding"].endswith(".")
        assert "nan" not in content["finding"].lower()
        json.dumps(drawing, allow_nan=False)


def test_a_trend_of_one_observation_says_when_it_begins(ran: Callable[[str, str], Run]) -> None:
    """No empty axes: the week from which there is something to compare."""
    drawn = [o for o in ran("02_compliance", "full").shown if (o.of("figure") or {}).get("title") in LATER]
    drawing = drawn[0].data["application/vnd.plotly.v1+json"]
    assert not drawing["data"]
    said = "A trend is drawn from the second observation, week of 2026-11-09."
    assert [note["text"] for note in drawing["layout"]["annotations"]] == [said]


@pytest.mark.parametrize("stem", STEMS)
def test_an_empty_store_gives_stated_results(ran: Callable[[str, str], Run], stem: str) -> None:
    """No data is said in words; shares are unknown, not zero, and nothing is good."""
    found = ran(stem, "empty")
    assert "No " in str(found.things("conclusion")[0]["text"])
    for cards in found.things("kpis"):
        for card in cards["cards"]:
            assert card["value"] is None or card["unit"] != "share"
            assert card["tone"] != "good"


def test_the_fleet_s_conclusion_names_gap_and_dark_account(ran: Callable[[str, str], Run]) -> None:
    """What cannot be seen and who opens it, on known rows."""
    text = ran("01_fleet", "full").things("conclusion")[0]["text"]
    assert text == (
        "5 of 10 nodes that should be covered (50 %) have a fresh scan. 1 of 3 accounts cannot be read at all "
        "(finance). The largest known gap is 1 node stopped, to be opened by the node owner: start it for a scan, or "
        "terminate it."
    )


def test_a_parameter_reaches_the_queries(stores: dict[str, Path]) -> None:
    """With 30 days a 12-day-old scan is fresh."""
    found = run("01_fleet", {"store": str(stores["full"]), "stale_after_days": 30})
    assert "6 of 10 nodes" in str(found.things("conclusion")[0]["text"])


def test_an_earlier_instant_knows_nothing_of_later_snapshots(stores: dict[str, Path]) -> None:
    """Before the first snapshot there is no data, and the page says so."""
    found = run("02_compliance", {"store": str(stores["full"]), "as_of": "2026-11-01"})
    assert found.things("conclusion")[0]["text"] == "No node is known that should be compliant."


def test_an_exclusion_that_has_ended_leaves_nothing_out_and_is_named(stores: dict[str, Path]) -> None:
    """The day after the rule's last day its node counts again, and the page names rule, owner and node."""
    told = {}
    for as_of in ("2027-01-01T06:00:00", "2027-01-02T06:00:00"):
        found = run("01_fleet", {"store": str(stores["full"]), "as_of": as_of})
        counts = found.frames["coverage"].set_index("coverage_state")["node_count"]
        table = next(each for each in found.things("table") if each["title"] == "Exclusion rules")
        told[int(counts["excluded"])] = table["note"]
    assert told == {
        1: "1 rule in force for 1 node.",
        0: "0 rules in force for 0 nodes. 1 rule ended (lab, 2027-01-01): 1 node counts again.",
    }


def test_each_clock_has_its_own_answer(stores: dict[str, Path]) -> None:
    """Seven days of approval shorten the lag; what no later snapshot has seen is not on the clock of first sight."""
    told = {}
    for clock in ("released", "approved", "first observed"):
        found = run("03_lag", {"store": str(stores["full"]), "clock": clock})
        told[clock] = next(each for each in found.things("kpis")[0]["cards"] if each["name"] == "slowest_median_days")
    assert told["approved"]["value"] == told["released"]["value"] - 7
    assert told["first observed"]["value"] is None


def test_a_policy_is_in_force_only_where_it_is_named(stores: dict[str, Path], tmp_path: Path) -> None:
    """KB2 is critical and fell due on five nodes, one of which lacks it; accepted, it leaves the denominator."""
    risks = tmp_path / "exceptions.toml"
    risks.write_text(
        '[[exceptions]]\nowner = "web"\nreason = "vendor"\nexpires_on = 2027-01-01\npatch_ref = "KB2"\n',
        encoding="utf-8",
    )
    named = {"policy": "pci-dss-6.3.3", "policy_owner": "payments"}
    told = {}
    for name, parameters in (("none", {}), ("named", named), ("accepted", named | {"exceptions": str(risks)})):
        found = run("03_lag", {"store": str(stores["full"]), **parameters})
        card = next(each for each in found.things("kpis")[0]["cards"] if each["name"] == "sla_attainment_share")
        told[name] = (card["value"], card["denominator"])
    assert told == {
        "none": (None, "no policy named: ages only"),
        "named": (0.8, "4 of 5 items that fell due, pci-dss-6.3.3"),
        "accepted": (1.0, "4 of 4 items that fell due, pci-dss-6.3.3"),
    }


def test_actions_keep_deadlines_only_of_a_policy_that_is_named(stores: dict[str, Path], tmp_path: Path) -> None:
    """The first action ends two open ones; what is breached names no vulnerability, so no action is for it.

    Decisions never grow, also where an owner's answers narrow them.
    """
    answers = tmp_path / "answers.toml"
    answers.write_text(
        'owner = "shop"\nsigned_date = 2026-11-01\nsystem_exposure = {"not read" = "open"}\n', encoding="utf-8"
    )
    named = {"policy": "pci-dss-6.3.3", "policy_owner": "payments", "answers": str(answers), "action_count": 1}
    found = run("04_risk", {"store": str(stores["full"]), **named})
    left = found.frames["later"].set_index("decision")["item_count"]
    assert (left <= found.frames["decided"].set_index("decision")["item_count"].reindex(left.index)).all()
    chart = next(each for each in found.things("figure") if each["title"] in NAMED)
    rows = {state: (now, then) for state, now, then in chart["table"]["rows"]}
    assert (rows["breached"], rows["open"]) == ((1, 1), (2, 0))
    assert chart["finding"].startswith("Breached would be 1 item instead of 1")


def test_a_limit_on_reboots_counts_only_where_it_is_set(stores: dict[str, Path]) -> None:
    """One node has waited five days: without a limit it is shown, beyond three it is late, within thirty it is not."""
    told = {}
    for limit in (0, 3, 30):
        found = run("02_compliance", {"store": str(stores["full"]), "reboot_limit_days": limit})
        table = next(each for each in found.things("table") if each["title"].startswith("Reboots owed"))
        told[limit] = (table["row_count"], table["note"].partition(" have")[0])
    assert told == {
        0: (1, "No limit is set: ages are shown, and nothing is called overdue."),
        3: (1, "1 of 1 waiting nodes (100 %)"),
        30: (0, "0 of 1 waiting nodes (0 %)"),
    }


def test_two_environments_are_compared_by_name(stores: dict[str, Path]) -> None:
    """Both have Windows by the same baseline; Ubuntu is in one alone."""
    compared = {"environment": "test", "other_environment": "production"}
    found = run("08_governance", {"store": str(stores["full"]), **compared})
    table = next(each for each in found.things("table") if each["title"] == "Where the baselines differ")
    assert table["note"] == (
        "test and production set the same for all of 1 operating system. Only one side has nodes of 1 more operating "
        "system."
    )


CORRUPTIONS = {
    "01_fleet": (
        "coverage.loc[0, 'node_count'] += 1",
        "by_account.loc[0, 'known_node_count'] += 1",
        "platforms.loc[0, 'known_node_count'] += 1",
        "unseen = unseen.head(1)",
        "blind_spots['blind_since_at'] = None",
        "systems.loc[0, 'source_count'] += 1",
        "ages.loc[0, 'place_count'] += 1",
        "systems.loc[systems['oldest_age_hours'].first_valid_index(), 'oldest_age_hours'] = -1",
        "denials.loc[0, 'source_count'] += 1",
    ),
    "02_compliance": (
        "overall.loc[0, 'compliant_count'] += 1",
        "overall.loc[0, 'excluded_count'] += 1",
        "aws_label.loc[0, 'node_count'] += 1",
        "environments.loc[0, 'expected_count'] += 1",
        "accounts.loc[0, 'expected_count'] += 1",
        "platforms.loc[0, 'expected_count'] += 1",
        "owners.loc[0, 'expected_count'] += 1",
        "labels.loc[0, 'node_count'] += 1",
        "node_labels = node_labels.head(1)",
        "open_patches.loc[0, 'node_count'] += 1",
        "reasons.loc[0, 'node_count'] += 1",
        "whole['known_node_count'] += 1",
    ),
    "03_lag": (
        "survival.loc[0, 'survival_share'] = -1",
        "medians.loc[medians['clock'] == 'released', 'episode_count'] += 1",
        "decomposition.loc[0, 'episode_count'] += 1",
        "release_known.loc[release_known.index[-1], 'episode_count'] += 1",
        "quantiles.loc[0, 'open_count'] += 1",
        "decomposition.loc[0, 'design_days'] += 1",
        "items = items.iloc[1:]",
        "weeks.loc[0, 'episode_count'] += 1",
        "served.loc[0, 'exposure_days'] = -1",
    ),
    "04_risk": (
        "evidence.loc[0, 'item_count'] += 1",
        "decided.loc[0, 'item_count'] += 1",
        "by_scanner.loc[0, 'item_count'] += 1",
        "severity.loc[0, 'item_count'] += 1",
        "ranked.loc[0, 'gain_share'] = 2.0",
        "compared.loc[0, 'removed_share'] = 2.0",
        "still.loc[1, 'item_count'] = still.loc[0, 'item_count'] + 1",
        "changed.loc[0, 'then'] = changed.loc[0, 'now'] + 1",
        "top = top.iloc[1:]",
    ),
    "08_governance": (
        "findings.loc[0, 'node_count'] += 1",
        "nodes.loc[0, 'baseline_count'] = 2",
        "nodes.loc[0, 'installer_count'] = nodes.loc[0, 'regime_count'] + 1",
        "contrast.loc[0, 'subject_count'] += 1",
        "patch_groups.loc[0, 'known_node_count'] += 1",
        "nodes.loc[0, 'finding'] = 'baselines differ'",
    ),
    "09_vulnerability": (
        "counts.loc[0, 'node_count'] += 1",
        "closes = closes.iloc[1:]",
        "items = items.iloc[1:]",
        "runs.loc[0, 'left_count'] += 1",
        "closes.loc[0, 'closes_at'] = runs['closes_at'].iloc[0].replace(year=2025)",
        "decided.loc[0, 'item_count'] += 1",
    ),
}


def checks(stem: str) -> str:
    """The notebook's cell of checks."""
    return next(cell["source"] for cell in cells(stem) if "assert " in cell["source"])


@pytest.mark.parametrize(("stem", "line"), [(stem, line) for stem, lines in CORRUPTIONS.items() for line in lines])
def test_each_check_bites(ran: Callable[[str, str], Run], stem: str, line: str) -> None:
    """The checks hold on what the notebook computed, and fail once any checked number is wrong."""
    frames = {name: frame.copy() for name, frame in ran(stem, "full").frames.items()}
    exec(checks(stem), dict(frames))
    with pytest.raises(AssertionError):
        exec(f"{line}\n{checks(stem)}", frames)


def test_every_check_is_corrupted_once() -> None:
    """A new assertion in a notebook needs its own proof that it can fail."""
    for stem, lines in CORRUPTIONS.items():
        assert checks(stem).count("assert ") <= len(lines)
