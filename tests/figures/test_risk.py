"""The charts of the risk page draw everything that is counted, and say why they are empty."""

from __future__ import annotations

from itertools import product

import pandas as pd

from patchlib.figures.risk import deadline_bars, evidence_bars, order_curves, scanner_bars, service_lines
from patchlib.metrics.risk_item import EVIDENCE, REACHES

ORDERS = ("this order", "exposure alone", "severity alone", "CVSS alone")


def test_evidence_and_reach_have_looks_of_their_own() -> None:
    """Nothing that is counted is left undrawn; the strongest evidence is on top."""
    counts = pd.DataFrame(list(product(EVIDENCE, REACHES)), columns=["evidence", "reach"]).assign(item_count=2)
    figure = evidence_bars(counts)
    assert sum(sum(bar.x) for bar in figure.data) == counts["item_count"].sum()
    assert len({(bar.marker.color, bar.marker.pattern.shape) for bar in figure.data}) == len(REACHES)
    assert figure.layout.yaxis.categoryarray[-1] == EVIDENCE[0]


def test_each_order_is_a_line_and_the_optimum_a_mark() -> None:
    """Lines differ by dash as well as colour."""
    rows = [(order, 0.0, 0.0, 0) for order in ORDERS] + [(order, 2.0, 0.5, 1) for order in ORDERS]
    steps = pd.DataFrame(rows, columns=["order", "hours_sum", "removed_share", "action_count"])
    best = {"order": ["exact optimum"], "hours": [2.0], "removed_share": [0.6], "first_count": [1], "is_proven": [True]}
    figure = order_curves(steps, pd.DataFrame(best))
    lines = [trace for trace in figure.data if trace.mode == "lines"]
    assert [line.name for line in lines] == list(ORDERS)
    assert len({line.line.dash for line in lines}) == len(ORDERS)
    (mark,) = [trace for trace in figure.data if trace.mode == "markers"]
    assert (mark.name, list(mark.y)) == ("exact optimum", [0.6])
    bound = order_curves(steps, pd.DataFrame(best | {"is_proven": [False]}))
    assert bound.data[-1].name == "no set removes more"


def test_silence_of_another_scanner_is_hatched() -> None:
    """Both parts together are all items."""
    rows = [("node", "Inspector; Systems Manager", 5, 0), ("node", "Systems Manager", 3, 2)]
    figure = scanner_bars(pd.DataFrame(rows, columns=["asset_kind", "scanners", "item_count", "differing_count"]))
    assert [list(bar.x) for bar in figure.data] == [[5, 1], [0, 2]]
    assert figure.data[1].marker.pattern.shape == "/"


def test_services_are_lines_that_differ_without_colour() -> None:
    """All others, which would dwarf them, are in the data only; ticks are Mondays."""
    days = pd.to_datetime(["2026-10-19", "2026-10-26"])
    one = pd.DataFrame({"week_start_date": days, "item_days": [1.0, 2.0]})
    figure = service_lines(pd.concat([one.assign(service_name=name) for name in ("web", "data", "all others")]))
    assert [line.name for line in figure.data] == ["web", "data"]
    assert len({(line.line.dash, line.marker.symbol) for line in figure.data}) == 2
    assert figure.layout.xaxis.tick0 == "2026-10-19"
    late = [one.assign(service_name="web"), one.assign(service_name="new", item_days=[None, 3.0]),
            one.assign(service_name="dark", item_days=[None, None])]  # fmt: skip
    lines = service_lines(pd.concat(late)).data
    assert [(line.name, list(line.y)) for line in lines] == [("web", [1.0, 2.0]), ("new", [3.0])]


def test_deadlines_now_and_then_stand_side_by_side() -> None:
    """Every state is drawn, what is not known in grey."""
    states = pd.DataFrame(
        {"state": ["breached", "not known", "at risk", "open"], "now": [4, 3, 2, 1], "then": [0, 3, 1, 1]}
    )
    figure = deadline_bars(states)
    assert {bar.name: list(bar.x) for bar in figure.data}["breached"] == [4, 0]
    assert sum(sum(bar.x) for bar in figure.data) == 15


def test_nothing_to_draw_is_said() -> None:
    """No axes without data."""
    steps = pd.DataFrame({"order": [], "hours_sum": [], "removed_share": [], "action_count": []})
    said = [
        order_curves(steps, steps), evidence_bars(steps), scanner_bars(steps),
        service_lines(pd.DataFrame({"week_start_date": []})),
        deadline_bars(pd.DataFrame({"state": [], "now": [], "then": []})),
    ]  # fmt: skip
    assert all(not figure.data and figure.layout.annotations for figure in said)
