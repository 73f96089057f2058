"""A judge nobody here wrote: AWS's own published examples, through the whole left side.

They are read from the folder that PATCHLIB_FEEDS names; without it these tests are skipped. Further judges are in
`tests/judges/`.
"""

from __future__ import annotations

import csv
import json
import os
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import botocore.utils
import duckdb
import pytest

from patchlib import shapes
from patchlib.reading import read_source
from patchlib.sandbox.endpoint import Call, Endpoint
from patchlib.snapshot import CallerRecord, CellRecord, Manifest, SnapshotWriter
from patchlib.sources import SOURCES, Cell, Context, Source
from patchlib.sources.declaration import rows, scrub
from patchlib.store import connect
from tests import estate

FEEDS = os.environ.get("PATCHLIB_FEEDS", "")
FOLDERS = ("aws-examples", "aws-examples-repaired")
_TOKENS = {"NextToken", "nextToken", "ResponseMetadata"}


def _examples() -> Iterator[tuple[Source, Path]]:
    """Published examples of catalogue operations that conform to the operation's own model."""
    by_operation = {(source.service, source.operation): source for source in SOURCES}
    for folder in FOLDERS:
        index = Path(FEEDS, folder, "index.csv")
        if not FEEDS or not index.exists():
            continue
        for entry in csv.DictReader(index.open(encoding="utf-8")):
            source = by_operation.get((entry["client"], entry["api_operation"]))
            if source and entry["shape_errors"] in {"", "0"}:
                yield source, Path(FEEDS, folder, entry["file"])


EXAMPLES = list(_examples())


def _typed(shape: Any, value: Any) -> Any:
    """An example's JSON as the operation's output shape has it: instants as datetimes, empty texts as they are."""
    if shape.type_name == "structure" and isinstance(value, dict):
        return {name: _typed(shape.members[name], each) for name, each in value.items() if name in shape.members}
    if shape.type_name == "list":
        return [_typed(shape.member, each) for each in value]
    if shape.type_name == "map":
        return {name: _typed(shape.value, each) for name, each in value.items()}
    if shape.type_name == "timestamp":
        return botocore.utils.parse_timestamp(value).astimezone(UTC)
    if shape.type_name in {"integer", "long"}:
        return int(value)
    return value


def _plain(value: Any) -> Any:
    """A value as the store shows it: instants naive UTC or, inside JSON, as ISO text."""
    if isinstance(value, dict):
        return {name: _plain(each) for name, each in value.items()}
    if isinstance(value, list):
        return [_plain(each) for each in value]
    if isinstance(value, datetime):
        return value.astimezone(UTC).replace(tzinfo=None).isoformat() + "Z"
    return value


def _served(source: Source, answer: dict[str, Any], folder: Path) -> Path:
    """A snapshot of one operation whose first listing is the example; what it leads on to is empty."""
    first: list[dict[str, Any]] = []
    listed = source.items.partition("[]")[0].partition(".")[0]
    empty: dict[str, Any] = {listed: []} if isinstance(answer.get(listed), list) else {}

    def handler(call: Call) -> dict[str, Any]:
        first[:] = first or [call.params]
        return answer if call.params == first[0] else empty

    served = Endpoint({(source.service, source.operation): handler}, as_of=estate.AS_OF)
    caller = CallerRecord(account_id=estate.MANAGEMENT, arn=f"arn:aws:iam::{estate.MANAGEMENT}:role/Reader")
    manifest = Manifest(snapshot_id="", taken_at=estate.AS_OF, endpoint="http://127.0.0.1", is_aws=False, caller=caller)
    writer = SnapshotWriter.create(folder, manifest)
    record = read_alone(source, served, writer)
    assert record.state in {"ok", "empty"}, record
    return writer.finish([record])


def read_alone(source: Source, served: Endpoint, writer: SnapshotWriter) -> CellRecord:
    cell = Cell(estate.MANAGEMENT, "us-east-1")
    needed = {name: [_any_row(name)] for name in source.needs}
    file = writer.cell_file(cell.account_id, cell.region, source.name)
    settings = estate.SETTINGS.model_copy(update={"role": None})
    context = Context(cell, needed, estate.AS_OF, estate.AS_OF - timedelta(days=30))
    record, _ = read_source(estate.reader(served, settings), source, context, file, lambda: 0.0)
    return record


