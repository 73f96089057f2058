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

__all__ = ["decide", "decision_counts", "facts_of", "tables_decide"]

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
