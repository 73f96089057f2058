"""Prices are asked once per Region and instance type, however many nodes there are."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from patchlib.sources import Scope, source
from tests.sources.asking import context


def _asked(rows: list[dict[str, Any]]) -> list[dict[str, str]]:
    requests = source("pricing_product").requests(context(ec2_instance=rows))
    assert_params = [request.params for request in requests]
    assert all(params["ServiceCode"] == "AmazonEC2" for params in assert_params)
    return [{each["Field"]: each["Value"] for each in params["Filters"]} for params in assert_params]


def test_each_type_once_per_region() -> None:
    """Nodes of one type in one Region share a listing; a row without a type asks for nothing."""
    rows = [
        {"InstanceId": "i-1", "InstanceType": "t3.large", "_region": "us-east-1"},
        {"InstanceId": "i-2", "InstanceType": "t3.large", "_region": "us-east-1"},
        {"InstanceId": "i-3", "InstanceType": "t3.large", "_region": "eu-central-1"},
        {"InstanceId": "i-4", "_region": "eu-central-1"},
    ]
    asked = _asked(rows)
    assert [(each["regionCode"], each["instanceType"]) for each in asked] == [
        ("eu-central-1", "t3.large"),
        ("us-east-1", "t3.large"),
    ]
    # Dedicated hardware, idle reservations and preinstalled databases are other products.
    assert {(each["tenancy"], each["capacitystatus"], each["preInstalledSw"]) for each in asked} == {
        ("Shared", "Used", "NA")
    }


@given(st.lists(st.tuples(st.sampled_from(["a", "b"]), st.sampled_from(["t3.large", "m6i.large", None]))))
def test_as_many_listings_as_different_pairs(nodes: list[tuple[str, str | None]]) -> None:
    """Never more, never fewer."""
    rows = [{"InstanceType": kind, "_region": region} if kind else {"_region": region} for region, kind in nodes]
    assert len(_asked(rows)) == len({pair for pair in nodes if pair[1]})


def test_the_price_list_answers_elsewhere_and_last() -> None:
    """It is asked after all cells, at one of the three Regions that answer."""
    prices = source("pricing_product")
    assert prices.scope is Scope.ESTATE
    assert prices.endpoint_region == "us-east-1"
    assert {"InstanceType"} <= set(source("ec2_instance").remember)
