"""Hours come from a file that says value, unit, range and source; dollars only with a rate."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from patchlib import paths
from patchlib.errors import ModelError, SettingInvalid
from patchlib.models.effort import ACTION_KINDS, effort_sentence, effort_table, load_effort, named_effort, with_effort

SHIPPED = paths.policies_folder() / "effort" / "patching.toml"


def changed(tmp_path: Path, before: str, after: str) -> Path:
    """The file that ships with one thing changed."""
    text = SHIPPED.read_text(encoding="utf-8")
    assert before in text
    path = tmp_path / "effort.toml"
    path.write_text(text.replace(before, after, 1), encoding="utf-8")
    return path


def actions(*rows: tuple[str, int]) -> pd.DataFrame:
    """A risk/action frame: kind and assets."""
    return pd.DataFrame(rows, columns=["action_kind", "asset_count"])


def test_hours_grow_with_the_assets() -> None:
    """Fixed and for each asset, at both ends of the range; no rate, no dollar."""
    found = with_effort(actions(("patch set", 10), ("AMI", 0)), load_effort())
    assert found["hours"].tolist() == pytest.approx([2.5, 4.0])
    assert found["hours_low"].tolist() == pytest.approx([0.6, 1.0])
    assert found["hours_high"].tolist() == pytest.approx([8.5, 12.0])
    assert found[["usd", "usd_low", "usd_high"]].isna().all(axis=None)


def test_a_rate_makes_dollars(tmp_path: Path) -> None:
    """Low hours at the low rate to high hours at the high one."""
    text = SHIPPED.read_text(encoding="utf-8")
    path = tmp_path / "effort.toml"
    path.write_text('usd_per_hour = { value = 100, unit = "USD/h", low = 60, high = 150, source = "us" }\n' + text)
    row = with_effort(actions(("patch set", 10)), load_effort(path)).iloc[0]
    assert (row["usd_low"], row["usd"], row["usd_high"]) == pytest.approx((36, 250, 1275))


def test_every_figure_is_told_with_its_range_and_source() -> None:
    """Two for each kind of action, none without a source."""
    table = effort_table(load_effort())
    assert len(table) == 2 * len(ACTION_KINDS)
    assert (table["low"] <= table["value"]).all()
    assert (table["value"] <= table["high"]).all()
    assert (table["source"].str.len() > 0).all()


@pytest.mark.parametrize(
    ("before", "after", "what"),
    [
        (', source = "patchlib: one command to many nodes, little to test"', "", "source"),
        ("low = 0.25, ", "", "kinds.package.hours_fixed.low"),
        ('unit = "h", low = 0.5', 'unit = "d", low = 0.5', "unit h"),
        ("value = 2.0, unit = \"h\", low = 0.5", "value = 2.0, unit = \"h\", low = 0", "above 0"),
        ("[kinds.AMI]", "[kinds.golden]", "kinds needs"),
        ("read_date = 2026-11-25", "", "read_date"),
    ],
)  # fmt: skip
def test_a_file_without_a_figure_is_refused(tmp_path: Path, before: str, after: str, what: str) -> None:
    """And the message names the file and the figure."""
    path = changed(tmp_path, before, after)
    with pytest.raises(SettingInvalid, match=what) as caught:
        load_effort(path)
    assert str(path) in str(caught.value)


def test_an_action_of_which_nothing_is_known() -> None:
    """Is no free action."""
    with pytest.raises(ModelError, match="engine upgrade"):
        with_effort(actions(("engine upgrade", 1)), load_effort())


def test_figures_are_named_or_are_a_file_of_one_s_own(tmp_path: Path) -> None:
    """By stem, by path, or what ships; a name that is not there is refused."""
    assert named_effort("") == named_effort("patching") == load_effort()
    own = changed(tmp_path, "nobody: a prior until somebody answers for it", "our own team")
    assert effort_sentence(named_effort(str(own))) == (
        "Hours of people that one patching action takes, of 2026-11-25. Who answers: our own team. No rate is given, "
        "so no dollar is shown."
    )
    with pytest.raises(SettingInvalid, match="nosuch"):
        named_effort("nosuch")
