"""Charts of coverage show every state, and mark what could not be read."""

import pandas as pd

from patchlib.figures import fleet

COVERAGE = pd.DataFrame(
    {
        "coverage_state": ["not readable", "stale", "fresh"],
        "node_count": [0, 1, 3],
        "node_share": [0.0, 0.25, 0.75],
        "opened_by": ["account owner", "patching team", "nobody"],
    }
)
PLACES = pd.DataFrame(
    [
        ("1", None, "eu", 2, 2, 0, 0, None, False),
        ("2", "team", "eu", 2, 0, 4, 3, 0.75, False),
        ("2", "team", "us", 2, 1, 2, 0, 0.0, False),
    ],
    columns=[
        "account_id", "account_name", "region", "source_count", "unread_source_count",
        "known_node_count", "fresh_count", "fresh_share", "is_closed",
    ],
)  # fmt: skip


def test_every_state_has_its_bar_and_number() -> None:
    """Empty states are shown as empty, in order of precedence from the top."""
    figure = fleet.coverage_bars(COVERAGE)
    assert list(figure.data[0].x) == [0, 1, 3]
    assert figure.data[0].text[1] == "1 (25 %)"
    assert list(figure.layout.yaxis.categoryarray) == ["fresh", "stale", "not readable"]
    assert figure.layout.xaxis.title.text == "known nodes"


def test_dark_and_half_dark_cells_are_marked() -> None:
    """A cell that could not be read says so; one never attempted too."""
    dark, grid = fleet.account_grid(PLACES).data
    places = [(row, column) for row in range(2) for column in range(2)]
    told = {(grid.y[at[0]], grid.x[at[1]]): dark.text[at] + grid.text[at] for at in places}
    assert all((dark.text[at] == "") != (grid.text[at] == "") for at in places), "a cell is told once"
    assert told == {
        ("1", "eu"): "no<br>answer",
        ("1", "us"): "not<br>attempted",
        ("team", "eu"): "3/4",
        ("team", "us"): "0/2<br>partly read",
    }
    assert (grid.zmin, grid.zmax) == (0, 1)


def test_a_closed_region_is_not_called_unreadable() -> None:
    """What a policy closes on purpose has a word of its own."""
    dark, _ = fleet.account_grid(PLACES.assign(is_closed=[True, False, False])).data
    assert "closed" in dark.text.ravel()
    assert "no<br>answer" not in dark.text.ravel()


def test_many_regions_keep_a_column_that_a_word_fits_in() -> None:
    """The page scrolls rather than squeeze; names stand upright."""
    many = pd.concat([PLACES.tail(1).assign(region=f"r-{number}") for number in range(17)])
    layout = fleet.account_grid(many).layout
    assert layout.meta["min_width"] > 1000
    assert layout.xaxis.tickangle == -90
    assert fleet.account_grid(PLACES).layout.meta["min_width"] < 300


def test_cells_are_read_by_their_text_not_by_a_colour_bar() -> None:
    """The number stands in each cell, large enough to read; what could not be read has a ground of its own."""
    dark, grid = fleet.account_grid(PLACES).data
    assert not grid.showscale
    assert grid.textfont.size >= 12
    assert dark.z.tolist() == [[0, 0], [1, 1]]


def test_accounts_of_one_name_are_told_apart_by_their_ids() -> None:
    """The id is shown only where the name does not say which account it is."""
    twins = PLACES.assign(account_name=["team", "team", "team"])
    assert list(fleet.account_grid(twins).data[-1].y) == ["team 2", "team 1"]


def test_platforms_add_their_support_dates_and_come_largest_first() -> None:
    """Versions of one platform are one bar, split into fresh, past end of support and not fresh."""
    platforms = pd.DataFrame(
        [("Ubuntu", 2, 1, None), ("Windows Server", 3, 3, True), ("Windows Server", 1, 0, False)],
        columns=["platform", "known_node_count", "fresh_count", "is_past_end_of_support"],
    )
    seen, past, unseen = fleet.platform_bars(platforms).data
    assert list(seen.y) == ["Windows Server", "Ubuntu"]
    assert (list(seen.x), list(past.x), list(unseen.x)) == ([0, 1], [3, 0], [1, 1])


def test_nothing_known_is_a_stated_chart() -> None:
    """Empty frames give the reason in place of axes."""
    assert fleet.coverage_bars(COVERAGE.head(1)).layout.annotations[0].text == "No node is known."
    assert fleet.account_grid(PLACES.head(0)).layout.annotations[0].text == "No account was attempted."
    assert fleet.platform_bars(pd.DataFrame()).layout.annotations[0].text == "No node is known."
