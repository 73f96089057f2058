"""Resource Data Sync of Systems Manager: what it writes to a bucket, one object per node and type.

No object that a service wrote was at hand. Layouts and members are those that AWS's own readers of such buckets use;
`UNVERIFIED` says so in the ledger of every run. Where the names come from, all read 2026-11-25:

- keys and members per type: aws-samples/sample-patch-compliance-dashboard-organization (data schemas, cache Lambda);
- columns: the Athena tables of the Systems Manager user guide, "Using Resource Data Sync to Aggregate Inventory
  Data", and "Metadata Collected by Inventory";
- instance states, and that objects are never deleted: AWS Cloud Operations best practices, "Centralized reporting";
- members of compliance items and patch summaries: the agent's own plugin, as its sources name them.
"""

from __future__ import annotations

from dataclasses import dataclass

from patchlib import shapes
from patchlib.sources.declaration import Scope, Source

__all__ = [
    "LAYOUTS",
    "LISTING",
    "SYNC_SOURCES",
    "UNVERIFIED",
    "Layout",
    "layout_of",
]

UNVERIFIED = "layout known from AWS's own readers of it; no object written by the service was at hand to verify it"

_TYPES = {"": "VARCHAR", "#": "BIGINT", "@": "TIMESTAMP"}


def _columns(text: str) -> tuple[shapes.Member, ...]:
    """Members from lines of `Name meaning`; a `#` before the name is a whole number, a `@` an instant."""
    found = []
    for line in text.strip().splitlines():
        word, _, meaning = line.strip().partition(" ")
        mark = word[0] if word[0] in _TYPES else ""
        name = word.removeprefix(mark)
        found.append(shapes.Member(name, shapes.snake(name), _TYPES[mark], meaning))
    return tuple(found)


@dataclass(frozen=True)
class Layout:
    """One kind of object: which source its rows are, and what a row must hold to be believed.

    type_name: as the key says it, `AWS:Tag`; for a report, what people call it.
    required:  members of which every row has all; `A|B` asks for one of them.
    required_where: (member, value, further member) where a row with that value needs another member.
    """

    source: Source
    type_name: str
    required: tuple[str, ...]
    required_where: tuple[tuple[str, str, str], ...] = ()

    @property
    def is_single(self) -> bool:
        """Whether an object holds exactly one row."""
        return not self.source.key


def _sync(entity: str, about: str, columns: str, key: tuple[str, ...] = ()) -> Source:
    """A type of Resource Data Sync: one object per node, replaced by itself."""
    return Source(
        name=f"datasync_{entity}",
        service="s3",
        operation="GetObject",
        scope=Scope.OBJECT,
        items="Rows[]",
        about=about,
        system="Resource Data Sync",
        key=key,
        unit="item",
        returns_content=True,
        columns=_columns(columns),
    )


# What every row carries beside its own members.
_ENVELOPE = """
resourceId node
@captureTime instant at which the node reported, null when not told
schemaVersion version of the inventory schema, null when not told
"""

LISTING = Source(
    name="datasync_object",
    service="s3",
    operation="ListObjectsV2",
    scope=Scope.OBJECT,
    items="Contents[]",
    about="objects of a data sync bucket or folder, read or not; freshness is their last modification",
    system="Resource Data Sync",
    key=("Key",),
    columns=_columns(
        """
        Key key of the object
        ETag changes with the content
        @LastModified last modification [UTC]
        #Size size [bytes]
        Type kind of object, as the key says it
        Item node or report that the object is about
        Reading read, kept (not changed since the base snapshot), superseded (an older one of the same item), unread
        """
    ),
)

_INFORMATION = _sync(
    "instance_information",
    "managed nodes as inventory reports them; terminated ones stay, with that status",
    f"""{_ENVELOPE.strip()}
    InstanceId node, as the agent says it
    InstanceStatus Active, Stopped, Terminated or ConnectionLost
    ResourceType EC2Instance or ManagedInstance; the record's own, not the key's partition of that name
    PlatformType Windows, Linux or MacOS
    PlatformName operating system
    PlatformVersion its version
    ComputerName host name
    AgentType kind of agent
    AgentVersion version of the agent
    AgentStatus status of the agent
    IpAddress private address
    KeyResourceType the key's own resourcetype
    """,
)

_ITEM = _sync(
    "compliance_item",
    "compliance of each node item by item: patches (ComplianceType Patch), associations and custom types",
    f"""{_ENVELOPE.strip()}
    ComplianceType Patch, Association or a custom type
    Id a patch's KB number or package, an association's id
    Title title of the item
    Status COMPLIANT or NON_COMPLIANT
    Severity compliance level of the item
    PatchState patch state as the agent spells it
    PatchSeverity vendor severity of the patch
    Classification vendor classification of the patch
    PatchBaselineId baseline that was in force
    PatchGroup patch group of the node
    @InstalledTime installation, null when not installed or not told [UTC]
    ExecutionId execution that reported it
    ExecutionType Command, PatchPolicy or another
    @ExecutionTime start of that execution [UTC]
    CVEIds vulnerabilities that a missing patch closes
    DocumentName document that ran
    DocumentVersion its version
    InstallOverrideList list of patches that overrode the baseline, null when none
    """,
    key=("ComplianceType", "Id", "Title", "PatchState"),
)

