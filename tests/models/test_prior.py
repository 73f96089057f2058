"""A figure without range or source is refused, and the message says which."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from patchlib import paths
from patchlib.errors import SettingInvalid
from patchlib.models.effort import ACTION_KINDS
from patchlib.models.prior import load_priors, named_priors

FIGURE = '{ value = 0.3, unit = "share", low = 0.1, high = 0.5, source = "us" }'
HEAD = 'title = "t"\nowner = "o"\nsource = "s"\nread_date = 2026-11-02\n'


def written(tmp_path: Path, text: str) -> Path:
    """A file of priors."""
    path = tmp_path / "priors.toml"
    path.write_text(text, encoding="utf-8")
    return path


def whole(success: str = FIGURE, reach: str = FIGURE) -> str:
    """All that such a file says."""
    return f"{HEAD}success = {success}\nreach = {{ internet = {reach}, no_way_found = {FIGURE}, not_known = {FIGURE} }}"


def test_a_whole_file_is_read(tmp_path: Path) -> None:
    """Each figure with its range."""
    priors = load_priors(written(tmp_path, whole()))
    assert priors.success.spread() == (0.1, 0.3, 0.5)
    assert priors.reach["internet"].source == "us"
    assert named_priors(str(written(tmp_path, whole()))) == priors
    assert named_priors("") is None


@pytest.mark.parametrize(
    ("text", "what"),
    [
        (whole(success='{ value = 0.3, unit = "share", low = 0.1, high = 0.5 }'), "success.source"),
        (whole(success='{ value = 0.3, unit = "share", source = "us" }'), "success.low"),
        (whole(reach='{ value = 0.6, unit = "share", low = 0.1, high = 0.5, source = "us" }'), "low <= value"),
        (whole(reach='{ value = 2, unit = "share", low = 1, high = 3, source = "us" }'), "0 to 1"),
        (whole().replace(", not_known", ", elsewhere"), "reach needs"),
        (whole().replace('owner = "o"\n', ""), "owner"),
        ("success =", "cannot be read"),
    ],
)
def test_what_is_left_out_or_impossible_is_named(tmp_path: Path, text: str, what: str) -> None:
    """With the file, and what each figure needs."""
    path = written(tmp_path, text)
    with pytest.raises(SettingInvalid, match=what) as caught:
        load_priors(path)
    assert str(path) in str(caught.value)


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    """Is named."""
    with pytest.raises(SettingInvalid, match="cannot be read"):
        load_priors(tmp_path / "none.toml")


def test_the_guide_shows_a_file_that_is_read(tmp_path: Path) -> None:
    """docs/actions.md: its example is whole, and it names every kind of action."""
    guide = (paths.policies_folder().parents[1] / "docs" / "actions.md").read_text(encoding="utf-8")
    example = guide.partition("```toml\n")[2].partition("```")[0]
    assert load_priors(written(tmp_path, example)).success.spread() == (0.02, 0.1, 0.3)
    kinds = guide.partition("The kinds are ")[2].partition("\n")[0]
    assert sorted(re.findall(r"`([^`]+)`", kinds)) == sorted(ACTION_KINDS)
