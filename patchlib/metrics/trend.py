"""Compliance week by week: the statuses of each week's last observation, and what of them was only carried forward.

Every point is the answer of `compliance/node_status` as of its instant. A run that was refused somewhere does not bend
the trend: nodes that it could not read keep the status that they had when they were read last, for a while, and the
point says so.
"""

from __future__ import annotations

import pandas as pd

from patchlib.metrics.share import Share, counted

__all__ = [
    "CARRIED_AT_MOST_DAYS",
    "carried_sentence",
    "compared",
    "moved_sentence",
    "next_week",
    "recorded_sentence",
    "statuses",
    "trend",
]

# Longer than this a status is not carried: four weekly runs that all failed are no accident any more.
CARRIED_AT_MOST_DAYS = 28
# What a month is to a weekly trend: the observation of four weeks before.
_MONTH = pd.Timedelta(days=28)
# How far back the lowest and the highest week are looked for: two monthly rounds of patches.
_RANGE_WEEKS = 8
_CELL = ["taken_at", "account_id", "region"]
_COUNTS = {
    "compliant": "compliant_count",
    "non-compliant": "non_compliant_count",
    "past end of support": "past_end_of_support_count",
    "unknown": "unknown_count",
}


def statuses(cells: pd.DataFrame, nodes: pd.DataFrame) -> pd.DataFrame:
    """Each node's status in each week, with what could not be read carried forward.

    cells: query compliance/trend. nodes: query compliance/node_status over its instants (`Session.over`).
    Returns the nodes with week_start_date, is_week_over, carried_days [d] (0 = read by this observation) and
    compliance_status; null stays that of excluded nodes.
    """
    columns = [*_CELL, "is_carried", "carried_days"]
    rows = nodes.merge(cells[columns], how="left", on=_CELL).sort_values("taken_at", kind="stable")
    weeks = cells[["taken_at", "week_start_date", "is_week_over"]].drop_duplicates()
    rows = rows.merge(weeks, how="left", on="taken_at")
    is_unread = rows["coverage_state"] == "not readable"
    known = rows["compliance_status"].astype(object).where(rows["compliance_status"].notna(), "excluded")
    held = known.mask(is_unread).groupby([rows["account_id"], rows["region"], rows["node_id"]]).ffill()
    may_stand = rows["carried_days"].le(CARRIED_AT_MOST_DAYS) & held.notna()
    status = known.where(~is_unread, held.where(may_stand, "unknown"))
    # What was never read is not carried: it is unknown.
    carried = rows["carried_days"].where(~is_unread | may_stand, 0.0).fillna(0.0)
    return rows.assign(compliance_status=status.mask(status == "excluded"), carried_days=carried)


def trend(weekly: pd.DataFrame, by: str | None = None) -> pd.DataFrame:
    """Nodes by status in each week.

    weekly: `statuses`. by: a column to group by, such as environment or owner; None is the whole fleet.
    Returns one row per taken_at and group: week_start_date, is_week_over, the group, known_node_count, expected_count,
    a count per status [nodes], compliant_share [0..1, null when none is expected], carried_node_count [nodes],
    carried_cell_count [account and Region pairs] and oldest_carried_days [d].
    """
    group = by or "group"
    rows = weekly.assign(group="all nodes") if by is None else weekly.assign(**{by: weekly[by].fillna("unknown")})
    rows = rows.assign(cell=rows["account_id"] + " " + rows["region"], is_carried=rows["carried_days"] > 0)
    keys = ["taken_at", "week_start_date", "is_week_over", group]
    for status, column in _COUNTS.items():
        rows[column] = rows["compliance_status"] == status
    found = (
        rows.groupby(keys, sort=True)
        .agg(
            known_node_count=("node_id", "size"),
            expected_count=("compliance_status", "count"),
            **{column: (column, "sum") for column in _COUNTS.values()},
            carried_node_count=("is_carried", "sum"),
            oldest_carried_days=("carried_days", "max"),
        )
        .reset_index()
    )
    cells = rows[rows["is_carried"]].groupby(keys)["cell"].nunique().rename("carried_cell_count").reset_index()
    found = found.merge(cells, how="left", on=keys)
    found["carried_cell_count"] = found["carried_cell_count"].fillna(0).astype(int)
    expected = found["expected_count"].where(found["expected_count"] > 0)
    found["compliant_share"] = found["compliant_count"] / expected
    return found


def compared(found: pd.DataFrame, by: str = "group") -> pd.DataFrame:
    """Each group now and a month before: the latest observation at least four weeks older, else the first.

    found: `trend` with the same `by`.
    Returns one row per group of the latest week: the group, then_week_start_date, then_share, now_share [0..1],
    lowest_share and highest_share of the observations from then to now [0..1], change_points [percentage points], null
    where the group was not there, and expected_count [nodes]; most nodes first.
    """
    instants = sorted(found["taken_at"].unique())
    columns = [by, "then_week_start_date", "then_share", "lowest_share", "highest_share", "now_share", "change_points",
               "expected_count"]  # fmt: skip
    if len(instants) < 2:
        return pd.DataFrame(columns=columns)
    now = instants[-1]
    then = max((each for each in instants if each <= now - _MONTH), default=instants[0])
    old = found.loc[found["taken_at"] == then, [by, "week_start_date", "compliant_share"]]
    old = old.rename(columns={"week_start_date": "then_week_start_date", "compliant_share": "then_share"})
    rows = found.loc[found["taken_at"] == now, [by, "compliant_share", "expected_count"]].merge(old, how="left", on=by)
    rows = rows.rename(columns={"compliant_share": "now_share"})
    since = found[found["taken_at"] >= then].groupby(by)["compliant_share"]
    rows = rows.assign(lowest_share=rows[by].map(since.min()), highest_share=rows[by].map(since.max()))
    rows["change_points"] = 100.0 * (rows["now_share"] - rows["then_share"])
    moved: pd.DataFrame = rows[columns]
    return moved.sort_values(["expected_count", by], ascending=[False, True], ignore_index=True)


