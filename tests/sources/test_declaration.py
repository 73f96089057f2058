"""The catalogue against the installed botocore, and the pure functions over pages."""

import re

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from patchlib import shapes
from patchlib.sources import ALLOWED, PLUMBING, SOURCES, Drop, Scope, Source
from patchlib.sources.declaration import blocks, rows, scrub
from patchlib.sources.organizations_policy import MANAGEMENT_TYPES, POLICY_TYPES
from patchlib.sources.quicksetup import PATCH_POLICY
from tests.sources.asking import context

READS = re.compile(r"^(Describe|List|Get|BatchGet|Search|Select|Lookup)[A-Z]")


@pytest.mark.parametrize("source", SOURCES, ids=lambda source: source.name)
def test_every_row_exists_in_the_installed_botocore(source: Source) -> None:
    """Operation, item path, request columns, remembered members and page size are what AWS's model says."""
    operation = shapes.operation_model(source.service, source.operation)
    names = {member.name for member in source.members}
    assert set(source.remember) <= names | set(source.request_columns)
    inputs = operation.input_shape.members if operation.input_shape else {}
    assert set(source.request_columns.values()) <= set(inputs)
    assert set(source.key) <= names | set(source.request_columns)
    assert source.unit == "cell" or source.key, "rows that are not replaced whole need a name"
    assert source.system
    pages = shapes.paginator(source.service, source.operation)
    if source.page_size:
        assert pages is not None
        limit = inputs[pages["limit_key"]].metadata.get("max", 1000)
        assert source.page_size <= limit
    assert source.name.startswith(f"{source.service.replace('-', '_')}_")


@pytest.mark.parametrize("source", SOURCES, ids=lambda source: source.name)
def test_needs_come_first_and_are_remembered(source: Source) -> None:
    """A source needs only what an earlier source of the same scope remembers; Scope.ESTATE needs rows of any."""
    earlier = SOURCES[: SOURCES.index(source)]
    for name in source.needs:
        needed = next(each for each in earlier if each.name == name)
        assert source.scope in {needed.scope, Scope.ESTATE}
        assert needed.remember


def test_no_operation_can_mutate() -> None:
    """Every operation is a read by name; what credentials are made of is the exception, and changes only who asks."""
    for service, operation in ALLOWED - PLUMBING:
        assert READS.match(operation), (service, operation)
        assert shapes.has_operation(service, operation)


@pytest.mark.parametrize("source", SOURCES, ids=lambda source: source.name)
def test_dropped_fields_exist(source: Source) -> None:
    """A drop names a real field: a mistyped path would let a secret through."""
    for drop in source.drop:
        *above, last = drop.path.split(".")
        shape = shapes.item_shape(source.service, source.operation, ".".join(above))
        assert last in shape.members, drop.path


def _task_source(*drops: Drop) -> Source:
    return Source("ssm_t", "ssm", "DescribeMaintenanceWindowTasks", Scope.CELL, "Tasks[]", "", "", drop=drops)


def test_parameters_of_patch_documents_keep_only_the_harmless() -> None:
    """The patch documents keep Operation and RebootOption; every other document loses all parameters."""
    drop = Drop("Tasks[].TaskParameters", ("Operation",), ("TaskArn", "AWS-RunPatchBaseline"))
    page = {
        "Tasks": [
            {
                "TaskArn": "arn:aws:ssm:eu-central-1::document/AWS-RunPatchBaseline",
                "TaskParameters": {"Operation": {"Values": ["Install"]}, "Password": {"Values": ["canary"]}},
            },
            {"TaskArn": "AWS-RunShellScript", "TaskParameters": {"Operation": {"Values": ["canary"]}}},
            {"TaskArn": "AWS-RunShellScript"},
        ]
    }
    scrubbed = scrub(_task_source(drop), page)
    assert "canary" not in str(scrubbed)
    assert scrubbed["Tasks"][0]["TaskParameters"] == {"Operation": {"Values": ["Install"]}}


@pytest.mark.parametrize("address", ["https://[BUCKET].s3.amazonaws.com/x?X-Amz-Signature=canary", "s3://[canary]/x"])
def test_an_address_that_cannot_be_taken_apart_is_not_kept(address: str) -> None:
    """Free text may be no address at all: it ends no run, and no signature stays."""
    drop = Drop("Tasks[].TaskParameters", ("InstallOverrideList",), ("TaskArn", "AWS-RunPatchBaseline"))
    task = {"TaskArn": "AWS-RunPatchBaseline", "TaskParameters": {"InstallOverrideList": {"Values": [address]}}}
    scrubbed = scrub(_task_source(drop), {"Tasks": [task]})
    assert "canary" not in str(scrubbed)
    assert "not kept" in str(scrubbed)


def test_nested_members_are_dropped_under_the_rows_own_condition() -> None:
    """A drop below a structure is decided by the row that holds it."""
    source = next(each for each in SOURCES if each.operation == "GetMaintenanceWindowTask")
    page = {
        "TaskArn": "AWS-RunPatchBaseline",
        "TaskInvocationParameters": {
            "RunCommand": {"Parameters": {"Operation": ["Scan"], "Extra": ["canary"]}},
            "Lambda": {"Payload": b"canary", "Qualifier": "1"},
        },
    }
    scrubbed = scrub(source, page)
    assert scrubbed["TaskInvocationParameters"]["RunCommand"] == {"Parameters": {"Operation": ["Scan"]}}
    assert scrubbed["TaskInvocationParameters"]["Lambda"] == {"Qualifier": "1"}


