"""Where the open time goes: approval and window by design, what comes after by execution, and what nobody tells.

Inputs are query lag/decomposition, or what `patchlib.models.window_wait` made of it. The parts of every row add up to
its total; where a part is not known its time is called unknown and never given to another part.
"""

from __future__ import annotations

from typing import Any

import pandas as pd

from patchlib.metrics.headline import Headline

__all__ = ["PARTS", "design_headline", "unknown_sentence", "waiting_sentence"]

# Columns of lag/decomposition that add up to total_days, in the order in which they pass.
PARTS = ("approval_days", "window_days", "execution_days", "reboot_days", "unknown_days")


def waiting_sentence(decomposition: pd.DataFrame) -> str:
    """Which part of the open time is by design, and which by execution; then what is not known, and why.

    decomposition: query lag/decomposition, with or without schedules.
    """
    sums = decomposition[["total_days", *PARTS]].sum()
    rest = unknown_sentence(decomposition)
    if not sums["total_days"] or sums["total_days"] - sums["unknown_days"] <= 0:
        return f"Where the time is lost cannot be told.{rest}"
    approval, window, execution, reboot = (_percent(sums[name] / sums["total_days"]) for name in PARTS[:4])
    return (
        f"Of the open time of all timed patches {approval} lies before approval and {window} waits for the first "
        f"window after it (design); {execution} comes after that window, in missed windows and failed tries, and "
        f"{reboot} waits for a reboot (execution). The larger lever is {_lever(sums)}.{rest}"
    )


def unknown_sentence(decomposition: pd.DataFrame) -> str:
    """What part of the time is not explained, and of how many patches which instant is not known; "" when all is.

    decomposition: as for `waiting_sentence`; where schedules explain a part, it is said.
    """
    total, unknown = decomposition["total_days"].sum(), decomposition["unknown_days"].sum()
    counts = {
        "the approval": int(decomposition["unknown_approval_count"].sum()),
        "the first window": int(decomposition["unknown_window_count"].sum()),
    }
    named = " and ".join(f"of {count:,} patches {what}" for what, count in counts.items() if count)
    why = named or "when it was installed"
    said = f" {_percent(unknown / total)} is not explained: {why} is not known." if unknown > 0 else ""
    scheduled = int(decomposition["scheduled_count"].sum()) if "scheduled_count" in decomposition else 0
    return f"{said} Of {scheduled:,} patches the window is by its schedule, not by an execution." if scheduled else said


def _lever(sums: pd.Series[Any]) -> str:
    is_execution = sums["execution_days"] + sums["reboot_days"] >= sums["approval_days"] + sums["window_days"]
    return "execution" if is_execution else "design: the approval delay and the windows' calendar"


def _percent(share: float) -> str:
    """A share of time as text; a little is never shown as nothing."""
    return "under 1 %" if 0 < share < 0.005 else f"{100 * share:.0f} %"


def design_headline(decomposition: pd.DataFrame) -> Headline:
    """Part of the explained open time that lies before approval or waits for the first window [0..1].

    decomposition: query lag/decomposition, with or without schedules.
    """
    total, design = decomposition["total_days"].sum(), decomposition["design_days"].sum()
    known = total - decomposition["unknown_days"].sum()
    return Headline(
        name="design_share",
        label="Open time by design",
        value=float(design / known) if known > 0 else None,
        unit="share",
        definition="Part of the explained open time that lies before the approval by the baseline in force, or between "
        "it and the first run of a window that serves the node.",
        denominator=f"of {known:,.0f} patch days whose parts are known, of {total:,.0f}",
        source="lag/decomposition",
        term="by design, by execution",
    )
