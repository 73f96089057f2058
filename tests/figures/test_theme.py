"""One look: order and colour follow meaning, axes carry units, nothing is told by red and green."""

import colorsys

import plotly.graph_objects as go
import pytest

from patchlib.figures import theme


def test_severities_come_gravest_first_and_unknown_words_last() -> None:
    """Alphabetical order would put Low before Moderate."""
    names = ["Low", "Peculiar", "Critical", "Moderate", "Important", "Critical"]
    assert theme.severities(names) == ["Critical", "Important", "Moderate", "Low", "Peculiar"]


def test_words_of_one_rank_share_a_colour() -> None:
    """Important and High, Moderate and Medium are the same rank in the words of two vendors."""
    assert theme.severity_color("Important") == theme.severity_color("High")
    assert theme.severity_color("Moderate") == theme.severity_color("Medium")


def test_severities_differ_without_colour() -> None:
    """Each word has its own dash, so that no two curves of a chart look alike."""
    names = ("Critical", "Important", "High", "Moderate", "Medium", "Low", "Peculiar")
    assert len({theme.severity_dash(name) for name in names}) == len(names)


@pytest.mark.parametrize("color", [*theme.STATUS_COLORS.values(), *theme.COVERAGE_COLORS.values()])
def test_no_green_stands_for_good(color: str) -> None:
    """Red and green are never set against each other: there is no green."""
    red, green, blue = (int(color[place : place + 2], 16) / 255 for place in (1, 3, 5))
    hue, saturation, _ = colorsys.rgb_to_hsv(red, green, blue)
    assert saturation < 0.05 or not 0.22 < hue < 0.5


def test_styled_axes_carry_their_units() -> None:
    """The axis title says what is measured and in what."""
    figure = theme.styled(go.Figure(), x_title="nodes [nodes]", y_title="share [%]")
    assert (figure.layout.xaxis.title.text, figure.layout.yaxis.title.text) == ("nodes [nodes]", "share [%]")


def test_an_empty_chart_says_why() -> None:
    """No axes without data, but the reason."""
    figure = theme.empty("No node is known.")
    assert figure.layout.annotations[0].text == "No node is known."
    assert figure.layout.xaxis.visible is False


def test_rows_read_from_the_top() -> None:
    """The first row of the frame is the top bar."""
    assert theme.reversed_rows(["first", "last"])["categoryarray"] == ["last", "first"]


def test_a_chart_grows_with_its_rows() -> None:
    """Thirty bars need more room than three."""
    assert theme.row_height(30) > 2 * theme.row_height(3)
