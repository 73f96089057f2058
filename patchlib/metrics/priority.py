"""What a published decision table says of each risk item, and what is not known that would narrow it.

Severity is not risk, and neither is a decision: a table turns the facts of an item into one of its words, by rules that
somebody else has published. A fact that nobody tells leaves a range of decisions. What only an owner can answer, what a
failure would do to people and how widely a system is reached, comes from a file that the owner signs, else it is not
known.
"""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from patchlib.decision import DecisionTable, OwnerAnswers
from patchlib.errors import SettingInvalid
from patchlib.metrics.share import Share

__all__ = [
    "decide",
    "decision_change",
    "decision_counts",
    "decision_rows",
    "decision_sentence",
    "facts_of",
    "tables_decide",
]

_YES_NO = {True: "yes", False: "no"}


def facts_of(items: pd.DataFrame, answers: OwnerAnswers | None = None) -> pd.DataFrame:
    """The facts that published tables ask of each item, in their words; null where not known. Same index as items.

    items: query risk/item. answers: of an owner; None: nobody has answered.
    Columns
      known_exploited   yes or no: in the KEV catalogue (CISA BOD 26-04)
      exposed           yes or no: the internet reaches the asset
      automatable       yes or no, by SSVC
      technical_impact  partial or total, by SSVC
      exploitation      none, public poc or active: the gravest that KEV, SSVC or Inspector tells; none only where SSVC
                        says so (SSVC, decision point Exploitation)
      system_exposure   as the owner answers for the way in which the asset is exposed
      human_impact      as the owner answers for its criticality
    """
    exploited = items["is_known_exploited"].map(_YES_NO)
    ssvc = items["ssvc_exploitation"]
    is_active = (exploited == "yes") | (ssvc == "active")
    is_shown = (ssvc == "poc") | items["is_exploit_available"].eq(True).fillna(False).astype(bool)
    exploitation = pd.Series(None, index=items.index, dtype=object)
    exploitation = exploitation.mask(ssvc == "none", "none").mask(is_shown, "public poc").mask(is_active, "active")
    found = {
        "known_exploited": exploited,
        "exposed": items["is_exposed"].map(_YES_NO),
        "automatable": items["ssvc_automatable"],
        "technical_impact": items["ssvc_technical_impact"],
        "exploitation": exploitation,
        "system_exposure": items["exposure"].map(answers.system_exposure if answers else {}),
        "human_impact": items["criticality"].map(answers.human_impact if answers else {}),
    }
    told = pd.DataFrame({name: values.astype(object) for name, values in found.items()}, index=items.index)
    return told.where(told.notna(), None)


def decide(items: pd.DataFrame, table: DecisionTable, answers: OwnerAnswers | None = None) -> pd.DataFrame:
    """The items with what the table says of each; see facts_of for its arguments. Same rows in the same order.

    A table of one's own may also ask for columns of the items, such as environment. Adds
      decision      the decision, or those that are possible, " or " between, in the table's order
      is_decided    whatever is not known, the decision is the same
      table_rows    rows of the table that it stands in, counted from 1, a comma between
      undecided_by  facts that are not known and would narrow it, a comma between; "" where it is decided

    Each distinct combination of facts is decided once. Raises SettingInvalid for a fact that nothing here tells and for
    a value that the table does not have.
    """
    facts = facts_of(items, answers)
    for name in table.facts:
        if name in facts:
            continue
        if name not in items:
            step = f"Facts: {', '.join(facts.columns)}, and the columns of risk/item."
            raise SettingInvalid(f"the table asks for {name}, which nothing tells", where=table.name, next_step=step)
        facts[name] = items[name].astype(object).where(items[name].notna(), None)
    asked = facts[list(table.facts)]
    group = asked.groupby(list(table.facts), dropna=False, sort=False).ngroup().to_numpy()
    kinds = asked.iloc[~pd.Series(group).duplicated().to_numpy()]
    answered = [table.decide(dict(zip(table.facts, kind, strict=True))) for kind in kinds.itertuples(index=False)]
    frame = pd.DataFrame(
        {
            "decision": [each.words for each in answered],
            "is_decided": [each.is_decided for each in answered],
            "table_rows": [", ".join(map(str, each.rows)) for each in answered],
            "undecided_by": [", ".join(each.undecided_by) for each in answered],
        }
    ).astype({"is_decided": bool})
    return items.assign(**{str(name): frame[name].to_numpy()[group] for name in frame})


