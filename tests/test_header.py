"""A query's header: its own words are read, and what cannot be read is named."""

from pathlib import Path

import pytest

from patchlib.errors import HeaderInvalid
from patchlib.header import parse

PATH = Path("topic/one.sql")
ONE = """\
-- purpose: one number
-- inputs:  core.node,
--          core.node_scan
-- grain:   one row
-- params:
--   as_of  timestamp  report instant [UTC]
-- columns:
--   number  integer  a number [1], null never
select 1 as number where $as_of is not null
order by number
"""


def test_a_header_is_read() -> None:
    """Purpose, inputs, grain, parameters and columns come from the file's own words."""
    query = parse("topic/one", PATH, ONE)
    assert query.purpose == "one number"
    assert query.inputs == ("core.node", "core.node_scan")
    assert [(each.name, each.type) for each in query.params] == [("as_of", "timestamp")]
    assert query.columns[0].meaning == "a number [1], null never"
    assert query.relation == "topic_one"
    assert query.sql.startswith("select 1")


@pytest.mark.parametrize(
    ("old", "new", "named"),
    [
        ("-- purpose: one number\n", "", "lacks purpose"),
        ("-- grain:   one row", "-- grain:", "lacks grain"),
        ("--   number  integer  a number [1], null never\n", "", "lacks columns"),
        ("-- params:", "-- parameters:", "cannot be read"),
        ("--   as_of  timestamp  report instant [UTC]", "--   as_of  timestamp", "cannot be read"),
    ],
)
def test_a_header_that_cannot_be_read_is_named(old: str, new: str, named: str) -> None:
    """The message has the file and the line."""
    with pytest.raises(HeaderInvalid, match=named) as caught:
        parse("topic/one", PATH, ONE.replace(old, new))
    assert "one.sql" in str(caught.value)
