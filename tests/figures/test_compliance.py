"""Charts of compliance keep the unknown in sight and the worst on top."""

import pandas as pd

from patchlib.figures import compliance

GROUPS = pd.DataFrame(
    [("prod", 10, 6, 2, 1, 1, 0.6), ("dev", 4, 1, 1, 0, 2, 0.25), ("lab", 0, 0, 0, 0, 0, None)],
    columns=[
        "environment", "expected_count", "compliant_count", "non_compliant_count",
        "past_end_of_support_count", "unknown_count", "compliant_share",
    ],
)  # fmt: skip
LABELS = pd.DataFrame(
    [("compliant", "compliant", 5), ("compliant", "unknown", 2), ("compliant", "unknown", 1), ("none", "unknown", 3)],
    columns=["aws_label", "compliance_status", "node_count"],
)


def test_the_lowest_share_is_on_top_and_unknown_is_a_part() -> None:
    """Groups of which nothing is expected have no bar; unknown nodes do."""
    figure = compliance.status_bars(GROUPS, "environment")
    assert list(figure.data[0].y) == ["dev (25 %)", "prod (60 %)"]
    assert [bar.name for bar in figure.data] == ["compliant", "non-compliant", "past end of support", "unknown"]
    assert list(figure.data[3].x) == [2, 1]
    assert figure.data[3].marker.pattern.shape == "/"


def test_each_label_shows_our_status() -> None:
    """All three labels have a bar, also one that no node carries; reasons of one status are added."""
    bars = {bar.name: list(bar.x) for bar in compliance.label_bars(LABELS).data}
    assert bars == {"compliant": [5, 0, 0], "unknown": [3, 0, 3]}


def test_every_shortfall_has_its_bar_and_number() -> None:
    """The long bars carry their number inside, so that it is not cut off on a narrow screen."""
    rows = pd.DataFrame({"open_patches": ["1", "2 to 5"], "node_count": [1, 9]})
    bars = compliance.shortfall_bars(rows).data[0]
    assert list(bars.text) == ["1 (10 %)", "9 (90 %)"]
    assert list(bars.textposition) == ["outside", "inside"]
    assert compliance.shortfall_bars(rows.head(0)).layout.annotations[0].text == "No node is non-compliant."


def test_not_applicable_is_no_bar() -> None:
    """Rows that do not apply would dwarf what does."""
    states = pd.DataFrame(
        [("Missing", True, 2), ("Installed", False, 9), ("Quarantined", None, 1), ("NotApplicable", False, 900)],
        columns=["patch_state", "is_open", "patch_row_count"],
    )
    bars = compliance.patch_state_bars(states).data[0]
    assert list(bars.y) == ["Missing", "Installed", "Quarantined"]
    assert bars.marker.color[0] != bars.marker.color[1]


def test_reboot_waits_are_stacked_by_environment() -> None:
    """Each environment is a part of the same weekly bins."""
    debt = pd.DataFrame({"environment": ["prod", "dev", None], "pending_days": [3.0, 10.0, 30.0]})
    figure = compliance.reboot_bars(debt)
    assert [part.name for part in figure.data] == ["dev", "prod", "unknown"]
    assert {part.xbins.size for part in figure.data} == {7}


def test_each_system_is_told_by_what_it_says_and_does_not() -> None:
    """Every system has all parts; silence is one of its own, and so are nodes whose state we do not know."""
    rows = pd.DataFrame(
        [
            (2, "AWS Config", True, "compliant", None, 4),
            (2, "AWS Config", False, "compliant", "late", 2),
            (1, "Systems Manager", True, "compliant", None, 6),
            (2, "AWS Config", None, "compliant", "off", 1),
            (2, "AWS Config", True, "unknown", "it judges an earlier scan; ours: stale", 3),
            (1, "Systems Manager", None, "unknown", "no label: stopped", 5),
        ],
        columns=["system_rank", "system", "is_good", "compliance_status", "difference", "node_count"],
    )
    figure = compliance.verdict_bars(rows)
    assert {bar.name: list(bar.x) for bar in figure.data} == {
        "says what we say": [6, 4], "says otherwise": [0, 2], "says neither": [0, 1],
        "our state is not known": [5, 3],
    }  # fmt: skip
    assert list(figure.data[0].y) == ["Systems Manager", "AWS Config"]


def test_nothing_to_show_is_a_stated_chart() -> None:
    """Empty frames give the reason in place of axes."""
    states = pd.DataFrame({"patch_state": ["Missing"], "is_open": [True], "patch_row_count": [0]})
    reasons = [
        compliance.status_bars(GROUPS.tail(1), "environment"),
        compliance.label_bars(LABELS.head(0)),
        compliance.patch_state_bars(states),
        compliance.reboot_bars(pd.DataFrame()),
        compliance.verdict_bars(pd.DataFrame()),
    ]
    assert all(figure.layout.annotations[0].text.startswith("No ") for figure in reasons)
