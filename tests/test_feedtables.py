"""Tables of feeds: each fact says where it is from, and every column what it means."""

from __future__ import annotations

from patchlib.feedtables import FACT_TABLES, FEED_TABLES


def test_every_fact_has_its_feed_source_and_day() -> None:
    """The last three columns of each, and the feed is part of its name."""
    for table in FACT_TABLES:
        assert [column.name for column in table.columns[-3:]] == ["feed", "source", "as_of_date"]
        assert table.grain[0] == "feed"
        assert set(table.grain) <= {column.name for column in table.columns}


def test_every_column_has_a_meaning() -> None:
    """With its unit where it counts or measures something."""
    for table in FEED_TABLES:
        for column in table.columns:
            assert column.comment
            if column.name.endswith(("_share", "_count", "_score", "_at")):
                assert "[" in column.comment, f"{table.name}.{column.name}"


def test_names_end_as_their_types_do() -> None:
    """_date is a day, _at an instant, is_ a truth."""
    types = {"_date": "DATE", "_at": "TIMESTAMP", "_share": "DOUBLE", "_count": "BIGINT"}
    for table in FEED_TABLES:
        for column in table.columns:
            for ending, type_ in types.items():
                assert not column.name.endswith(ending) or column.type == type_, column.name
            assert column.name.startswith("is_") == (column.type == "BOOLEAN"), column.name
