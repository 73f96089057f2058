"""Reading one listing: whole pages, no secrets, resumed where it stopped, told apart when it fails."""

from collections import Counter
from pathlib import Path

import pytest

from patchlib.sandbox.endpoint import Call, ServiceError
from patchlib.sandbox.faults import DroppedBody, DuplicateItem, Faults, MalformedBody
from patchlib.snapshot import CellFile, open_snapshot, read_pages
from tests import estate


def test_pages_hold_what_the_service_said(tmp_path: Path) -> None:
    """All 60 patches of each scanned node arrive, over two pages, with instants as ISO UTC."""
    folder = estate.taken(tmp_path)
    pages = [page for page in estate.pages(folder) if page.source == "ssm_patch"]
    assert Counter(page.item for page in pages).total() == 2 * 2 * 2 * 2
    patches = [patch for page in pages for patch in page.response["Patches"]]
    assert len(patches) == 8 * estate.PATCHES_PER_NODE
    assert {patch["InstalledTime"] for patch in patches} == {"2026-11-02T06:00:00Z"}


def test_secrets_never_reach_the_disk(tmp_path: Path) -> None:
    """Canaries in every secret-bearing field are in no page, and the manifest names what was removed."""
    folder = estate.taken(tmp_path)
    assert not any(estate.CANARY in page.model_dump_json() for page in estate.pages(folder))
    manifest = open_snapshot(folder)
    assert estate.CANARY not in manifest.model_dump_json()
    assert any("StepFunctions.Input" in name for name in manifest.dropped_fields)
    task = next(page for page in estate.pages(folder) if page.source == "ssm_window_task_detail")
    assert task.response["TaskInvocationParameters"]["RunCommand"]["Parameters"] == {"Operation": ["Install"]}


def test_a_listing_cut_between_pages_goes_on_at_its_token(tmp_path: Path) -> None:
    """A page file that ends after the first of two pages costs one more call, not two."""
    served = estate.endpoint()
    folder = estate.take(served, tmp_path)
    record = next(cell for cell in open_snapshot(folder).cells if cell.source == "ssm_available_patch")
    _reopen_without(folder, record.source)
    file = folder / str(record.file)
    first_end = next(end for _, end in read_pages(file))
    with file.open("r+b") as stream:
        stream.truncate(first_end + 7)
    before = served.requests.count("DescribeAvailablePatches", region=record.region)
    resumed = open_snapshot(estate.take(served, tmp_path, resume=folder.name))
    assert served.requests.count("DescribeAvailablePatches", region=record.region) - before == 1
    again = next(c for c in resumed.cells if c.source == record.source and c.region == record.region)
    assert (again.pages, again.items, again.state) == (record.pages, record.items, "ok")


def _reopen_without(folder: Path, source: str) -> None:
    """Turn a finished snapshot into one that was killed before it had journalled a source."""
    journal = folder / "journal.jsonl"
    lines = [line for line in journal.read_text().splitlines(keepends=True) if f'"source":"{source}"' not in line]
    journal.write_text("".join(lines))
    manifest = folder / "manifest.json"
    manifest.write_text(manifest.read_text().replace('"finished": true', '"finished": false'))


def test_a_forgotten_token_starts_the_listing_again(tmp_path: Path) -> None:
    """When the service no longer knows the token of a resumed listing, its pages are read anew, none twice."""
    folder = estate.taken(tmp_path)
    whole = estate.contents(folder)
    _reopen_without(folder, "ssm_available_patch")
    for file in folder.rglob("ssm_available_patch.jsonl.gz"):
        first, _ = next(iter(read_pages(file)))
        file.write_bytes(b"")
        CellFile(file).append(first.model_copy(update={"response": first.response | {"NextToken": "forgotten"}}))
    resumed = estate.take(estate.endpoint(), tmp_path, resume=folder.name)
    assert estate.contents(resumed) == whole


@pytest.mark.parametrize(
    "source",
    ["ssm_patch", "ec2_instance"],
)
def test_a_forgotten_token_costs_only_its_own_listing(tmp_path: Path, source: str) -> None:
    """Also of one node among many, and however the service words it; whole listings beside it stay."""
    folder = estate.taken(tmp_path)
    whole = estate.contents(folder)
    _reopen_without(folder, source)
    for file in folder.rglob(f"{source}.jsonl.gz"):
        pages = [page for page, _ in read_pages(file)]
        cut = pages[0].model_copy(update={"response": pages[0].response | {"NextToken": "forgotten"}})
        CellFile(file).keep([cut, *[page for page in pages if page.item != cut.item]])
    served = estate.endpoint()
    resumed = estate.take(served, tmp_path, resume=folder.name)
    assert estate.contents(resumed) == whole
    cells = [cell for cell in open_snapshot(resumed).cells if cell.source == source and cell.file]
    assert {cell.state for cell in cells} == {"ok"}
    again = len({page.page for page in estate.pages(resumed) if page.source == source and page.item == cut.item})
    assert sum(cell.calls for cell in cells) == len(cells) * (1 + again)


def test_an_item_gone_between_list_and_detail_is_partial(tmp_path: Path) -> None:
    """One vanished node makes its cell partial and is not among the items read; its neighbours are."""
    gone = estate.node_ids(estate.MEMBER, "us-east-1")[0]

    def patches(call: Call) -> dict[str, object]:
        if call.params["InstanceId"] == gone:
            raise ServiceError("InvalidInstanceId", "the node is gone", 400)
        return {"Patches": []}

    manifest = open_snapshot(estate.take(estate.endpoint(DescribeInstancePatches=patches), tmp_path))
    cell = next(
        c for c in manifest.cells if (c.account_id, c.region, c.source) == (estate.MEMBER, "us-east-1", "ssm_patch")
    )
    assert cell.state == "partial"
    assert cell.error_code == "InvalidInstanceId"
    assert cell.read_items == (estate.node_ids(estate.MEMBER, "us-east-1")[1],)


@pytest.mark.parametrize("kind", [MalformedBody, DroppedBody])
def test_an_answer_cut_once_is_asked_again(tmp_path: Path, kind: type[MalformedBody | DroppedBody]) -> None:
    """A body that arrives damaged once costs one more call and no row."""
    clean = estate.contents(estate.taken_once())
    fault = kind(account_id=estate.MEMBER, operation="DescribeInstancePatches", service="ssm", times=1)
    assert estate.contents(estate.take(estate.endpoint(Faults(fault=(fault,))), tmp_path / "fault")) == clean


def test_malformed_answers_are_errors_of_their_cell(tmp_path: Path) -> None:
    """A body that is not JSON ends its listing as an error, and the run goes on."""
    fault = MalformedBody(account_id=estate.MEMBER, operation="DescribePatchBaselines", service="ssm", times=99)
    manifest = open_snapshot(estate.take(estate.endpoint(Faults(fault=(fault,))), tmp_path))
    states = estate.states(manifest, account_id=estate.MEMBER, source="ssm_patch_baseline")
    assert states == Counter({"error": 2})


def test_an_item_repeated_over_pages_stays_on_the_record(tmp_path: Path) -> None:
    """The snapshot keeps what came, repetitions included: judging them is the store's business."""
    served = estate.endpoint(Faults(fault=(DuplicateItem(operation="DescribeInstancePatches", service="ssm"),)))
    manifest = open_snapshot(estate.take(served, tmp_path))
    items = sum(cell.items for cell in manifest.cells if cell.source == "ssm_patch")
    assert items > 8 * estate.PATCHES_PER_NODE
