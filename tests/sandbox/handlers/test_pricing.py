"""Promises of the price list handler."""

import json
from typing import Any

import pytest

from patchlib.sandbox.endpoint import ServiceError
from patchlib.sandbox.organisation import Organisation
from patchlib.sources import source
from tests.sandbox.handlers.conftest import Ask
from tests.sources.asking import context


def _products(ask: Ask, **params: Any) -> list[dict[str, Any]]:
    return [json.loads(text) for text in ask("pricing", "GetProducts", ServiceCode="AmazonEC2", **params)["PriceList"]]


def test_every_node_has_a_rate(ask: Ask, organisation: Organisation) -> None:
    """What the catalogue asks for the fleet answers with one rate for each Region, type and usage operation in use."""
    nodes = [node for node in organisation.estate.nodes if node.kind == "ec2"]
    rows = [{"InstanceType": node.instance_type, "_region": node.region} for node in nodes]
    found = {}
    for request in source("pricing_product").requests(context(ec2_instance=rows)):
        page = ask("pricing", "GetProducts", **request.params)["PriceList"]
        assert 0 < len(page) <= 100, "one page"
        for product in map(json.loads, page):
            attributes = product["product"]["attributes"]
            (term,) = product["terms"]["OnDemand"].values()
            (dimension,) = term["priceDimensions"].values()
            key = attributes["regionCode"], attributes["instanceType"], attributes["operation"]
            assert key not in found
            found[key] = float(dimension["pricePerUnit"]["USD"])
    used = {(node.region, node.instance_type, node.platform.usage_operation) for node in nodes}
    assert used <= found.keys()
    assert all(usd > 0 for usd in found.values())
    assert found["us-east-1", "m6i.xlarge", "RunInstances"] == 0.192
    assert found["us-east-1", "m6i.xlarge", "RunInstances:0002"] == 0.376


@pytest.mark.parametrize(
    ("params", "code"),
    [
        ({"ServiceCode": "AmazonRDS"}, "NotFoundException"),
        ({"Filters": [{"Type": "CONTAINS", "Field": "instanceType", "Value": "t3"}]}, "InvalidParameterException"),
        ({"Filters": [{"Type": "TERM_MATCH", "Field": "colour", "Value": "red"}]}, "InvalidParameterException"),
    ],
)
def test_what_is_not_followed_is_refused(ask: Ask, params: dict[str, Any], code: str) -> None:
    """Another service, another kind of filter, an attribute that no product has."""
    with pytest.raises(ServiceError, match=code):
        ask("pricing", "GetProducts", **({"ServiceCode": "AmazonEC2"} | params))


def test_a_filter_that_nothing_matches_answers_nothing(ask: Ask) -> None:
    """An unknown instance type has no product, and that is no error."""
    assert _products(ask, Filters=[{"Type": "TERM_MATCH", "Field": "instanceType", "Value": "t3.none"}]) == []
