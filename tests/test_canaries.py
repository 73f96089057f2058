"""Secrets reach no file, whatever field of whatever source carries them."""

from __future__ import annotations

import gzip
import re
from pathlib import Path
from typing import Any

import pytest

from patchlib import shapes
from patchlib.sandbox.endpoint import Endpoint
from patchlib.sandbox.secrets import CANARY, plant
from patchlib.snapshot import CallerRecord, Manifest, SnapshotWriter
from patchlib.sources import SOURCES, Source
from tests import estate
from tests.test_second_judges import read_alone

# Member names under which AWS lets a customer write whatever he likes, or a command print it.
SUSPICIOUS = re.compile(
    r"(?i)(password|secret|token$|userdata|environment$|envvar|payload|clientcontext|parameters$|^outputs?$|"
    r"standard(output|error)(content)?$|ownerinformation|operationaldata|^input$|stepfunctions|configuration$|traceoutput|"
    r"^content$|^body$)"
)
# What looks so and holds none, each with the reason.
HARMLESS = {"ClientToken": "an idempotency token, worth nothing once used"}


def _secret_paths(source: Source) -> list[str]:
    """Members of a source's rows, however deep, whose names say that anything may stand there."""
    root = shapes.item_shape(source.service, source.operation, source.items)
    found: list[str] = []

    def walk(shape: Any, path: str, seen: frozenset[str]) -> None:
        if shape.type_name == "list":
            walk(shape.member, f"{path}[]", seen)
        if shape.type_name != "structure" or shape.name in seen:
            return
        for name, member in shape.members.items():
            below = f"{path}.{name}" if path else name
            if SUSPICIOUS.search(name) and member.type_name in {"string", "blob", "map", "list"}:
                found.append(below)
            else:
                walk(member, below, seen | {shape.name})

    walk(root, source.items, frozenset())
    return found


@pytest.mark.parametrize("source", SOURCES, ids=lambda source: source.name)
def test_what_may_hold_a_secret_is_dropped_or_known_to_be_harmless(source: Source) -> None:
    """Every member whose name promises free text is dropped, kept by a list of names, or harmless for a reason."""
    dropped = {drop.path for drop in source.drop}
    paging = shapes.paginator(source.service, source.operation) or {}
    for path in _secret_paths(source):
        name = path.rpartition(".")[2]
        is_dropped = any(path == each or path.startswith((f"{each}.", f"{each}[]")) for each in dropped)
        reason = {**HARMLESS, **source.harmless}.get(name)
        assert is_dropped or reason or path in {paging.get("output_token")}, f"{source.name}: {path}"


@pytest.mark.parametrize("source", [each for each in SOURCES if each.drop], ids=lambda source: source.name)
def test_a_secret_in_every_droppable_field_reaches_no_file(source: Source, tmp_path: Path) -> None:
    """The answer carries a canary in each field; the snapshot's files do not."""
    answer = plant(source, {}, everywhere=True)
    assert CANARY in str(answer)
    served = Endpoint({(source.service, source.operation): lambda _call: answer}, as_of=estate.AS_OF)
    caller = CallerRecord(account_id=estate.MANAGEMENT, arn=f"arn:aws:iam::{estate.MANAGEMENT}:role/Reader")
    manifest = Manifest(snapshot_id="", taken_at=estate.AS_OF, endpoint="http://127.0.0.1", is_aws=False, caller=caller)
    writer = SnapshotWriter.create(tmp_path, manifest)
    record = read_alone(source, served, writer)
    assert record.pages >= 1  # OpsItems are listed by change and by status
    writer.finish([record])
    for file in tmp_path.rglob("*"):
        if file.is_file():
            data = file.read_bytes()
            assert CANARY.encode() not in (gzip.decompress(data) if file.suffix == ".gz" else data), file.name
