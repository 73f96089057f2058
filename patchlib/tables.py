"""A frame as a table's content: columns with label, unit, meaning and kind, rows as plain JSON values.

What a column means is said once, in its query's header; `Session.query` keeps it on the frame
(`frame.attrs`), and here it becomes the heading.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

import pandas as pd

from patchlib.errors import ParameterUnknown
from patchlib.site import wording

__all__ = ["ATTR_MEANINGS", "ATTR_QUERY", "Column", "label_of", "payload_of", "unit_of"]

ATTR_QUERY = "patchlib_query"
ATTR_MEANINGS = "patchlib_meanings"

LONGEST_NULL = 32  # characters a cell can spend on saying why it is empty
Kind = Literal["text", "number", "instant", "date", "code"]
_SUFFIX_UNITS = {"_days": "d", "_hours": "h", "_usd": "usd", "_share": "share", "_seconds": "s", "_bytes": "bytes"}
_CODE = re.compile(r"(_id|_arn|_ref|_key|_code)$|^(region|operation|source|account|regions)$")
_INITIALS = {"id": "ID", "aws": "AWS", "os": "OS", "ec2": "EC2", "ssm": "SSM", "kb": "KB", "arn": "ARN", "iam": "IAM"}


@dataclass(frozen=True)
class Column:
    """How a column is shown; `null` is the word for a missing value, "unknown" unless the header tells.

    Empty parts are filled from the query's header, then from the name's suffix.
    """

    label: str = ""
    unit: str = ""
    meaning: str = ""
    kind: Kind | Literal[""] = ""
    null: str = ""


def label_of(name: str, unit: str = "") -> str:
    """`known_node_count` in nodes is "Known nodes"; `last_scan_at` is "Last scan"; `kb_id` is "KB ID"."""
    stem = re.sub(r"_(at|days|hours|usd|share|count|seconds|bytes)$", "", name)
    stem = re.sub(r"^is_", "", stem).replace("_", " ")
    if name.endswith("_count") and unit.endswith("s") and stem.endswith(unit[:-1].lower()):
        stem = f"{stem[: len(stem) - len(unit) + 1]}{unit}"
    words = [_INITIALS.get(word, word) for word in stem.split()]
    joined = " ".join(words)
    return joined[:1].upper() + joined[1:]


def unit_of(name: str, meaning: str) -> str:
    """A column's unit: what its header gives in brackets, else what its suffix says, else ""."""
    in_header = re.search(r"\[([^\]]+)\]", meaning)
    return in_header.group(1) if in_header else next((u for end, u in _SUFFIX_UNITS.items() if name.endswith(end)), "")


def payload_of(
    frame: pd.DataFrame,
    columns: Mapping[str, str | Column] | Sequence[str] | None = None,
    *,
    max_rows: int = 200,
    source: str = "",
) -> dict[str, Any]:
    """The table's content: columns, rows (at most max_rows), row_count, source.

    Raises ParameterUnknown when `columns` names one the frame does not have.
    """
    chosen = _chosen(frame, columns)
    described = [_described(frame, name, given) for name, given in chosen.items()]
    part = frame.loc[:, list(chosen)].head(max_rows)
    rows = [
        [None if not isinstance(cell, list | dict) and pd.isna(cell) else wording.plain(_native(cell)) for cell in row]
        for row in part.itertuples(index=False, name=None)
    ]
    return {
        "columns": described,
        "rows": rows,
        "row_count": len(frame),
        "source": source or str(frame.attrs.get(ATTR_QUERY, "")),
    }


def _native(cell: Any) -> Any:
    return cell.item() if hasattr(cell, "item") else cell


def _chosen(frame: pd.DataFrame, columns: Mapping[str, str | Column] | Sequence[str] | None) -> dict[str, Column]:
    if columns is None:
        return {str(name): Column() for name in frame.columns}
    given = columns if isinstance(columns, Mapping) else dict.fromkeys(columns, "")
    missing = [name for name in given if name not in frame.columns]
    if missing:
        raise ParameterUnknown(
            f"the frame has no column {', '.join(missing)}",
            next_step=f"It has: {', '.join(map(str, frame.columns))}.",
        )
    return {name: Column(label=how) if isinstance(how, str) else how for name, how in given.items()}


def _described(frame: pd.DataFrame, name: str, given: Column) -> dict[str, str]:
    meaning = given.meaning or str(frame.attrs.get(ATTR_MEANINGS, {}).get(name, ""))
    unit = given.unit or unit_of(name, meaning)
    kind = given.kind or _kind(frame[name], name)
    label = given.label or label_of(name, unit)
    # whole words only: "Behind" does not end with its days
    if kind == "number" and f" {label}".lower().endswith(f" {unit}".lower()):
        shown = "" if unit not in ("share", "0..1") else unit
    else:
        shown = unit
    return asdict(Column(label, shown, meaning, kind, given.null or _null_word(meaning)))


def _null_word(meaning: str) -> str:
    """What null means, in the header's own words: "null when never scanned" is shown as "never scanned"."""
    found = re.search(r"null when ([^,;]+?)(?: or [^,;]+)?$", meaning)
    words = found.group(1).strip() if found else ""
    return words if 0 < len(words) <= LONGEST_NULL else wording.UNKNOWN


def _kind(series: pd.Series[Any], name: str) -> Kind:
    if name.endswith(("_date", "_on")):
        return "date"
    if name.endswith("_at") or pd.api.types.is_datetime64_any_dtype(series.dtype):
        return "instant"
    if pd.api.types.is_bool_dtype(series.dtype):
        return "text"
    if pd.api.types.is_numeric_dtype(series.dtype):
        return "number"
    return "code" if _CODE.search(name) else "text"