# Where one value does not serve all sources: `Id` alone names roots, units, accounts and policies.
_ROWS: dict[str, dict[str, Any]] = {
    "ec2_instance": {"InstanceType": "t3.large", "_region": "us-east-1"},
    "organizations_root": {
        "Id": "r-examplerootid111",
        "PolicyTypes": [{"Type": "SERVICE_CONTROL_POLICY", "Status": "ENABLED"}],
    },
    "organizations_unit": {"Id": "ou-examplerootid111-exampleouid111", "parent_id": "r-examplerootid111"},
    "organizations_policy": {"Id": "p-examplepolicyid111", "Type": "SERVICE_CONTROL_POLICY"},
    "imagebuilder_pipeline": {
        "arn": "arn:aws:imagebuilder:us-west-2:123456789012:image-pipeline/mywindows2016pipeline",
        "imageRecipeArn": "arn:aws:imagebuilder:us-west-2:123456789012:image-recipe/mybasicrecipe/2019.12.03",
        "containerRecipeArn": "arn:aws:imagebuilder:us-west-2:123456789012:container-recipe/my/1.0.0",
        "imageScanningConfiguration": {"imageScanningEnabled": True},
    },
    "rds_db_instance": {"DBInstanceIdentifier": "orders", "Engine": "postgres", "EngineVersion": "16.3"},
    "rds_db_cluster": {"DBClusterIdentifier": "search", "Engine": "aurora-mysql", "EngineVersion": "8.0.32"},
    "eks_cluster_name": {"Value": "my-eks-cluster"},
    "eks_node_group_name": {"Value": "my-eks-nodegroup"},
    "eks_addon_name": {"Value": "vpc-cni"},
    "eks_fargate_profile_name": {"Value": "fargate-profile"},
    "ecr_repository": {
        "repositoryName": "sample-repo",
        "repositoryArn": f"arn:aws:ecr:us-east-1:{estate.MEMBER}:repository/sample-repo",
    },
    "ecr_registry_scan_setting": {"scanningConfiguration": {"scanType": "BASIC"}},
    "ecr_image": {
        "repositoryName": "sample-repo",
        "imageDigest": f"sha256:{'0123456789abcdef' * 4}",
        "imageTags": ["latest"],
    },
}


def _any_row(name: str) -> dict[str, Any]:
    """One remembered row that leads a dependent source to ask exactly once."""
    values = {
        "BaselineId": "pb-0123456789abcdef0",
        "OperatingSystem": "WINDOWS",
        "BaselineIdentity": {"BaselineId": "pb-0123456789abcdef0"},
        "WindowId": "mw-0123456789abcdef0",
        "WindowTaskId": "01234567-89ab-cdef-0123-456789abcdef",
        "InstanceId": "i-0123456789abcdef0",
        "PatchGroup": "web",
        "WindowExecutionId": "01234567-89ab-cdef-0123-456789abcdef",
        "TaskExecutionId": "01234567-89ab-cdef-0123-456789abcdef",
        "AssociationId": "01234567-89ab-cdef-0123-456789abcdef",
        "ExecutionId": "01234567-89ab-cdef-0123-456789abcdef",
        "Name": "AWS-RunPatchBaseline",
        "ManagerArn": f"arn:aws:ssm-quicksetup:us-east-1:{estate.MEMBER}:configuration-manager/"
        "01234567-89ab-cdef-0123-456789abcdef",
        "ConfigurationDefinitionSummaries": [{"Type": "AWSQuickSetupType-PatchPolicy"}],
        "Parameters": {"BaselineOverride": ["s3://aws-quicksetup-patchpolicy-a/baseline_overrides.json"]},
        "Id": estate.MEMBER,
        "CacheClusterId": "my-cluster-001",
        "EnvironmentId": "e-rpqsewtp2j",
        "EnvironmentName": "my-env",
        "ApplicationName": "my-app",
        "InstanceType": "m6i.large",
        "AutoScalingGroupName": "my-asg",
        "LaunchTemplate": {"LaunchTemplateId": "lt-068f72b72934aff71", "Version": "1"},
        "LaunchTemplateId": "lt-068f72b72934aff71",
        "VersionNumber": 2,
        "LoadBalancerArn": "arn:aws:elasticloadbalancing:us-east-1:123456789012:loadbalancer/app/my/50dc6c495c0c9188",
        "ConfigRuleName": "InstanceTypesAreT2micro",
        "Source": {"Owner": "AWS", "SourceIdentifier": "EC2_STOPPED_INSTANCE"},
        "name": "default",
        "accountId": estate.MEMBER,
        "state": {"status": "ENABLED"},
        "recording": True,
        "TargetGroupArn": "arn:aws:elasticloadbalancing:us-east-1:123456789012:targetgroup/my/73e2d6bc24d8a067",
        "Value": "arn:aws:ecs:us-east-1:123456789012:cluster/default",
        "cluster_arn": "arn:aws:ecs:us-east-1:123456789012:cluster/default",
        "clusterArn": "arn:aws:ecs:us-east-1:123456789012:cluster/default",
        "activeServicesCount": 1,
        "runningTasksCount": 1,
        "registeredContainerInstancesCount": 1,
        "taskDefinition": "arn:aws:ecs:us-east-1:123456789012:task-definition/hello_world:8",
        "taskDefinitionArn": "arn:aws:ecs:us-east-1:123456789012:task-definition/hello_world:8",
        "cluster_name": "my-eks-cluster",
        "id": "38ea7a64-a14f-4e0e-95c7-8dbcab3c3616",
        "insightStatus": {"status": "ERROR"},
        "FunctionName": "my-function",
        "Version": "1",
        "PackageType": "Zip",
        "LayerArn": "arn:aws:lambda:us-east-2:123456789012:layer:my-layer",
    }
    source = next(each for each in SOURCES if each.name == name)
    return {member: values[member] for member in source.remember if member in values} | _ROWS.get(name, {})