def decision_counts(decided: pd.DataFrame) -> pd.DataFrame:
    """How many items each decision has: decision, is_decided, undecided_by, item_count [items], asset_count [assets].

    decided: `decide`. The most first.
    """
    asset = ["account_id", "region", "asset_kind", "asset_id"]
    found = (
        decided.assign(asset=decided.groupby(asset, sort=False).ngroup())
        .groupby(["decision", "is_decided", "undecided_by"], sort=False)
        .agg(item_count=("cve_id", "size"), asset_count=("asset", "nunique"))
        .reset_index()
    )
    return found.sort_values(["item_count", "decision"], ascending=[False, True], ignore_index=True)


def tables_decide(
    items: pd.DataFrame, tables: Sequence[DecisionTable], answers: OwnerAnswers | None = None
) -> pd.DataFrame:
    """What several tables say, under each other: `table`, their name, then the columns of decision_counts.

    items: query risk/item; see `decide`. No rows where there are no items.
    """
    counts = [decision_counts(decide(items, table, answers)) for table in tables]
    named = [each.assign(table=table.name) for each, table in zip(counts, tables, strict=True)]
    found = pd.concat(named, ignore_index=True)
    return found[["table", *counts[0].columns]]


def decision_rows(
    items: pd.DataFrame, tables: Sequence[DecisionTable], answers: OwnerAnswers | None = None
) -> pd.DataFrame:
    """What several tables say, by the rows in which they say it, so that each count can be looked up in its table.

    items: query risk/item; see `decide`. Returns table, decision, is_decided, table_rows: counted from 1, in
    runs as 5-8, undecided_by in words, item_count [items] and asset_count [assets]; of each table what is decided
    first, then the most items.
    """
    asset = ["account_id", "region", "asset_kind", "asset_id"]
    keys = ["table", "decision", "is_decided", "table_rows", "undecided_by"]
    found = []
    for table in tables:
        decided = decide(items, table, answers).assign(table=table.name)
        decided["table_rows"] = decided["table_rows"].map({each: _runs(each) for each in set(decided["table_rows"])})
        decided["undecided_by"] = decided["undecided_by"].astype(str).str.replace("_", " ")
        decided["asset"] = decided.groupby(asset, sort=False).ngroup()
        counts = decided.groupby(keys, sort=False).agg(item_count=("cve_id", "size"), asset_count=("asset", "nunique"))
        order = ["is_decided", "item_count", "table_rows"]
        found.append(counts.reset_index().sort_values(order, ascending=[False, False, True]))
    return pd.concat(found, ignore_index=True)


def _runs(rows: str) -> str:
    """Row numbers with a dash for those that follow each other: 5, 6, 7, 9 as 5-7, 9."""
    runs: list[list[int]] = []
    for number in map(int, rows.split(", ")):
        if runs and runs[-1][-1] == number - 1:
            runs[-1].append(number)
        else:
            runs.append([number])
    return ", ".join(str(run[0]) if len(run) == 1 else f"{run[0]}-{run[-1]}" for run in runs)


def decision_change(before: pd.DataFrame, after: pd.DataFrame) -> pd.DataFrame:
    """How many items each decision has, before and after something is done.

    before, after: `decision_rows`, of all items and of those that are left. Returns table, decision, now and then
    [items], in the order of `before`.
    """
    keys = ["table", "decision"]
    counts = before.groupby(keys, sort=False)["item_count"].sum().rename("now").to_frame()
    counts["then"] = after.groupby(keys)["item_count"].sum().reindex(counts.index)
    return counts.fillna(0).astype("int64").reset_index()


def decision_sentence(rows: pd.DataFrame) -> str:
    """How much each table leaves undecided, and what is not known that would narrow it. rows: `decision_rows`."""
    told = []
    for table, part in rows.groupby("table", sort=False):
        dark = part[~part["is_decided"].astype(bool)]
        share = Share(int(dark["item_count"].sum()), int(part["item_count"].sum()), "items")
        facts = sorted({fact for each in dark["undecided_by"] for fact in each.split(", ")})
        why = f": not known is {' or '.join(facts)}" if facts else ""
        told.append(f"{table} leaves {share} undecided{why}.")
    return " ".join(told) or "No item is known to be open, so there is nothing to decide."
