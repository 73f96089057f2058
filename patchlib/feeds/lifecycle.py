"""endoflife.date: release cycles of products, from its API or a table.

Format: endoflife.date/docs/api/v1 (read 2026-11-25), `/products/full` or one `/products/<product>/`. The table has a
row per cycle; its dates may also be true or false, which says whether that support is over.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from patchlib.feeds.facts import Facts, FeedFile, day, unknown_names
from patchlib.feeds.text import is_json, json_of, table_rows

__all__ = ["read"]

_REQUIRED = frozenset({"product", "product_title", "category", "cycle", "release_date", "active_support_end", "eol"})
_KNOWN = _REQUIRED | {
    "label", "lts", "extended_end", "discontinued", "latest", "latest_release_date", "eol_column", "eoes_column",
    "link",
}  # fmt: skip
_TRUTH = {"true": True, "false": False}


def read(file: FeedFile) -> Facts:
    """The cycles of all products in the file. Raises FeedInvalid."""
    return _read_api(file) if is_json(file) else _read_table(file)


def _read_api(file: FeedFile) -> Facts:
    whole = json_of(file)
    products = whole.get("result") if isinstance(whole, dict) else None
    if isinstance(products, dict):
        products = [products]
    if not isinstance(products, list):
        raise file.invalid("the file has no result")
    if "total" in whole and whole["total"] != len(products):
        raise file.invalid(f"the file counts {whole['total']} products and holds {len(products)}")
    facts = Facts(as_of=day(file, whole.get("generated_at")))
    for product in products:
        try:
            for release in product["releases"]:
                _add_release(file, facts, product, release)
        except (KeyError, TypeError, AttributeError) as error:
            raise file.invalid(f"a product is not laid out as the API promises: {error!r}") from error
    return facts


def _add_release(file: FeedFile, facts: Facts, product: Mapping[str, Any], release: Mapping[str, Any]) -> None:
    ends = {
        name: _end(file, release.get(f"{member}From"), release.get(f"is{member[0].upper()}{member[1:]}"))
        for name, member in (("active_support", "eoas"), ("life", "eol"), ("extended_support", "eoes"))
    }
    latest = release.get("latest") or {}
    _add(
        file, facts, ends, product=product["name"], product_title=product["label"], category=product["category"],
        cycle=release["name"], label=release.get("label"), is_lts=release.get("isLts"),
        release_date=day(file, release["releaseDate"]), latest_version=latest.get("name"),
        latest_release_date=day(file, latest.get("date")), link=latest.get("link"),
    )  # fmt: skip


def _read_table(file: FeedFile) -> Facts:
    names, rows = table_rows(file, _REQUIRED)
    facts = Facts(notes=unknown_names(names, _KNOWN))
    released: list[date] = []
    for row in rows:
        columns = (("active_support", "active_support_end"), ("life", "eol"), ("extended_support", "extended_end"))
        ends = {name: _table_end(file, row.get(column, "")) for name, column in columns}
        latest = day(file, row.get("latest_release_date"))
        released += [latest] if latest else []
        _add(
            file, facts, ends, product=row["product"], product_title=row["product_title"], category=row["category"],
            cycle=row["cycle"], label=row.get("label") or None, is_lts=_TRUTH.get(row.get("lts", "")),
            release_date=day(file, row["release_date"]), latest_version=row.get("latest") or None,
            latest_release_date=latest, link=row.get("link") or None,
        )  # fmt: skip
    facts.as_of = max(released, default=None)
    return facts


_End = tuple[date | None, bool | None]


def _end(file: FeedFile, text: str | None, is_over: bool | None) -> _End:
    """A date, or without one what the feed says; with one, whether it is past depends on the day of asking."""
    found = day(file, text)
    return found, None if found else is_over


def _table_end(file: FeedFile, text: str) -> _End:
    return (None, _TRUTH[text]) if text in _TRUTH else (day(file, text), None)


def _add(file: FeedFile, facts: Facts, ends: Mapping[str, _End], **values: Any) -> None:
    facts.row_count += 1
    is_new = facts.add(
        "lifecycle_cycle",
        active_support_end_date=ends["active_support"][0],
        is_active_support_over=ends["active_support"][1],
        end_of_life_date=ends["life"][0],
        is_end_of_life=ends["life"][1],
        extended_support_end_date=ends["extended_support"][0],
        is_extended_support_over=ends["extended_support"][1],
        **values,
    )
    if not is_new or not values["product"] or not values["cycle"]:
        raise file.invalid(f"a cycle is named twice or not at all: {values['product']} {values['cycle']}")
