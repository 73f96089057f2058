"""Charts of compliance by patch rows, beside AWS's own label."""

from __future__ import annotations

import pandas as pd
import plotly.graph_objects as go

from patchlib.figures import theme
from patchlib.metrics.share import Share

__all__ = ["label_bars", "patch_state_bars", "reboot_bars", "shortfall_bars", "status_bars", "verdict_bars"]

# Says what we say, says otherwise, says neither, our state not known: hatched where nothing can be compared.
_VERDICT_LOOKS = ((theme.BLUE, ""), (theme.VERMILION, ""), (theme.GREY, "/"), (theme.PALE, "x"))
_STATUS_COLUMNS = {
    "compliant": "compliant_count",
    "non-compliant": "non_compliant_count",
    "past end of support": "past_end_of_support_count",
    "unknown": "unknown_count",
}


def status_bars(groups: pd.DataFrame, by: str) -> go.Figure:
    """Nodes per compliance status in each group; lowest compliant share on top.

    groups: a compliance/by_* query; by: its group column.
    """
    rows = groups[groups["expected_count"] > 0].sort_values(["compliant_share", by], ignore_index=True)
    if rows.empty:
        return theme.empty("No node is known that should be compliant.")
    counts = rows[[by, "compliant_count", "expected_count"]].itertuples(index=False, name=None)
    labels = [f"{group} ({Share(int(part), int(whole)).percent})" for group, part, whole in counts]
    figure = go.Figure(
        [_status_bar(status, rows[column].tolist(), labels) for status, column in _STATUS_COLUMNS.items()]
    ).update_layout(barmode="stack")
    by_words = by.replace("_", " ")
    theme.styled(figure, x_title="nodes", y_title=f"{by_words} (compliant share)",
                 height=theme.row_height(len(rows)))  # fmt: skip
    return figure.update_yaxes(**theme.reversed_rows(labels))


def _status_bar(status: str, counts: list[int], labels: list[str]) -> go.Bar:
    pattern = {"shape": theme.STATUS_HATCHES.get(status, "")}
    marker = {"color": theme.STATUS_COLORS[status], "pattern": pattern}
    return go.Bar(name=status, x=counts, y=labels, orientation="h", marker=marker)


def label_bars(aws_label: pd.DataFrame) -> go.Figure:
    """What each of AWS's labels holds by our status: the parts that are not compliant are what it hides.

    aws_label: query compliance/aws_label.
    """
    if aws_label.empty:
        return theme.empty("No node is known.")
    counts = aws_label.pivot_table(index="aws_label", columns="compliance_status", values="node_count", aggfunc="sum")
    shown = {"compliant": "AWS: compliant", "non-compliant": "AWS: non-compliant", "none": "AWS: no label"}
    table = counts.reindex(list(shown)).fillna(0)
    statuses = [status for status in theme.STATUS_COLORS if status in table.columns]
    figure = go.Figure(
        [_status_bar(status, table[status].astype(int).tolist(), list(shown.values())) for status in statuses]
    ).update_layout(barmode="stack")
    theme.styled(figure, x_title="known nodes", height=theme.row_height(len(table)))
    return figure.update_yaxes(**theme.reversed_rows(list(shown.values())))


def shortfall_bars(open_patches: pd.DataFrame) -> go.Figure:
    """Non-compliant nodes by how many patches count against each.

    open_patches: query compliance/open_patches.
    """
    total = int(open_patches["node_count"].sum())
    if not total:
        return theme.empty("No node is non-compliant.")
    counts, labels = open_patches["node_count"].tolist(), open_patches["open_patches"].tolist()
    bars = go.Bar(
        x=counts,
        y=labels,
        orientation="h",
        marker_color=theme.VERMILION,
        text=[f"{count:,} ({Share(int(count), total).percent})" for count in counts],
        textposition=theme.bar_text(counts),
        insidetextanchor="end",
        cliponaxis=False,
    )
    figure = theme.styled(
        go.Figure(bars), x_title="nodes", y_title="patches lacking", height=theme.row_height(len(counts))
    )
    return figure.update_yaxes(**theme.reversed_rows(labels), type="category").update_layout(margin_r=80)


