"""Open time is told by its parts, and what is not explained stays unknown."""

from datetime import datetime, timedelta
from typing import Any

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from patchlib.metrics.waiting import PARTS as NAMES
from patchlib.metrics.waiting import design_headline, known_sentence, lever_sentence, unknown_sentence, waiting_sentence
from tests.metrics.survival_data import over

PARTS = pd.DataFrame(
    {
        "total_days": [80.0, 20.0],
        "approval_days": [20.0, 10.0],
        "window_days": [10.0, 0.0],
        "design_days": [30.0, 10.0],
        "execution_days": [35.0, 5.0],
        "reboot_days": [5.0, 5.0],
        "unknown_days": [10.0, 0.0],
        "unknown_approval_count": [0, 3],
        "unknown_window_count": [2, 0],
    }
)


def test_the_sentence_names_the_parts_the_lever_and_what_is_unknown() -> None:
    """Design and execution are shares of the open time; what is not known is named with its reason."""
    assert waiting_sentence(PARTS) == (
        "Of the open time of all timed patches 30 % lies before approval and 10 % waits for the first window after it "
        "(design); 40 % comes after that window, in missed windows and failed tries, and 10 % waits for a reboot "
        "(execution). The larger lever is execution. 10 % is not explained: of 3 patches the approval and of 2 patches "
        "the first window is not known."
    )
    assert "The larger lever is design" in waiting_sentence(PARTS.assign(approval_days=90.0))


def test_the_short_form_leads_to_the_lever() -> None:
    """Design against execution in one sentence, with what is not explained."""
    assert lever_sentence(PARTS) == (
        "Of all open time 40 % is by design, 50 % by execution, 10 % is not explained: the larger lever is execution."
    )
    assert lever_sentence(PARTS.head(0)) == "Where the time is lost cannot be told."


def test_without_time_nothing_is_told() -> None:
    """No row, and no row whose parts are known, are said so."""
    assert waiting_sentence(PARTS.head(0)) == "Where the time is lost cannot be told."
    dark = PARTS.assign(**dict.fromkeys(NAMES, 0.0)).assign(unknown_days=PARTS["total_days"])
    assert waiting_sentence(dark).startswith("Where the time is lost cannot be told. 100 % is not explained")
    assert design_headline(dark)["value"] is None


def test_means_are_of_the_patches_that_know_the_part() -> None:
    """Days before approval are of the 3 that know them, of 100 patches; a part that nobody knows is left out."""
    counts = {"approval_known_count": [2, 1], "window_known_count": [4, 1], "execution_known_count": 0,
              "reboot_known_count": [1, 1]}  # fmt: skip
    told = known_sentence(PARTS.assign(episode_count=[50, 50], **counts))
    assert "10.0 d before approval (of 3 patches), 2.0 d from there to the first window (of 5 patches), 5.0 d" in told
    assert "installation" not in told
    assert known_sentence(PARTS.assign(**dict.fromkeys(counts, 0))) == ""


def test_a_little_is_not_none() -> None:
    """Rounding does not make a part of the time disappear."""
    parts = PARTS.assign(total_days=10000.0, reboot_days=1.0)
    assert "under 1 % waits for a reboot" in waiting_sentence(parts)


def test_what_only_a_schedule_tells_is_said() -> None:
    """An assumption is visible."""
    told = unknown_sentence(PARTS.assign(scheduled_count=[0, 4], unknown_days=0.0))
    assert told == " Of 4 patches the window is by its schedule, not by an execution."


def test_the_headline_is_of_all_open_time_as_the_sentence_is() -> None:
    """40 of 100 patch days: the base of "Of all open time 40 % is by design"; the other shares stand beside it."""
    card = design_headline(PARTS)
    assert card["value"] == pytest.approx(0.4)
    assert card["denominator"] == "of 100 patch days; 50 % by execution, 10 % not explained"


