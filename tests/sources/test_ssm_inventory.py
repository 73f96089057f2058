"""How compliance and inventory are asked for."""

from patchlib.sources import source
from tests.sources.asking import context


def test_applications_of_all_nodes_are_one_listing() -> None:
    """No node is asked for by itself, and of the inventory only applications come."""
    (request,) = source("ssm_inventory").requests(context())
    assert request.params == {"ResultAttributes": [{"TypeName": "AWS:Application"}]}
    (request,) = source("ssm_resource_compliance").requests(context())
    assert request.params == {}