def test_rows_are_found_along_the_path() -> None:
    """Rows of nested lists come out flat and in order; a missing list is no row."""
    source = next(each for each in SOURCES if each.name == "ec2_instance")
    page = {"Reservations": [{"Instances": [{"InstanceId": "i-1"}, {"InstanceId": "i-2"}]}, {}]}
    assert [row["InstanceId"] for row in rows(source, page)] == ["i-1", "i-2"]


@given(st.lists(st.text(max_size=3)), st.integers(1, 7))
def test_blocks_lose_nothing(values: list[str], size: int) -> None:
    """Blocks joined are the values, and none is larger than asked or empty."""
    found = list(blocks(values, size))
    assert [value for block in found for value in block] == values
    assert all(0 < len(block) <= size for block in found)


def test_detail_is_asked_only_for_scanned_nodes() -> None:
    """Per-node patch detail costs one listing per scanned node, and nothing for the others."""
    source = next(each for each in SOURCES if each.name == "ssm_patch")
    requests = list(source.requests(context(ssm_patch_state=[{"InstanceId": "i-1"}])))
    assert [(request.item, request.params) for request in requests] == [("i-1", {"InstanceId": "i-1"})]


def test_no_source_is_charged_for_by_itself() -> None:
    """Paid calls are off: a source that AWS charges for needs a setting of its own before it may be here."""
    assert not [source.name for source in SOURCES if source.is_paid]
    assert not {source.service for source in SOURCES} & {"ce"}


def test_a_signed_address_is_kept_without_its_signature() -> None:
    """InstallOverrideList takes an https URL, which may be signed: where it lies is kept, the credential is not."""
    drop = Drop("Tasks[].TaskParameters", ("InstallOverrideList",), ("TaskArn", "AWS-RunPatchBaseline"))
    signed = "https://user:canary@b.s3.eu-central-1.amazonaws.com/l.yaml?X-Amz-Signature=canary#canary"
    parameters = {"InstallOverrideList": {"Values": [signed, "s3://b/l.yaml"]}}
    page = {"Tasks": [{"TaskArn": "AWS-RunPatchBaseline", "TaskParameters": parameters}]}
    found = scrub(_task_source(drop), page)["Tasks"][0]["TaskParameters"]["InstallOverrideList"]["Values"]
    assert found == ["https://b.s3.eu-central-1.amazonaws.com/l.yaml", "s3://b/l.yaml"]


# Sources that make several requests without an item, each with the reason why one does not fail alone.
_AS_ONE = {
    "ec2_image": "own images, then blocks of ids as a filter: an id that is gone is only not found",
    "ec2_instance_type": "blocks of types, asked with those that the Region does not offer",
    "ecs_cluster": "blocks of ARNs: a cluster that is gone is a failure within the answer",
    "organizations_policy": "a handful of kinds of policy, which core reads as one listing",
    "service_quotas_quota": "two services of AWS, which every Region has",
    "ssm_change_calendar": "two owners of one listing",
    "ssm_ops_item": "two filters over one listing",
    "ssm_patch_state": "blocks of ids: a node that is gone has only no state",
}


# What asks only where rows of several sources fit each other; tests of its own file show what it asks.
_CHOOSY = {"organizations_effective_policy"}


def _remembered(source: Source) -> dict[str, list[dict[str, object]]]:
    """So many different rows of all that a source needs that it makes every request that it can."""
    template = {"LaunchTemplate": {"LaunchTemplateId": "lt-{n}", "Version": "7"}}
    shaped: dict[str, object] = {
        "PolicyTypes": [{"Type": each, "Status": "ENABLED"} for each in POLICY_TYPES],
        "ConfigurationDefinitionSummaries": [{"Type": PATCH_POLICY}],
        "Parameters": {"BaselineOverride": ["s3://bucket/{n}"]},
        "OperatingSystem": "WINDOWS",
        "Type": MANAGEMENT_TYPES[0],
        "State": "ACTIVE",
        "Status": "ACTIVE",
        "AwsManaged": False,
        "MixedInstancesPolicy": None,
        "BaselineIdentity": {"BaselineId": "BaselineId-{n}"},
        "state": {"status": "ENABLED"},
        "Source": {"Owner": "AWS", "SourceIdentifier": "EC2_STOPPED_INSTANCE"},
        **template,
    }

    def row(names: tuple[str, ...], number: int) -> dict[str, object]:
        plain = {name: shaped.get(name, f"{name}-{number}") for name in names}
        return orjson.loads(orjson.dumps(plain).replace(b"{n}", str(number).encode()))

    needed = [each for each in SOURCES if each.name in source.needs]
    return {each.name: [row((*each.remember, "_region"), number) for number in range(120)] for each in needed}


def test_whatever_is_asked_one_by_one_is_an_item() -> None:
    """A request about one thing says so, unless there is a reason why it cannot fail by itself."""
    as_one: set[str] = set()
    for source in SOURCES:
        requests = list(source.requests(context(**_remembered(source))))
        assert requests or source.name in _CHOOSY, f"{source.name}: nothing is asked, so nothing is proven"
        if len(requests) > 1 and any(request.item is None for request in requests):
            as_one.add(source.name)
        named = {request.item for request in requests if request.item is not None}
        asked = {orjson.dumps(request.params, option=orjson.OPT_SORT_KEYS) for request in requests if request.item}
        assert len(named) == len(asked), f"{source.name}: an item that does not tell its request from another"
    assert as_one == set(_AS_ONE), "make each thing an item, or say why one does not fail alone"


def test_what_is_replaced_whole_needs_nothing_that_comes_in_parts() -> None:
    """A listing that follows one with a gap could only be thrown away: what needs items has items itself."""
    units = {each.name: each.unit for each in SOURCES}
    for source in SOURCES:
        assert source.unit != "cell" or "item" not in {units[name] for name in source.needs}, source.name