def _compare(source: Source, expected: list[Any], found: duckdb.DuckDBPyRelation) -> None:
    columns = list(found.columns)
    got = sorted((dict(zip(columns, row, strict=True)) for row in found.fetchall()), key=str)
    assert len(got) == len(expected)
    for member in source.members:
        values = Counter(_text(member.type, row.get(member.name) if isinstance(row, dict) else row) for row in expected)
        assert values == Counter(_text(member.type, row[member.column]) for row in got), member.name


def once(source: Source, found: list[Any]) -> list[Any]:
    """The rows of one listing, each named thing once, as it came last: `$Latest` and `$Default` may be one version."""
    named = [name for name in source.key if name not in source.request_columns]
    kept: dict[str, Any] = {}
    for number, row in enumerate(found):
        values = [row.get(name) for name in named] if isinstance(row, dict) else []
        is_named = bool(values) and None not in values
        kept[json.dumps(values, sort_keys=True, default=str) if is_named else f"unnamed {number}"] = row
    return list(kept.values())


def _text(kind: str, value: Any) -> str:
    """One spelling for a value from either side."""
    if kind == "JSON" and isinstance(value, str):
        value = json.loads(value)
    if isinstance(value, datetime):
        value = _plain(value if value.tzinfo else value.replace(tzinfo=UTC))
    return json.dumps(_plain(value), sort_keys=True)


@pytest.mark.published
@pytest.mark.skipif(not EXAMPLES, reason="PATCHLIB_FEEDS names no folder of published AWS examples")
@pytest.mark.parametrize(
    ("source", "path"), EXAMPLES, ids=lambda value: getattr(value, "stem", getattr(value, "name", ""))
)
def test_published_examples_arrive_in_raw_with_their_values(
    source: Source, path: Path, tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    """Every row of AWS's own example of an operation is in its raw table, value by value."""
    judge(source, json.loads(path.read_text(encoding="utf-8")), tmp_path)
    record_property("judge", f"{path.relative_to(FEEDS).parts[0]} {source.service}:{source.operation}")


def judge(source: Source, example: dict[str, Any], folder: Path) -> None:
    """Serve an answer as a source's first listing, load it, and compare every row of it with the raw table."""
    output = shapes.operation_model(source.service, source.operation).output_shape
    answer = _typed(output, {name: each for name, each in example.items() if name not in _TOKENS})
    estate.loaded(folder / "store.duckdb", _served(source, answer, folder / "snapshots"))
    expected = once(source, [_plain(row) for row in rows(source, scrub(source, _plain(answer)))])
    with connect(folder / "store.duckdb", read_only=True) as connection:
        _compare(source, expected, connection.table(f"raw.{source.name}"))