def patch_state_bars(patch_states: pd.DataFrame) -> go.Figure:
    """Applicable patch rows per patch state, what is open first; NotApplicable is left out.

    patch_states: query compliance/patch_states.
    """
    rows = patch_states[patch_states["patch_state"] != "NotApplicable"]
    if not rows["patch_row_count"].sum():
        return theme.empty("No patch row was read.")
    labels = rows["patch_state"].tolist()
    colors = [theme.VERMILION if is_open is True else theme.BLUE for is_open in rows["is_open"].astype(object)]
    bars = go.Bar(
        x=rows["patch_row_count"].tolist(),
        y=labels,
        orientation="h",
        marker_color=colors,
        text=[f"{count:,}" for count in rows["patch_row_count"]],
        textposition=theme.bar_text(rows["patch_row_count"].tolist()),
        insidetextanchor="end",
        cliponaxis=False,
    )
    figure = theme.styled(go.Figure(bars), x_title="node and patch pairs [patches]", height=theme.row_height(len(rows)))
    return figure.update_yaxes(**theme.reversed_rows(labels)).update_layout(margin_r=80)


def reboot_bars(reboot_debt: pd.DataFrame) -> go.Figure:
    """How long nodes have waited for a reboot, in weeks, by environment.

    reboot_debt: query compliance/reboot_debt.
    """
    if reboot_debt.empty:
        return theme.empty("No node waits for a reboot.")
    environments = sorted(reboot_debt["environment"].fillna("unknown").unique())
    looks = [theme.VERMILION, theme.SKY, theme.BLUE, theme.ORANGE, theme.PURPLE, theme.GREY]
    figure = go.Figure(
        [
            go.Histogram(
                name=name,
                x=reboot_debt.loc[reboot_debt["environment"].fillna("unknown") == name, "pending_days"].tolist(),
                xbins={"start": 0, "size": 7},
                marker_color=looks[place % len(looks)],
            )
            for place, name in enumerate(environments)
        ]
    ).update_layout(barmode="stack")
    return theme.styled(figure, x_title="days waited, by week", y_title="nodes")


def verdict_bars(verdict_reason: pd.DataFrame) -> go.Figure:
    """For each system the nodes on which it says what we say, says otherwise, or says neither.

    Nodes whose state we do not know are a part of their own: as in compliance/verdicts nothing agrees or differs there.

    verdict_reason: query compliance/verdict_reason.
    """
    if verdict_reason.empty:
        return theme.empty("No node is known that should be compliant.")
    is_ours = verdict_reason["compliance_status"] != "unknown"
    is_told = verdict_reason["is_good"].notna() & is_ours
    kinds = {
        "says what we say": verdict_reason["difference"].isna() & is_told,
        "says otherwise": verdict_reason["difference"].notna() & is_told,
        "says neither": ~is_told & is_ours,
        "our state is not known": ~is_ours,
    }
    systems = verdict_reason.sort_values("system_rank", kind="stable")["system"].unique().tolist()
    figure = go.Figure(
        [
            go.Bar(
                name=kind,
                x=[
                    int(verdict_reason.loc[chosen & (verdict_reason["system"] == each), "node_count"].sum())
                    for each in systems
                ],
                y=systems,
                orientation="h",
                marker={"color": color, "pattern": {"shape": hatch}},
            )
            for (kind, chosen), (color, hatch) in zip(kinds.items(), _VERDICT_LOOKS, strict=True)
        ]
    ).update_layout(barmode="stack")
    theme.styled(figure, x_title="nodes that should be compliant", height=theme.row_height(len(systems)))
    return figure.update_yaxes(**theme.reversed_rows(systems))
