"""Charts of lag put the gravest first, and name what is not reached."""

import pandas as pd

from patchlib.figures import lag

SURVIVAL = pd.DataFrame(
    [("Low", "prod", 9, 0.5), ("Critical", "prod", 3, 0.5), ("Critical", "prod", 5, 0.25), ("Critical", "dev", 2, 0.0)],
    columns=["severity", "environment", "day", "survival_share"],
)
LAGS = pd.DataFrame(
    [
        ("Low", "prod", 9.0, 4.0, None, 5.0),
        ("Critical", "prod", None, None, None, None),
        ("Critical", "dev", 2.0, 2.0, 3.0, 1.0),
    ],
    columns=["severity", "environment", "median_days", "median_low_days", "median_high_days", "closed_median_days"],
)


def test_curves_begin_at_all_open_and_fall_in_steps() -> None:
    """Between two days nothing is interpolated."""
    figure = lag.survival_curves(SURVIVAL)
    critical = next(line for line in figure.data if line.name == "Critical" and 5 in line.x)
    assert (list(critical.x), list(critical.y)) == ([0, 3, 5], [1.0, 0.5, 0.25])
    assert critical.line.shape == "hv"


def test_a_severity_is_in_the_legend_once_gravest_first() -> None:
    """Panels share one legend."""
    figure = lag.survival_curves(SURVIVAL)
    assert [line.name for line in figure.data if line.showlegend] == ["Critical", "Low"]
    assert [title.text for title in figure.layout.annotations] == ["dev", "prod"]


def test_a_stratum_without_episodes_draws_nothing() -> None:
    """A line that stays at 100 % would say that nothing is ever done, where nothing was there."""
    figure = lag.survival_curves(SURVIVAL)
    assert all(len(line.x) > 1 for line in figure.data)


def test_every_axis_says_what_it_measures() -> None:
    """Units stand at the axes of each panel."""
    figure = lag.survival_curves(SURVIVAL)
    assert figure.layout.xaxis.title.text == "days on the clock [d]"
    assert figure.layout.yaxis.title.text == "still open [%]"


def test_a_median_that_is_not_reached_is_named_not_drawn() -> None:
    """The row stays, words stand where the dot would be."""
    dots, closed, words = lag.median_dots(LAGS).data[:3]
    assert (list(dots.y), list(closed.x)[:1]) == (["dev", "prod"], [1.0])
    assert (list(words.y), words.text[0].strip()) == (["prod"], "not reached")
    assert next(iter(dots.error_x.arrayminus)) == 0.0


def test_each_severity_has_its_panel_gravest_first() -> None:
    """Environments are compared within a severity, on one scale and in the same rows."""
    figure = lag.median_dots(LAGS)
    assert [title.text for title in figure.layout.annotations] == ["Critical", "Low"]
    assert list(figure.layout.yaxis.categoryarray) == list(figure.layout.yaxis2.categoryarray) == ["prod", "dev"]
    assert [mark.name for mark in figure.data if mark.showlegend] == [
        "open items counted, 95 % interval",
        "closed items alone",
    ]


def test_two_vendors_words_for_one_rank_are_told_apart() -> None:
    """Moderate and Medium are not two ranks: the platform stands beside the word."""
    rows = pd.concat([SURVIVAL.head(1).assign(severity=name) for name in ("Moderate", "Medium")])
    assert {line.name for line in lag.survival_curves(rows).data} == {
        "Moderate (Windows, Red Hat)",
        "Medium (Amazon Linux, Ubuntu)",
    }


def test_every_panel_shows_its_ticks() -> None:
    """A reader of the upper row need not look for the scale below the lowest."""
    figure = lag.survival_curves(pd.concat([SURVIVAL, SURVIVAL.assign(environment="lab")]))
    assert len(figure.layout.annotations) == 3
    assert all(axis.showticklabels for axis in figure.select_xaxes())


def test_closed_and_open_waits_stand_apart() -> None:
    """Open patches are still growing and are not averaged with closed ones."""
    parts = pd.DataFrame(
        [("prod", "Critical", True, 2, 24.0, 10.0, 0.0, 10.0, 0.0, 4.0),
         ("prod", "Critical", False, 1, 9.0, 3.0, 1.0, 1.0, 4.0, 0.0),
         ("prod", "Low", True, 1, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0)],
        columns=["environment", "severity", "is_event", "episode_count", "total_days",
                 "approval_days", "window_days", "execution_days", "reboot_days", "unknown_days"],
    )  # fmt: skip
    bars = lag.waiting_bars(parts).data
    assert [list(bar.y) for bar in bars] == [["Critical, prod"]] * 10
    assert [bar.x[0] for bar in bars] == [5.0, 0.0, 5.0, 0.0, 2.0, 3.0, 1.0, 1.0, 4.0, 0.0]


def test_patched_and_gone_share_a_panel() -> None:
    """Each severity has both ends, told apart by colour and dash; the legend names them once."""
    rows = [(name, cause, day, share) for name in ("Low", "Critical") for cause, day, share in
            (("patched", 3.0, 0.5), ("gone", 5.0, 0.1))]  # fmt: skip
    ended = pd.DataFrame(rows, columns=["severity", "cause", "day", "incidence_share"])
    figure = lag.incidence_curves(ended)
    assert [title.text for title in figure.layout.annotations] == ["Critical", "Low"]
    assert [line.name for line in figure.data if line.showlegend] == ["patched", "gone with the node"]
    assert (list(figure.data[1].x), list(figure.data[1].y)) == ([0, 5.0], [0.0, 0.1])
    assert lag.incidence_curves(ended.head(0)).layout.annotations[0].text.startswith("No ")


def test_incomplete_weeks_are_grey_and_hatched() -> None:
    """A young week stands apart by colour and by hatch."""
    weeks = pd.DataFrame(
        {"week_date": pd.to_datetime(["2026-06-01", "2026-10-19"]), "effective_share": [0.8, 0.2],
         "is_complete": [True, False]}
    )  # fmt: skip
    whole, young = lag.trend_bars(weeks, tau_days=90).data
    assert (list(whole.x), list(young.x)) == (["2026-06-01"], ["2026-10-19"])
    assert young.marker.pattern.shape == "/"
    assert young.name == "incomplete, may still move"
    assert lag.trend_bars(weeks.head(0), tau_days=90).layout.annotations[0].text.startswith("No ")


def test_each_platform_s_rows_are_all_in_its_bar() -> None:
    """Timed, with the image, left out, and without a date add up to all rows."""
    known = pd.DataFrame(
        [("Windows Server", 10, 8, 4, 2, 1, 1)],
        columns=["platform", "patch_row_count", "release_known_count", "episode_count", "came_with_image_count",
                 "listed_once_installed_count", "no_install_time_count"],
    )  # fmt: skip
    assert [bar.x[0] for bar in lag.release_bars(known).data] == [4, 2, 1, 1, 0, 2]


def test_nothing_timed_is_a_stated_chart() -> None:
    """Empty frames give the reason in place of axes."""
    empty = [
        lag.survival_curves(SURVIVAL.head(0)),
        lag.median_dots(LAGS.head(0)),
        lag.release_bars(pd.DataFrame()),
        lag.waiting_bars(pd.DataFrame({"total_days": []})),
    ]
    assert all(figure.layout.annotations[0].text.startswith("No ") for figure in empty)
