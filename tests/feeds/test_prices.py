"""Prices: an hour of an instance on demand, out of a list that holds much else."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from patchlib.errors import FeedInvalid
from patchlib.feeds.facts import FeedFile
from patchlib.feeds.prices import read
from tests.feeds.rows import rows
from tests.feeds.samples import file

COLUMNS = (
    "SKU,TermType,Unit,PricePerUnit,Currency,Instance Type,vCPU,Memory,Tenancy,Operating System,License Model,"
    "operation,CapacityStatus,Pre Installed S/W,Region Code"
)
ABOUT = (
    '"FormatVersion","v1.0"\n"Disclaimer","a, b"\n"Publication Date","2026-08-22T19:00:00Z"\n"Version","1"\n"Offer","E"'
)
PLAIN = (
    "S,OnDemand,Hrs,0.0960000000,USD,m5.large,2,8 GiB,Shared,Linux,No License required,RunInstances,Used,NA,eu-west-1"
)
LIST = "\n".join(
    [
        ABOUT,
        COLUMNS,
        PLAIN,
        PLAIN.replace("Linux", "Windows").replace("RunInstances", "RunInstances:0002").replace("0.096", "0.188"),
        PLAIN.replace("OnDemand", "Reserved"),
        PLAIN.replace("Shared", "Dedicated"),
        PLAIN.replace(",NA,", ",SQL Std,"),
        PLAIN.replace("Used", "UnusedCapacityReservation"),
        PLAIN.replace("m5.large", "u-24tb1.metal").replace("8 GiB", '"24,576 GiB"'),
        "",
    ]
)
TABLE = (
    b"instance_type,vcpu,memory_gib,arch,linux_usd_h,windows_usd_h,rhel_usd_h\n"
    b"m5.large,2.0,8.0,x86_64,0.096,0.188,\na1.large,2.0,4.0,arm64,0.051,,0.0798\n"
)


def _table(data: bytes = TABLE) -> FeedFile:
    return file(data, "folder/prices/ec2_us_east_1.csv")


def test_only_the_hour_on_demand_is_taken() -> None:
    """Reservations, dedicated hardware, preinstalled software and unused capacity cost otherwise."""
    facts = read(file(LIST.encode()))
    assert facts.as_of == date(2026, 8, 22)
    linux, windows, large = rows(facts, "on_demand_price")
    assert linux == {
        "region": "eu-west-1", "instance_type": "m5.large", "operating_system": "Linux",
        "license_model": "No License required", "operation": "RunInstances", "usd_per_hour": 0.096, "vcpu_count": 2,
        "memory_gib": 8.0,
    }  # fmt: skip
    assert (windows["operation"], windows["usd_per_hour"]) == ("RunInstances:0002", 0.188)
    assert large["memory_gib"] == 24576


def test_a_table_has_a_rate_for_each_system_it_knows() -> None:
    """Its Region is in its name; a rate that is not told is no row, and its day is told by who gives it."""
    facts = read(_table())
    found = rows(facts, "on_demand_price")
    assert [(row["instance_type"], row["operating_system"]) for row in found] == [
        ("m5.large", "Linux"), ("m5.large", "Windows"), ("a1.large", "Linux"), ("a1.large", "RHEL"),
    ]  # fmt: skip
    assert {row["region"] for row in found} == {"us-east-1"}
    assert (facts.row_count, facts.as_of) == (2, None)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (file(LIST.replace("Publication Date", "Published").encode()), "no publication date"),
        (file(LIST.replace("Tenancy", "Hardware").encode()), "lacks columns: Tenancy"),
        (file((LIST + PLAIN + "\n").encode()), "m5.large RunInstances twice in eu-west-1"),
        (file((LIST + PLAIN[:40]).encode()), "a row has"),
        (file(LIST.replace("0.0960000000", "free").encode()), "not a number"),
        (file(LIST.encode().replace(b"m5.large", b"\xff\xfe")), "no CSV"),
        (file(TABLE, "prices.csv"), "does not tell its Region"),
        (_table(TABLE + b"m5.large,2.0,8.0,x86_64,0.096,,\n"), "m5.large twice"),
        (_table(TABLE.replace(b"0.096", b"-1")), "is not within"),
    ],
)
def test_another_layout_is_refused(given: FeedFile, said: str) -> None:
    """A price is read or refused."""
    with pytest.raises(FeedInvalid, match=said):
        read(given)


@pytest.mark.published
def test_published_rates_keep_the_rule_that_they_were_checked_by(published: Path) -> None:
    """Windows costs what Linux costs and 0.046 USD per vCPU, but for the burstable types (measured on the table)."""
    path = published / "prices" / "ec2_us_east_1.csv"
    found = rows(read(FeedFile(str(path), path.read_bytes())), "on_demand_price")
    rates = {(row["instance_type"], row["operating_system"]): row for row in found}
    assert len({name for name, _ in rates}) == 1367
    windows = [row for (name, system), row in rates.items() if system == "Windows" and not name.startswith("t")]
    assert len(windows) > 200
    for row in windows:
        linux = rates[row["instance_type"], "Linux"]
        assert row["usd_per_hour"] - linux["usd_per_hour"] == pytest.approx(0.046 * row["vcpu_count"], abs=1e-6)
