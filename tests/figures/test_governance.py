"""Charts of regimes keep what nobody chose apart."""

import pandas as pd

from patchlib.figures import governance

FINDINGS = pd.DataFrame(
    [
        (6, "one regime", "patch group", 7),
        (1, "baselines differ", "patch group", 2),
        (1, "baselines differ", "default: no patch group", 1),
    ],
    columns=["finding_rank", "finding", "baseline_choice", "node_count"],
)


def test_the_gravest_is_on_top_and_a_default_is_hatched() -> None:
    """Every finding has its bar in every choice that occurs, zero kept."""
    figure = governance.regime_bars(FINDINGS)
    assert {bar.name: list(bar.x) for bar in figure.data} == {"patch group": [2, 7], "default: no patch group": [1, 0]}
    assert list(figure.layout.yaxis.categoryarray) == ["one regime", "baselines differ"]
    assert [bar.marker.pattern.shape for bar in figure.data] == ["", "/"]


def test_no_node_is_a_stated_chart() -> None:
    """The reason stands in place of axes."""
    assert governance.regime_bars(FINDINGS.head(0)).layout.annotations[0].text == "No managed node was read."


def test_the_bar_of_a_default_says_that_nothing_graver_was_found() -> None:
    """The nodes on a default baseline are in several bars: this is the rest of them, not all."""
    rows = pd.DataFrame([(5, "default baseline", "default: no patch group", 4)], columns=FINDINGS.columns)
    (bar,) = governance.regime_bars(rows).data
    assert list(bar.y) == ["default baseline, nothing graver"]
    assert list(bar.x) == [4]
