"""The network listings: one each, as large as EC2 allows."""

import pytest

from patchlib.sources import source
from patchlib.sources.ec2_network import SOURCES
from tests.sources.asking import context


@pytest.mark.parametrize(
    ("name", "rows"), [("ec2_security_group", 1000), ("ec2_route_table", 100), ("ec2_subnet", 1000)]
)
def test_one_listing_of_the_largest_pages(name: str, rows: int) -> None:
    """Nothing is asked per VPC or per group."""
    assert source(name) in SOURCES
    assert source(name).page_size == rows
    assert [request.params for request in source(name).requests(context())] == [{}]