def next_week(cells: pd.DataFrame) -> str:
    """The Monday from which a second observation makes a trend, ISO; "" when there is none yet, or there are two.

    cells: query compliance/trend.
    """
    weeks = cells["week_start_date"].drop_duplicates()
    return f"{pd.Timestamp(weeks.iloc[0]) + pd.Timedelta(days=7):%Y-%m-%d}" if len(weeks) == 1 else ""


def moved_sentence(whole: pd.DataFrame, groups: pd.DataFrame, by: str) -> str:
    """How the compliant share has moved in a month and between what in eight weeks, in all and in one group.

    The group is the one whose lowest and highest of those weeks are furthest apart: where patches come in monthly
    rounds, two weeks compared say less than the range.
    whole: `trend` of the whole fleet. groups: `trend` by a column.
    """
    rows = compared(whole)
    if rows.empty or rows["change_points"].isna().all():
        return "There is no second observation to compare with."
    row, week = rows.iloc[0], f"{pd.Timestamp(rows['then_week_start_date'].iloc[0]):%Y-%m-%d}"
    now = whole.iloc[-1]
    share = Share(int(now["compliant_count"]), int(now["expected_count"]), "nodes")
    said = f"{share} are compliant, {_moved(row['change_points'])} since the week of {week}"
    instants = sorted(whole["taken_at"].unique())[-_RANGE_WEEKS:]
    said += f"; in the last {len(instants)} observed weeks {_between(_recent(whole, instants))}"
    recent = _recent(groups, instants).groupby(by)["compliant_share"]
    wide = (recent.max() - recent.min())[recent.count() > 1]
    if len(wide) > 1:
        most = _recent(groups, instants).loc[lambda rows: rows[by] == wide.idxmax()]
        said += f"; {wide.idxmax()} moved most, {_between(most)}"
    return f"{said}."


def _recent(found: pd.DataFrame, instants: list[pd.Timestamp]) -> pd.DataFrame:
    return found[found["taken_at"].isin(instants) & found["compliant_share"].notna()]


def _between(rows: pd.DataFrame) -> str:
    order = rows.sort_values("compliant_share", kind="stable")
    low, high = order.iloc[0], order.iloc[-1]
    if _percent(low) == _percent(high):
        return f"always {_percent(low)}"
    return f"between {_percent(low)} ({_week(low)}) and {_percent(high)} ({_week(high)})"


def _percent(row: pd.Series) -> str:
    return Share(int(row["compliant_count"]), int(row["expected_count"])).percent


def _week(row: pd.Series) -> str:
    return f"{pd.Timestamp(row['week_start_date']):%Y-%m-%d}"


def _moved(points: float) -> str:
    rounded = round(points)
    if not rounded:
        return "as before to the nearest point"
    return f"{'up' if rounded > 0 else 'down'} {counted(abs(rounded), 'point')}"


def carried_sentence(whole: pd.DataFrame) -> str:
    """Which points rest on what was carried forward, and whether the last week is over.

    whole: `trend` of the whole fleet.
    """
    if whole.empty:
        return "Nothing has been observed."
    carried = whole[whole["carried_node_count"] > 0]
    said = "Every point was read by its own observation."
    if len(carried):
        oldest = float(carried["oldest_carried_days"].max())
        weeks = ", ".join(f"{pd.Timestamp(week):%Y-%m-%d}" for week in carried["week_start_date"])
        nodes = counted(int(carried["carried_node_count"].max()), "node")
        said = (
            f"Hollow points rest in part on what was carried forward, up to {nodes} and {oldest:.0f} days old: "
            f"the week{'s' if len(carried) > 1 else ''} of {weeks}."
        )
    if not bool(whole["is_week_over"].iloc[-1]):
        said += " The last week is not over, and a later observation takes its place."
    return said


def recorded_sentence(recorded: pd.DataFrame) -> str:
    """What AWS Config had recorded before our own history, in words. recorded: query compliance/recorded_week."""
    if recorded.empty:
        return (
            "Of the time before the first snapshot nothing was read from AWS Config: the setting config_history_days "
            "asks for it, where a recorder ran."
        )
    first, last = recorded.iloc[0], recorded.iloc[-1]
    words = [
        f"{int(row['open_node_count']):,} of {counted(int(row['node_count']), 'recorded node')} had an open patch by "
        f"the end of the week of {pd.Timestamp(row['week_start_date']):%Y-%m-%d}"
        for row in ((first, last) if len(recorded) > 1 else (first,))
    ]
    return (
        f"{'; '.join(words)}. AWS Config records what a scan left, not which scan, and may have been off in between: "
        "these weeks are no part of the trend above."
    )
