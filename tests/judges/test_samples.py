"""Answers that other projects recorded or keep for their tests, where they are answers of catalogue operations.

They are read from the folder that PATCHLIB_FEEDS names; without it these tests are skipped.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from botocore import xform_name

from patchlib import shapes
from patchlib.paths import reference_folder
from patchlib.sources import SOURCES, Source
from tests.sandbox.handlers.test_shapes import misfits
from tests.test_second_judges import FEEDS, _typed, judge

# Services that the samples' folders name as boto3 does not.
_FOLDERS = {"service_quotas": "service-quotas"}


def _samples() -> Iterator[tuple[Source, Path]]:
    """Samples of catalogue operations: folder and file name tell service and operation."""
    if not FEEDS:
        return
    recorded = sorted(Path(FEEDS, "aws-recorded").glob("*/*/*.json"))
    kept = sorted(Path(FEEDS, "aws-samples", "fixinventory").glob("*/*.json"))
    for source in SOURCES:
        command = xform_name(source.operation, "-")
        for path in recorded:
            if (path.parent.parent.name, path.parent.name) == (source.service, source.operation):
                yield source, path
        for path in kept:
            service = _FOLDERS.get(path.parent.name, path.parent.name)
            if (service, path.stem.partition("__")[0]) == (source.service, command):
                yield source, path


def _table(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


SAMPLES = list(_samples())
_REASON = "PATCHLIB_FEEDS names no folder of samples"


def _fitting(source: Source, sample: dict[str, Any]) -> dict[str, Any]:
    """The sample without rows that no AWS would send: of another type than the operation's own model says.

    Whole rows are left out; a sample of which none stays is no judge, and says so.
    """
    member = source.items.partition("[]")[0].partition(".")[0]
    shape = shapes.operation_model(source.service, source.operation).output_shape
    assert shape is not None
    if not member:
        return sample
    if shape.members[member].type_name != "list":
        faults = _wrong_types(shape.members[member], sample[member])
        if faults:
            pytest.skip(f"the sample does not fit its model: {faults[0]}")
        return sample
    row_shape = shape.members[member].member
    kept = [row for row in sample[member] if not _wrong_types(row_shape, row) and not _repeats_a_tag(row)]
    if not kept:
        faults = _wrong_types(row_shape, sample[member][0]) or ["a resource has each tag once"]
        pytest.skip(f"no row of the sample fits its model: {faults[0]}")
    return sample | {member: kept}


def _repeats_a_tag(row: Any) -> bool:
    """Whether a list of keys and values has a key twice, as samples have in which all texts are one word."""
    lists = [value for value in row.values() if isinstance(value, list)] if isinstance(row, dict) else []
    keys = [[each["Key"] for each in value if isinstance(each, dict) and "Key" in each] for value in lists]
    return any(len(set(each)) < len(each) for each in keys)


def _wrong_types(shape: Any, row: Any) -> list[str]:
    # A word that botocore's model does not list yet is no wrong type.
    return [fault for fault in misfits(shape, _typed(shape, row)) if "is not one of" not in fault]


@pytest.mark.published
@pytest.mark.skipif(not SAMPLES, reason=_REASON)
@pytest.mark.parametrize(
    ("source", "path"), SAMPLES, ids=lambda value: getattr(value, "stem", getattr(value, "name", ""))
)
def test_recorded_answers_arrive_in_raw(
    source: Source, path: Path, tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    """Every row that fits the operation's model is in its raw table, value by value."""
    sample = json.loads(path.read_text(encoding="utf-8"))
    judge(source, _fitting(source, sample), tmp_path)
    folder = path.relative_to(FEEDS).parts[0]
    record_property("judge", f"{folder} {source.service}:{source.operation}")


@pytest.mark.published
@pytest.mark.skipif(not FEEDS, reason=_REASON)
def test_the_sandboxs_rates_are_the_published_ones() -> None:
    """What is not marked as invented or derived is the published rate, and the steps of the derived ones hold there."""
    published = {row["instance_type"]: row for row in _table(Path(FEEDS, "prices", "ec2_us_east_1.csv"))}
    columns = {"Linux": "linux_usd_h", "RHEL": "rhel_usd_h", "Windows": "windows_usd_h"}
    rates = [row for row in _table(reference_folder() / "price_on_demand.csv") if row["region"] == "us-east-1"]
    compared = 0
    for rate in rates:
        known = published[rate["instance_type"]]
        assert float(rate["vcpu_count"]) == float(known["vcpu"])
        assert float(rate["memory_gib"]) == float(known["memory_gib"])
        value = known[columns[rate["operating_system"]]]
        if rate["is_synthetic"] == "false":
            assert float(rate["usd_per_hour"]) == float(value), rate
            compared += 1
        elif rate["operation"] != "RunInstances:0800":
            assert not value, f"a published rate is there: {rate}"
    assert compared > 10


@pytest.mark.published
@pytest.mark.skipif(not FEEDS, reason=_REASON)
def test_charges_of_s3_are_those_of_the_price_list() -> None:
    """Requests cost what the recorded price list says, within its rounding."""
    goldens = _table(Path(FEEDS, "prices", "aws_unit_prices_infracost.csv"))
    table = _table(reference_folder() / "aws_charge.csv")
    charges = {row["charge"]: float(row["usd"]) / float(row["unit_count"]) for row in table}
    words = {
        "s3_list_request": "PUT, COPY, POST, LIST requests",
        "s3_get_request": "GET, SELECT, and all other requests",
    }
    for charge, component in words.items():
        fits = [
            abs(charges[charge] * 1000 - float(row["unit_price_usd"])) <= float(row["unit_price_max_error_usd"])
            for row in goldens
            if row["component"] == component and row["resource_type"] == "aws_s3_bucket"
        ]
        assert any(fits), charge
