"""AWS Price List: on-demand rates of the instance types in use, as the JSON texts that the service answers with."""

from __future__ import annotations

import json
from typing import Any

from patchlib.sandbox.endpoint import Call, Handler, ServiceError
from patchlib.sandbox.world.draws import Draws
from patchlib.sandbox.world.estate import Estate
from patchlib.sandbox.world.prices import Rate, rates

__all__ = ["handlers"]

# Codes of the offer "on demand" and of its rate per hour; the same in every product of the price list.
_ON_DEMAND, _PER_HOUR = "JRTCKXETXF", "6YS6EN2CT7"


def handlers(estate: Estate) -> dict[str, Handler]:
    """The operations of the price list over one estate."""
    return {"GetProducts": lambda call: _products(estate, call)}


def _products(estate: Estate, call: Call) -> dict[str, Any]:
    if call.params["ServiceCode"] != "AmazonEC2":
        raise ServiceError("NotFoundException", "The sandbox's price list knows AmazonEC2 only.")
    wanted: dict[str, str] = {}
    for each in call.params.get("Filters", []):
        if each["Type"] != "TERM_MATCH":
            raise ServiceError(
                "InvalidParameterException", f"The sandbox does not follow filters of type {each['Type']}."
            )
        wanted[each["Field"]] = each["Value"]
    found = []
    for rate in rates():
        attributes = _attributes(rate)
        unknown = wanted.keys() - attributes.keys()
        if unknown:
            raise ServiceError("InvalidParameterException", f"The sandbox does not filter products by {min(unknown)}.")
        if wanted.items() <= attributes.items():
            found.append(json.dumps(_product(estate.draws, rate, attributes)))
    return {"FormatVersion": "aws_v1", "PriceList": found}


def _attributes(rate: Rate) -> dict[str, str]:
    return {
        "capacitystatus": "Used",
        "instanceType": rate.instance_type,
        "licenseModel": rate.license_model,
        "location": {"us-east-1": "US East (N. Virginia)", "eu-central-1": "EU (Frankfurt)"}[rate.region],
        "locationType": "AWS Region",
        "marketoption": "OnDemand",
        "memory": f"{rate.memory_gib} GiB",
        "operatingSystem": rate.operating_system,
        "operation": rate.operation,
        "preInstalledSw": "NA",
        "regionCode": rate.region,
        "servicecode": "AmazonEC2",
        "tenancy": "Shared",
        "vcpu": str(rate.vcpu_count),
    }


def _product(draws: Draws, rate: Rate, attributes: dict[str, str]) -> dict[str, Any]:
    sku = draws.hexadecimal(16, "sku", rate.region, rate.instance_type, rate.operation).upper()
    offer = f"{sku}.{_ON_DEMAND}"
    dimension = {
        "unit": "Hrs",
        "beginRange": "0",
        "endRange": "Inf",
        "description": f"${rate.usd_per_hour} per On Demand {rate.operating_system} {rate.instance_type} Instance Hour",
        "appliesTo": [],
        "rateCode": f"{offer}.{_PER_HOUR}",
        "pricePerUnit": {"USD": f"{rate.usd_per_hour}000000"},
    }
    term = {
        "sku": sku,
        "offerTermCode": _ON_DEMAND,
        "effectiveDate": f"{rate.as_of_date}T00:00:00Z",
        "priceDimensions": {f"{offer}.{_PER_HOUR}": dimension},
        "termAttributes": {},
    }
    return {
        "product": {"productFamily": "Compute Instance", "attributes": attributes, "sku": sku},
        "serviceCode": "AmazonEC2",
        "terms": {"OnDemand": {offer: term}},
        "version": rate.as_of_date.replace("-", "") + "000000",
        "publicationDate": f"{rate.as_of_date}T00:00:00Z",
    }
