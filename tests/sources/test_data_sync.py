"""Resource Data Sync as declared: columns, keys, what is left out."""

from __future__ import annotations

import pytest

from patchlib.sources import ALLOWED, BUCKET_READS, SOURCES, STORED, Scope, Source, source
from patchlib.sources.data_sync import LAYOUTS, LISTING, SYNC_SOURCES, UNVERIFIED, Layout, layout_of

# What may hold what somebody typed or a command printed.
SECRETS = {"DetailedText", "DetailedLink", "OwnerInformation"}


@pytest.mark.parametrize("of", SYNC_SOURCES, ids=lambda of: of.name)
def test_a_source_of_objects_is_declared_whole(of: Source) -> None:
    """Columns of its own, a key among them, one page an object, asked of no account."""
    names = [member.name for member in of.members]
    assert of.members == of.columns
    assert len(set(names)) == len(names)
    assert len({member.column for member in of.members}) == len(names)
    assert set(of.key) <= set(names)
    assert of.scope is Scope.OBJECT
    assert (of.service, of.operation) in BUCKET_READS
    assert all(member.documentation for member in of.members)


@pytest.mark.parametrize("layout", LAYOUTS, ids=lambda layout: layout.type_name)
def test_required_members_are_columns(layout: Layout) -> None:
    """A required member that is not kept could never be found."""
    names = {member.name for member in layout.source.columns}
    wanted = {name for each in layout.required for name in each.split("|")}
    assert wanted | {each for where in layout.required_where for each in (where[0], where[2])} <= names
    assert not names & SECRETS
    assert layout_of(layout.type_name) is layout


def test_objects_are_asked_for_only_when_a_bucket_is_named() -> None:
    """They are stored like any source, but no run over accounts reads them, and no reader may without being told."""
    assert all(of in STORED and of not in SOURCES for of in SYNC_SOURCES)
    assert ("s3", "ListObjectsV2") not in ALLOWED
    assert source("datasync_object") is LISTING
    assert layout_of("AWS:Network") is None
    assert "verify" in UNVERIFIED


def test_counts_and_instants_have_types() -> None:
    """So that a text that is none is refused when it is read, not when it is counted."""
    types = {member.name: member.type for member in source("datasync_patch_summary").columns}
    assert {kind for name, kind in types.items() if name.endswith("Count")} == {"BIGINT"}
    assert {kind for name, kind in types.items() if name.endswith("Time")} == {"TIMESTAMP"}
