"""What AWS charges for being read: paid operations, requests to S3, and the events that a trail delivers.

Prices are dated rows of data/reference/aws_charge.csv; what has no row costs an unknown amount, not nothing.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass

from patchlib import paths
from patchlib.sources import is_source
from patchlib.sources import source as source_of

__all__ = ["Charge", "charges_for", "price"]

# The price of one call, where AWS charges for the call itself: by service, and for S3 by operation.
_S3 = {"ListObjectsV2": "s3_list_request", "GetObject": "s3_get_request", "HeadObject": "s3_get_request"}
_PAID = {"ce": "cost_explorer_request"}
_TRAIL_COPY, _DATA_EVENT = "cloudtrail_management_event_copy", "cloudtrail_data_event"


@dataclass(frozen=True)
class Charge:
    """One thing AWS may charge for.

    count: calls or events. usd: what they cost, None when unknown. when: what has to be so for it to be charged.
    """

    what: str
    count: int
    usd: float | None
    when: str


def price(charge: str) -> float | None:
    """USD for one request or event; None where no row of data/reference/aws_charge.csv tells it."""
    with (paths.reference_folder() / "aws_charge.csv").open(encoding="utf-8", newline="") as file:
        rows = {row["charge"]: float(row["usd"]) / float(row["unit_count"]) for row in csv.DictReader(file)}
    return rows.get(charge)


def charges_for(calls: Mapping[str, int], others: int = 0) -> tuple[Charge, ...]:
    """What so many calls by source cost. others: calls that no source makes, such as those for roles."""
    paid = {name: count for name, count in calls.items() if is_source(name) and source_of(name).is_paid}
    s3 = {name: count for name, count in calls.items() if is_source(name) and source_of(name).service == "s3"}
    # What is done to objects of a bucket is a data event, everything else a management event (CloudTrail user guide,
    # "Logging data events", read 2026-11-25).
    objects = sum(s3.values())
    events = sum(calls.values()) + others - objects
    return (
        Charge(
            "paid API calls",
            sum(paid.values()),
            _usd(paid),
            "always" if paid else "never: no operation of the catalogue is charged by itself",
        ),
        Charge("S3 requests", sum(s3.values()), _usd(s3), "always, to the bucket's account"),
        Charge("CloudTrail events, first copy", events, 0.0, "never: the first copy of management events is free"),
        Charge(
            "CloudTrail events, each further copy",
            events,
            _times(events, price(_TRAIL_COPY)),
            "for every further trail that delivers management read events",
        ),
        Charge(
            "CloudTrail data events",
            objects,
            _times(objects, price(_DATA_EVENT)),
            "for every trail that records the objects of that bucket",
        ),
    )


def _usd(calls: Mapping[str, int]) -> float | None:
    total = 0.0
    for name, count in calls.items():
        source = source_of(name)
        charge = _S3.get(source.operation, "") if source.service == "s3" else _PAID.get(source.service, "")
        usd = _times(count, price(charge))
        if usd is None:
            return None
        total += usd
    return round(total, 4)


def _times(count: int, usd: float | None) -> float | None:
    return 0.0 if count == 0 else None if usd is None else round(count * usd, 4)
