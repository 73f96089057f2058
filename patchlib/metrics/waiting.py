"""Where the open time goes: approval and window by design, what comes after by execution, and what nobody tells.

Inputs are query lag/decomposition, or what `patchlib.models.window_wait` made of it. The parts of every row add up to
its total; where a part is not known its time is called unknown and never given to another part.
"""

from __future__ import annotations

from typing import Any

import pandas as pd

from patchlib.metrics.headline import Headline

__all__ = ["PARTS", "design_headline", "known_sentence", "lever_sentence", "unknown_sentence", "waiting_sentence"]

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
        f"{reboot} waits for a reboot (execution).{_dark(sums)} The larger lever{_where(sums)} is {_lever(sums)}.{rest}"
    )


def lever_sentence(decomposition: pd.DataFrame) -> str:
    """Design, execution and what is not explained as shares of the open time, and which lever is larger.

    decomposition: query lag/decomposition, with or without schedules.
    """
    sums = decomposition[["total_days", *PARTS]].sum()
    if sums["total_days"] - sums["unknown_days"] <= 0:
        return "Where the time is lost cannot be told."
    design, execution = sums["approval_days"] + sums["window_days"], sums["execution_days"] + sums["reboot_days"]
    unknown = sums["unknown_days"] / sums["total_days"]
    rest = f", {_percent(unknown)} is not explained" if unknown > 0 else ""
    shares = (
        f"Of all open time {_percent(design / sums['total_days'])} is by design, "
        f"{_percent(execution / sums['total_days'])} by execution{rest}"
    )
    dark = _dark(sums)
    return (
        f"{shares}{'.' if dark else ':'}{dark} {'The' if dark else 'the'} larger lever{_where(sums)} is {_lever(sums)}."
    )


def known_sentence(decomposition: pd.DataFrame) -> str:
    """The mean days of each part over the patches of which it is known, with their count; "" when none is.

    decomposition: as for `waiting_sentence`. A mean over all patches would take what is not known for nothing.
    """
    named = {
        "before approval": ("approval_days", "approval_known_count"),
        "from there to the first window": ("window_days", "window_known_count"),
        "from that window to the installation": ("execution_days", "execution_known_count"),
        "to the reboot": ("reboot_days", "reboot_known_count"),
    }
    sums = decomposition[[column for pair in named.values() for column in pair]].sum()
    told = [
        f"{sums[days] / sums[known]:.1f} d {words} (of {sums[known]:,.0f} patches)"
        for words, (days, known) in named.items()
        if sums[known]
    ]
    if not told:
        return ""
    return f" Where it is known, open patches with what they have waited so far: {', '.join(told)} on average."


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
    return "execution" if is_execution else "design, the approval delay and the windows' calendar"


def _is_dark(sums: pd.Series[Any]) -> bool:
    return bool(sums["unknown_days"] > sums["total_days"] / 2)


def _dark(sums: pd.Series[Any]) -> str:
    """Said before a lever is named where most of the time is not explained: that part could turn the answer."""
    return " Most of the time is not explained, and could turn the answer." if _is_dark(sums) else ""


def _where(sums: pd.Series[Any]) -> str:
    return " in the explained part" if _is_dark(sums) else ""


def _percent(share: float) -> str:
    """A share of time as text; a little is never shown as nothing."""
    return "under 1 %" if 0 < share < 0.005 else f"{100 * share:.0f} %"


def design_headline(decomposition: pd.DataFrame) -> Headline:
    """Part of all open time that lies before approval or waits for the first window [0..1]; None when none is known.

    decomposition: query lag/decomposition, with or without schedules.
    """
    total, design = decomposition["total_days"].sum(), decomposition["design_days"].sum()
    unknown = decomposition["unknown_days"].sum()
    told = "no patch day was read"
    if total > 0:
        execution = _percent((total - design - unknown) / total)
        told = f"of {total:,.0f} patch days; {execution} by execution, {_percent(unknown / total)} not explained"
    return Headline(
        name="design_share",
        label="Open time by design",
        value=float(design / total) if total > unknown else None,
        unit="share",
        definition="Part of all open time, explained or not, before the approval by the baseline in force, or between "
        "it and the first run of a window that serves the node.",
        denominator=told,
        source="lag/decomposition",
        term="by design, by execution",
    )
