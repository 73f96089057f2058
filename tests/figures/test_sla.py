"""The chart of deadlines puts the gravest first and shows every standing that there is."""

from __future__ import annotations

import pandas as pd

from patchlib.figures.sla import standing_bars
from patchlib.metrics.sla import AGES, STATES

ROWS = pd.DataFrame(
    [("Low", "met", 4), ("Critical", "met", 2), ("Critical", "breached", 3)],
    columns=["severity", "standing", "item_count"],
)


def test_stacks_in_order_and_counts_where_they_belong() -> None:
    """A severity without items of a standing has a bar of none, not another's."""
    figure = standing_bars(ROWS)
    assert [bar.name for bar in figure.data] == ["met", "breached"]
    assert list(figure.data[0].y) == ["Critical", "Low"]
    assert [list(bar.x) for bar in figure.data] == [[2, 4], [3, 0]]
    assert figure.layout.xaxis.title.text.endswith("[patches]")


def test_every_standing_has_a_look() -> None:
    """Nothing that is counted is left undrawn."""
    shown = [name for name in (*STATES, *AGES) if name != "no deadline"]
    figure = standing_bars(pd.DataFrame({"severity": "Low", "standing": shown, "item_count": 1}))
    assert {bar.name for bar in figure.data} == set(shown)
    assert len({(bar.marker.color, bar.marker.pattern.shape) for bar in figure.data[: len(STATES) - 1]}) == 8


def test_nothing_to_show_is_said() -> None:
    """No axes without bars."""
    assert not standing_bars(ROWS.iloc[:0]).data
