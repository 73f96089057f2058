"""On-demand rates of the sandbox's instance types: `data/reference/price_on_demand.csv`.

us-east-1 holds published rates where there are any; what is derived or invented is marked `is_synthetic`, and that is
all of eu-central-1.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import cache

from patchlib.paths import reference_folder

__all__ = ["Rate", "rates", "vcpu_count"]


@dataclass(frozen=True)
class Rate:
    """What an hour of an instance type costs in a Region under an operating system [USD].

    operation: EC2's usage operation, which tells operating system and licence (`RunInstances:0002` is Windows).
    """

    region: str
    instance_type: str
    operating_system: str
    operation: str
    license_model: str
    vcpu_count: int
    memory_gib: int
    usd_per_hour: str
    as_of_date: str
    is_synthetic: bool


@cache
def rates() -> tuple[Rate, ...]:
    """Every rate of the table."""
    with (reference_folder() / "price_on_demand.csv").open(encoding="utf-8", newline="") as file:
        return tuple(
            Rate(
                region=row["region"],
                instance_type=row["instance_type"],
                operating_system=row["operating_system"],
                operation=row["operation"],
                license_model=row["license_model"],
                vcpu_count=int(row["vcpu_count"]),
                memory_gib=int(row["memory_gib"]),
                usd_per_hour=row["usd_per_hour"],
                as_of_date=row["as_of_date"],
                is_synthetic=row["is_synthetic"] == "true",
            )
            for row in csv.DictReader(file)
        )


@cache
def vcpu_count(instance_type: str) -> int:
    """vCPUs of an instance type; KeyError for one that the sandbox does not use."""
    return {rate.instance_type: rate.vcpu_count for rate in rates()}[instance_type]