_SUMMARY = _sync(
    "compliance_summary",
    "compliance of each node per compliance type, counted by severity",
    f"""{_ENVELOPE.strip()}
    ComplianceType Patch, Association or a custom type
    Status COMPLIANT or NON_COMPLIANT
    OverallSeverity gravest severity of what is not compliant
    PatchBaselineId baseline that was in force
    PatchGroup patch group of the node
    ExecutionId execution that reported it
    ExecutionType Command, PatchPolicy or another
    @ExecutionTime start of that execution [UTC]
    #CompliantCriticalCount items [items]
    #CompliantHighCount items [items]
    #CompliantMediumCount items [items]
    #CompliantLowCount items [items]
    #CompliantInformationalCount items [items]
    #CompliantUnspecifiedCount items [items]
    #NonCompliantCriticalCount items [items]
    #NonCompliantHighCount items [items]
    #NonCompliantMediumCount items [items]
    #NonCompliantLowCount items [items]
    #NonCompliantInformationalCount items [items]
    #NonCompliantUnspecifiedCount items [items]
    """,
    key=("ComplianceType",),
)

_PATCHES = _sync(
    "patch_summary",
    "the last patching operation of each node: when, by which baseline, how many patches per state",
    f"""{_ENVELOPE.strip()}
    BaselineId baseline that was in force
    PatchGroup patch group of the node
    SnapshotId patch baseline snapshot used
    ExecutionId execution that reported it
    OperationType Scan or Install
    @OperationStartTime start [UTC]
    @OperationEndTime end [UTC]
    @LastNoRebootInstallOperationTime last installation without a reboot [UTC]
    RebootOption RebootIfNeeded or NoReboot
    InstallOverrideList list of patches that overrode the baseline, null when none
    NonCompliantSeverity gravest level of what is not compliant
    #InstalledCount patches [patches]
    #InstalledOtherCount patches [patches]
    #InstalledPendingRebootCount patches [patches]
    #InstalledRejectedCount patches [patches]
    #MissingCount patches [patches]
    #FailedCount patches [patches]
    #NotApplicableCount patches [patches]
    #UnreportedNotApplicableCount patches [patches]
    #AvailableSecurityUpdateCount patches [patches]
    #CriticalNonCompliantCount patches [patches]
    #SecurityNonCompliantCount patches [patches]
    #OtherNonCompliantCount patches [patches]
    """,
)

_OLD_PATCHES = _sync(
    "patch_compliance",
    "patches of each node as older agents report them; not used where compliance items are there",
    f"""{_ENVELOPE.strip()}
    Title title of the patch
    KBId KB number or package
    Classification vendor classification
    Severity vendor severity
    State patch state
    @InstalledTime installation [UTC]
    """,
    key=("Title", "KBId", "State"),
)

_APPLICATION = _sync(
    "application",
    "software installed on each node",
    f"""{_ENVELOPE.strip()}
    Name name
    ApplicationType kind of software
    Publisher who published it
    Version version
    Release release of the package
    Epoch epoch of the package
    InstalledTime installation, as the operating system says it
    Architecture architecture
    URL address of the project
    Summary one line on it
    PackageId package id
    """,
    key=("Name", "Version", "Release", "Architecture", "PackageId"),
)

_TAG = _sync(
    "tag",
    "tags of each node, hybrid ones included",
    f"""{_ENVELOPE.strip()}
    Key tag, as it is spelt
    Value its value
    """,
    key=("Key",),
)


LAYOUTS = (
    Layout(_INFORMATION, "AWS:InstanceInformation", ("PlatformName|PlatformType|InstanceStatus",)),
    Layout(_PATCHES, "AWS:PatchSummary", ("InstalledCount", "MissingCount")),
    Layout(
        _ITEM,
        "AWS:ComplianceItem",
        ("ComplianceType", "Id", "Status"),
        (("ComplianceType", "Patch", "PatchState"),),
    ),
    Layout(_SUMMARY, "AWS:ComplianceSummary", ("ComplianceType", "Status")),
    Layout(_OLD_PATCHES, "AWS:PatchCompliance", ("State", "Title|KBId")),
    Layout(_APPLICATION, "AWS:Application", ("Name",)),
    Layout(_TAG, "AWS:Tag", ("Key", "Value")),
)

_BY_TYPE = {layout.type_name: layout for layout in LAYOUTS}

SYNC_SOURCES: tuple[Source, ...] = (LISTING, *(layout.source for layout in LAYOUTS))


def layout_of(type_name: str) -> Layout | None:
    """How objects of a type of Resource Data Sync are read; None for a type that patchlib does not read."""
    return _BY_TYPE.get(type_name)
