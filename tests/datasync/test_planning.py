"""The plan: what must be read, what stands, and what it costs at the dated price."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from patchlib import paths
from patchlib.datasync.planning import held_by, make_plan, planned_kinds
from patchlib.errors import LayoutUnknown, SettingInvalid
from patchlib.sources.data_sync import LAYOUTS
from tests.datasync import places

TEXTS = places.node("i-1") | places.node("i-2")


def test_the_plan_counts_what_is_asked_of_s3() -> None:
    """Objects, those that changed with their size, requests and dollars; the listing on a line of its own."""
    bucket = places.bucket_of(places.endpoint_of(TEXTS | {places.key("Network", "i-1"): "{}"}))
    rows = {row.kind: row for row in planned_kinds(make_plan(bucket, {}), bucket.record)}
    assert rows["(listing)"].requests == 1
    items = rows["AWS:ComplianceItem"]
    sizes = [len(text) for name, text in TEXTS.items() if "ComplianceItem" in name]
    assert (items.objects, items.changed, items.bytes, items.requests) == (2, 2, sum(sizes), 2)
    with (paths.reference_folder() / "aws_charge.csv").open(encoding="utf-8") as file:
        price = {row["charge"]: float(row["usd"]) / int(row["unit_count"]) for row in csv.DictReader(file)}
    assert items.usd == pytest.approx(2 * price["s3_get_request"])
    assert (rows["AWS:Network"].objects, rows["AWS:Network"].requests) == (1, 0)


def test_a_folder_costs_nothing(tmp_path: Path) -> None:
    """No request, no dollar; what has changed is counted all the same."""
    folder = places.folder_of(tmp_path, TEXTS)
    rows = planned_kinds(make_plan(folder, {}), folder.record)
    assert {row.requests for row in rows} == {0}
    assert {row.usd for row in rows} == {None}
    assert sum(row.changed for row in rows) == len(TEXTS)


def test_what_a_snapshot_holds_is_known_by_its_etag(tmp_path: Path) -> None:
    """Also of what it kept from the one before."""
    endpoint = places.endpoint_of(TEXTS)
    first = places.take(places.bucket_of(endpoint), tmp_path)
    second = places.take(places.bucket_of(endpoint), tmp_path, base=first.name)
    held = held_by(second)
    assert held == held_by(first)
    assert len(held) == len(TEXTS)
    plan = make_plan(places.bucket_of(endpoint), held)
    assert {task.reading for task in plan.tasks} == {"kept"}
    assert {name for _, _, name, _ in held} < {layout.source.name for layout in LAYOUTS}


@pytest.mark.parametrize(
    "keys",
    [
        (),
        ("AWS:Tag/",),
        ("README.txt", "photos/1.png"),
        (places.key("Tag", "i-1").removeprefix("AWS:Tag/"),),
        tuple(f"logs/{number:04}.log" for number in range(1200)),
    ],
    ids=["empty", "markers only", "something else", "too deep", "very much else"],
)
def test_a_place_of_which_nothing_is_understood_is_the_wrong_one(keys: tuple[str, ...]) -> None:
    """A mistyped prefix is a setting at fault: what was expected, where, and the first key; it is not listed whole."""
    endpoint = places.endpoint_of(dict.fromkeys(keys, "{}"))
    with pytest.raises(SettingInvalid, match=r"no object here|nothing here is laid out as expected") as refused:
        make_plan(places.bucket_of(endpoint), {})
    assert refused.value.where == f"s3://{places.BUCKET}/ssm/"
    if keys and not keys[0].endswith("/"):
        assert f"ssm/{keys[0]}" in refused.value.next_step
    assert endpoint.requests.count("ListObjectsV2") <= 2


@pytest.mark.parametrize("strange", ["AAA.txt", "zzz.txt", "AWS:Tag/accountid=1/i-1.json"])
def test_a_strange_key_beside_known_ones_is_unread_data(strange: str) -> None:
    """Before or after them, and below a type's folder even alone: it may be what matters."""
    for texts in (TEXTS, {}) if strange.startswith("AWS:") else (TEXTS,):
        with pytest.raises(LayoutUnknown, match=strange):
            make_plan(places.bucket_of(places.endpoint_of({**texts, strange: "x"})), {})