def test_where_most_is_not_explained_it_is_said_before_the_lever() -> None:
    """A part that is larger than both levers could turn the answer."""
    dark = PARTS.assign(total_days=[180.0, 20.0], unknown_days=[110.0, 0.0])
    assert lever_sentence(dark) == (
        "Of all open time 20 % is by design, 25 % by execution, 55 % is not explained. Most of the time is not "
        "explained, and could turn the answer. The larger lever in the explained part is execution."
    )
    said = "Most of the time is not explained, and could turn the answer. The larger lever in the explained part is"
    assert said in waiting_sentence(dark)


START = datetime(2026, 1, 1)  # noqa: DTZ001 - the store is naive UTC
SOME_TIME = st.integers(0, 200 * 86_400).map(lambda seconds: START + timedelta(seconds=seconds))
MAYBE = st.none() | SOME_TIME
KEY = {"account_id": "1", "region": "eu"}
ROW = st.fixed_dictionaries(
    {
        "released_at": SOME_TIME,
        "watched_from_at": MAYBE,
        "installed_at": MAYBE,
        "lasts": st.integers(1, 200 * 86_400),
        "approved_at": MAYBE,
        "source": st.sampled_from(["rule", "never approved", "baseline not read"]),
        "window_runs_after": st.none() | st.integers(0, 100 * 86_400),
        "window_source": st.sampled_from(["execution", "not read", "no window"]),
        "end": st.sampled_from([(True, "Installed"), (False, "Missing"), (False, "InstalledPendingReboot")]),
        "episode_number": st.integers(1, 2),
    }
)


def instants(rows: list[dict[str, Any]], *names: str) -> pd.DataFrame:
    """A frame whose named columns are instants also where all are null."""
    frame = pd.DataFrame(rows)
    return frame.astype(dict.fromkeys(names, "datetime64[us]"))


@settings(max_examples=30, deadline=None, derandomize=True)
@given(drawn=st.lists(ROW, min_size=1, max_size=8))
def test_the_parts_of_every_row_add_up_to_the_second(drawn: list[dict[str, Any]]) -> None:
    """Whatever is known and in whatever order things happened: no part is negative, none is lost."""
    patches, approvals, windows = [], [], []
    for number, row in enumerate(drawn):
        node = KEY | {"node_id": f"i-{number}"}
        start = max(filter(None, (row["released_at"], row["watched_from_at"])))
        is_event, state = row["end"]
        named = {"baseline_id": "pb-1", "operating_system": "WINDOWS", "patch_ref": f"KB{number}"}
        patches.append(node | named | {
            "episode_number": row["episode_number"], "environment": "prod", "severity": "Low", "is_event": is_event,
            "patch_state": state, "released_at": row["released_at"], "watched_from_at": row["watched_from_at"],
            "installed_at": row["installed_at"], "ended_at": start + timedelta(seconds=row["lasts"]),
            "timing": "episode",
        })  # fmt: skip
        approved = row["approved_at"] if row["source"] == "rule" else None
        approvals.append(KEY | named | {"approved_at": approved, "approval_source": row["source"]})
        ready = max(filter(None, (start, approved)))
        after = row["window_runs_after"]
        run_at = None if after is None else ready + timedelta(seconds=after)
        windows.append(node | {"ready_at": ready, "windows": "mw-1", "window_run_at": run_at, "run_seen_at": run_at,
                               "window_source": row["window_source"]})  # fmt: skip
    found = over("lag/wait", {
        "lag/patch_row": instants(patches, "released_at", "watched_from_at", "installed_at", "ended_at"),
        "lag/approval": instants(approvals, "approved_at"),
        "lag/first_window": instants(windows, "ready_at", "window_run_at", "run_seen_at"),
    })  # fmt: skip
    names = ["approval_days", "window_days", "install_days", "reboot_days", "unknown_days"]
    seconds = (found[names] * 86_400).round().fillna(0)
    assert len(found) == len(drawn)
    assert (seconds >= 0).all(axis=None)
    assert (seconds.sum(axis=1) == (found["total_days"] * 86_400).round()).all()
    assert found["total_days"].tolist() == pytest.approx([row["lasts"] / 86_400 for row in drawn])
