"""Promises of the markup of displayed things."""

from __future__ import annotations

from typing import Any

from patchlib.site import asset, fragments

EVIL = "<img src=x onerror=alert(1)>\"'&"


def _column(name: str, kind: str = "text", unit: str = "") -> dict[str, Any]:
    return {"label": name, "kind": kind, "unit": unit, "meaning": EVIL}


def _table(rows: list[list[Any]], **more: Any) -> dict[str, Any]:
    columns = [_column("Platform"), _column("Share", "number", "share"), _column("Scanned", "instant")]
    return {
        "columns": columns,
        "rows": rows,
        "row_count": len(rows),
        "source": "",
        "title": "T",
        "empty": "None.",
    } | more


def _card(**more: Any) -> dict[str, Any]:
    card = {"name": "a", "label": "Fresh", "value": 0.5, "unit": "share", "tone": "bad", "definition": "Scanned."}
    return card | {"source": "fleet/coverage", "denominator": "4 of 8 nodes", "better": "higher"} | more


def test_no_text_becomes_markup() -> None:
    """Whatever a tag, an error text or a label holds, it stays text."""
    html = fragments.table(_table([[EVIL, None, None]], title=EVIL, note=EVIL))
    html += fragments.kpis({"cards": [_card(label=EVIL, name=EVIL, definition=EVIL, denominator=EVIL)]})
    html += fragments.note({"text": EVIL, "title": EVIL, "tone": "bad"}) + fragments.conclusion({"text": EVIL})
    html += fragments.caption({"title": EVIL, "question": EVIL, "unit": EVIL}) + fragments.empty_state(EVIL)
    assert "<img" not in html
    assert 'onerror=alert(1)>"' not in html


def test_prose_keeps_code_and_strong() -> None:
    """The two marks that sentences need are rendered, after escaping."""
    assert fragments.prose("`a<b` is **bad**") == "<code>a&lt;b</code> is <strong>bad</strong>"


def test_a_card_says_its_tone_in_a_word() -> None:
    """Tone is never by colour alone."""
    assert ">act<" in fragments.kpis({"cards": [_card()]})


def test_a_card_shows_denominator_change_interval_and_trust_line() -> None:
    """A figure never stands without what it is a share of, and where it comes from."""
    html = fragments.kpis({"cards": [_card(previous=0.4, interval=(0.3, 0.7), previous_label="since 2026-10-26")]})
    for words in ("4 of 8 nodes", "up 10 points, better", "since 2026-10-26", "30 to 70", "Scanned.", "fleet/coverage"):
        assert words in html


def test_an_unknown_value_has_no_unit_and_no_change() -> None:
    """Unknown is an answer: no percent sign beside it, no change computed from it."""
    html = fragments.kpis({"cards": [_card(value=None, previous=0.4)]})
    assert ">unknown<" in html
    assert "%" not in html
    assert "since" not in html


def test_a_table_has_caption_scopes_and_units() -> None:
    """Semantic tables: caption, column scopes, unit in the heading, a scroll region with a name."""
    html = fragments.table(_table([["Ubuntu", 0.5, "2026-11-02T06:00:00Z"]]))
    assert "<caption>T</caption>" in html
    assert html.count('scope="col"') == 3
    assert '<span class="pl-unit">%</span>' in html
    assert 'role="region" aria-label="T"' in html


def test_cells_sort_by_value_not_by_text() -> None:
    """What is shown shortened keeps its full value for sorting."""
    html = fragments.table(_table([["Ubuntu", 0.5, "2026-11-02T06:00:00Z"]]))
    assert 'data-sort="0.5">50<' in html
    assert 'data-sort="2026-11-02T06:00:00Z">2026-11-02 06:00<' in html


def test_a_cut_table_says_how_much_is_missing_and_where_the_rest_is() -> None:
    """A table that shows fewer rows than it has says so, with the command for all of them."""
    html = fragments.table(_table([["Ubuntu", 0.5, None]], row_count=1234, source="fleet/platforms"))
    assert "The first 1 of 1,234 rows are shown." in html
    assert "<code>patchlib query fleet/platforms</code>" in html


def test_a_long_table_says_on_paper_what_it_leaves_out() -> None:
    """The style sheet hides what comes after as many rows as the words count from; a short table has no such words."""
    most = fragments.PRINTED_ROWS
    rows = [["Ubuntu", 0.5, None]] * (most + 3)
    for html in (fragments.table(_table(rows)), fragments.data_table(_table(rows))):
        assert '<p class="pl-question pl-print">3 rows more on screen.</p>' in html
    assert "1 row more on screen." in fragments.table(_table(rows[: most + 1]))
    assert "pl-print" not in fragments.table(_table(rows[:most]))
    paper = asset("report.css").split("@media print")[1]
    assert f".pl-grid tbody tr:nth-child(n+{most + 1}) {{ display: none; }}" in paper
    assert ".pl-print { display: block; }" in paper


def test_an_empty_table_says_why() -> None:
    """No rows means a sentence, not an empty grid."""
    html = fragments.table(_table([], empty="No node waits."))
    assert "No node waits." in html
    assert "<table" not in html


def test_a_day_is_shown_without_a_time() -> None:
    """A date that came as midnight is a date."""
    assert fragments.shown_value("2027-03-31T00:00:00Z", {"kind": "date"}) == "2027-03-31"
