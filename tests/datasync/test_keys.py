"""Keys: what one says of its object, and that one which is not understood is refused by name."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from patchlib.datasync.keys import EXPECTED, is_noise, place_of
from patchlib.errors import LayoutUnknown
from patchlib.shapes import known_regions

PREFIXES = st.sampled_from(["", "ssm/", "ssm-inventory/2026/", "AWSLogs/"])
TYPES = st.from_regex(r"(AWS|Custom|OPS):[A-Za-z]{1,20}", fullmatch=True)
ACCOUNTS = st.from_regex(r"[0-9]{12}", fullmatch=True)
REGIONS = st.sampled_from(sorted(known_regions()))
NODES = st.from_regex(r"(i|mi)-[0-9a-f]{8,17}", fullmatch=True)
SPELLINGS = st.sampled_from(["resourcetype", "resourceType", "ResourceType"])


@given(PREFIXES, TYPES, ACCOUNTS, REGIONS, SPELLINGS, NODES, st.sampled_from(["", ".gz"]))
def test_a_synced_key_says_what_it_was_made_of(
    prefix: str, kind: str, account_id: str, region: str, spelling: str, node_id: str, ending: str
) -> None:
    """Type, account, Region, resource type and node, below any prefix, however the partition is spelt."""
    parts = f"accountid={account_id}/region={region}/{spelling}=ManagedInstanceInventory/{node_id}.json{ending}"
    place = place_of(f"{prefix}{kind}/{parts}")
    assert (place.kind, place.account_id, place.region, place.item) == (kind, account_id, region, node_id)
    assert place.resource_type == "ManagedInstanceInventory"
    assert not place.is_report


@given(st.text(max_size=80))
def test_whatever_else_is_refused_by_name(key: str) -> None:
    """Unless it could be a report: the refusal names the key and what was expected."""
    if not key.rpartition("/")[2].lower().endswith((".csv", ".json", ".csv.gz", ".json.gz")):
        with pytest.raises(LayoutUnknown) as refused:
            place_of(key)
        assert refused.value.where == " ".join(key.split())
        assert EXPECTED in refused.value.what


@pytest.mark.parametrize(
    "key",
    [
        "AWS:ComplianceItem/i-1.json",
        "AWS:ComplianceItem/accountid=21000000000/region=eu-central-1/resourcetype=x/i-1.json",
        "AWS:ComplianceItem/accountid=210000000001/region=eu-nowhere-1/resourcetype=x/i-1.json",
        "AWS:ComplianceItem/accountid=210000000001/region=eu-central-1/i-1.json",
        "AWS:ComplianceItem/accountid=210000000001/region=eu-central-1/resourcetype=x/2026/i-1.json",
        "AWS:ComplianceItem/accountid=210000000001/region=eu-central-1/resourcetype=x/i-1.parquet",
        "inventory.parquet",
        "AWSLogs/210000000001/elasticloadbalancing/x.log.gz",
    ],
)
def test_a_key_that_is_nearly_right_is_refused(key: str) -> None:
    """A synced key that lacks a part is no report either; what was expected and the next step are said."""
    with pytest.raises(LayoutUnknown) as refused:
        place_of(key)
    assert refused.value.where == key
    assert "accountid=<12 digits>" in str(refused.value)
    assert refused.value.next_step


@pytest.mark.parametrize(
    ("key", "account_id", "region", "item"),
    [
        (
            "reports/210000000001/eu-central-1/weekly.csv",
            "210000000001",
            "eu-central-1",
            "reports/210000000001/eu-central-1",
        ),
        ("reports/accountid=210000000001/region=us-east-1/a.csv.gz", "210000000001", "us-east-1", None),
        ("inspector/0a1b.json", None, None, "inspector"),
        ("a.CSV", None, None, "."),
    ],
)
def test_a_report_is_about_its_folder(key: str, account_id: str | None, region: str | None, item: str | None) -> None:
    """Account and Region are those that parts of the key name; the next report in the folder takes its place."""
    place = place_of(key)
    assert place.is_report
    assert (place.account_id, place.region) == (account_id, region)
    assert place.item == (item or key.rpartition("/")[0])


def test_what_is_no_data_is_passed_over() -> None:
    """Markers of folders and the sync's own write check."""
    assert is_noise("ssm/")
    assert is_noise("ssm/AWS:InstanceInformation/accountid=210000000001/test.json")
    assert not is_noise("ssm/AWS:Tag/accountid=210000000001/test.json")
