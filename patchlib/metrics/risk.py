"""What is known of the threat, and how far that knowledge reaches."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from itertools import pairwise

import pandas as pd

__all__ = ["ScoreGap", "gap_table", "score_gap_sentence", "score_gaps", "score_stretches"]

# A day with fewer scores than this share of those around it is a part of a file [0..1].
_PARTIAL_SHARE = 0.9
# A pause longer than this many times the usual one is a hole.
_HOLE_FACTOR = 3
# So is any longer than this [d], however rare days are: across no more does risk/epss_score compare scores.
_HOLE_DAYS = 56


@dataclass(frozen=True)
class ScoreGap:
    """A stretch of EPSS days across which, or on which, nothing is to be read off.

    kind: hole (no scores between the days), partial (far fewer scores than around them) or model (scores of the two
    days are of different models, or of one that is not known). days: length of it [d].
    """

    kind: str
    first_date: date
    last_date: date

    @property
    def days(self) -> int:
        """From the first to the last day [d]."""
        return (self.last_date - self.first_date).days


def score_gaps(days: pd.DataFrame) -> list[ScoreGap]:
    """Holes, partial days and changes of model in the scores that are held, by their first day.

    days: query risk/epss_day. Nothing is filled in: a trend has to stop at each of them.
    """
    ordered = days.sort_values("score_date", ignore_index=True)
    when = [pd.Timestamp(each).date() for each in ordered["score_date"]]
    models = [None if pd.isna(each) else str(each) for each in ordered["model_version"]]
    return sorted(
        [*_holes(when), *_partial(when, ordered["scored_count"]), *_changes(when, models)],
        key=lambda gap: (gap.first_date, gap.kind),
    )


def score_stretches(days: pd.DataFrame) -> pd.DataFrame:
    """The days by day, each with the stretch in which its scores compare with those of the others: a line per stretch.

    days: query risk/epss_day. Adds `stretch`, counted from 1; null on a partial day, which belongs to none. A stretch
    ends at a hole, a partial day and a change of model; no day is added.
    """
    ordered = days.sort_values("score_date", ignore_index=True)
    gaps = score_gaps(ordered)
    when = [pd.Timestamp(each).date() for each in ordered["score_date"]]
    partial = [any(gap.kind == "partial" and gap.first_date <= day <= gap.last_date for gap in gaps) for day in when]
    cuts = {gap.last_date for gap in gaps if gap.kind != "partial"}
    number, is_open = 0, False
    stretches: list[int | None] = []
    for day, is_partial in zip(when, partial, strict=True):
        # A cut may fall on a partial day: the stretch is over all the same.
        is_open = is_open and day not in cuts and not is_partial
        if is_partial:
            stretches.append(None)
            continue
        number, is_open = number if is_open else number + 1, True
        stretches.append(number)
    return ordered.assign(stretch=pd.array(stretches, dtype="Int64"))


def _holes(when: list[date]) -> list[ScoreGap]:
    steps = sorted((after - before).days for before, after in pairwise(when))
    # The lower median: of two steps the longer one is what may be the hole.
    usual = steps[(len(steps) - 1) // 2] if steps else 0
    longest = min(_HOLE_FACTOR * usual, _HOLE_DAYS)
    return [ScoreGap("hole", before, after) for before, after in pairwise(when) if (after - before).days > longest]


def _partial(when: list[date], counts: pd.Series[int]) -> list[ScoreGap]:
    """Runs of days that score far fewer than the fullest day before and the fullest after them within reach.

    A vulnerability that was scored once is scored for good, so a full file never has fewer than one before it.
    """
    before = counts.cummax().shift(1)
    after = counts[::-1].cummax()[::-1].shift(-1)
    low = (counts < _PARTIAL_SHARE * before) & (counts < after)
    found: list[ScoreGap] = []
    for place in low[low].index:
        if found and found[-1].last_date == when[place - 1]:
            found[-1] = ScoreGap("partial", found[-1].first_date, when[place])
        else:
            found.append(ScoreGap("partial", when[place], when[place]))
    return found


def _changes(when: list[date], models: list[str | None]) -> list[ScoreGap]:
    return [
        ScoreGap("model", day, next_day)
        for (day, model), (next_day, next_model) in pairwise(zip(when, models, strict=True))
        if model is None or model != next_model
    ]


def score_gap_sentence(days: pd.DataFrame) -> str:
    """Which days of scores are held, and where nothing can be read across.

    days: query risk/epss_day.
    """
    if days.empty:
        return "No EPSS score is held: run `patchlib feeds update epss`."
    first, last = (pd.Timestamp(each).date() for each in (days["score_date"].min(), days["score_date"].max()))
    if first == last:
        return f"EPSS scores of one day are held, {first}: there is no trend yet."
    words = {"hole": "no scores between", "partial": "only a part of the scores from", "model": "another model between"}
    told = [f"{words[gap.kind]} {gap.first_date} and {gap.last_date}" for gap in score_gaps(days)]
    rest = f"; nothing is read across: {', '.join(told)}" if told else ""
    return f"EPSS scores of {len(days):,} days are held, {first} to {last}{rest}."


def gap_table(days: pd.DataFrame) -> pd.DataFrame:
    """The gaps, one a row: gap (hole, partial or model, in words), first_date, last_date, days [d].

    days: query risk/epss_day.
    """
    words = {"hole": "no scores between", "partial": "only a part of the scores", "model": "another model between"}
    rows = [(words[gap.kind], gap.first_date, gap.last_date, gap.days) for gap in score_gaps(days)]
    return pd.DataFrame(rows, columns=["gap", "first_date", "last_date", "days"])
