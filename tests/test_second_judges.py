"""Judges nobody here wrote: moto's answers and AWS's own published examples, through the whole left side.

The published examples are read from the folder that PATCHLIB_FEEDS names; without it those tests are skipped.
"""

from __future__ import annotations

import csv
import json
import os
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import boto3
import botocore.utils
import duckdb
import pytest
from moto.server import ThreadedMotoServer

from patchlib import shapes
from patchlib.cli import main
from patchlib.load import load
from patchlib.reading import read_source
from patchlib.sandbox.endpoint import Endpoint
from patchlib.snapshot import CallerRecord, CellRecord, Manifest, SnapshotWriter
from patchlib.sources import SOURCES, Cell, Context, Source
from patchlib.sources.declaration import rows, scrub
from patchlib.store import connect
from tests import estate

FEEDS = os.environ.get("PATCHLIB_FEEDS", "")
FOLDERS = ("aws-examples", "aws-examples-repaired")


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
    if shape.type_name == "structure":
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
    """A snapshot of one operation whose answer is the example."""
    served = Endpoint({(source.service, source.operation): lambda _call: answer}, as_of=estate.AS_OF)
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


def _any_row(name: str) -> dict[str, Any]:
    """One remembered row that leads a dependent source to ask exactly once."""
    values = {
        "BaselineId": "pb-0123456789abcdef0",
        "OperatingSystem": "WINDOWS",
        "BaselineIdentity": {"BaselineId": "pb-0123456789abcdef0"},
        "WindowId": "mw-0123456789abcdef0",
        "WindowTaskId": "01234567-89ab-cdef-0123-456789abcdef",
        "InstanceId": "i-0123456789abcdef0",
        "Id": estate.MEMBER,
        "PatchGroup": "web",
        "WindowExecutionId": "01234567-89ab-cdef-0123-456789abcdef",
        "TaskExecutionId": "01234567-89ab-cdef-0123-456789abcdef",
        "AssociationId": "01234567-89ab-cdef-0123-456789abcdef",
        "ExecutionId": "01234567-89ab-cdef-0123-456789abcdef",
        "Name": "AWS-RunPatchBaseline",
        "InstanceType": "m6i.large",
        "AutoScalingGroupName": "my-asg",
        "LaunchTemplate": {"LaunchTemplateId": "lt-068f72b72934aff71", "Version": "1"},
        "LaunchTemplateId": "lt-068f72b72934aff71",
        "VersionNumber": 2,
        "LoadBalancerArn": "arn:aws:elasticloadbalancing:us-east-1:123456789012:loadbalancer/app/my/50dc6c495c0c9188",
        "TargetGroupArn": "arn:aws:elasticloadbalancing:us-east-1:123456789012:targetgroup/my/73e2d6bc24d8a067",
    }
    source = next(each for each in SOURCES if each.name == name)
    return {member: values[member] for member in source.remember if member in values}


def _compare(source: Source, expected: list[Any], found: duckdb.DuckDBPyRelation) -> None:
    columns = list(found.columns)
    got = sorted((dict(zip(columns, row, strict=True)) for row in found.fetchall()), key=str)
    assert len(got) == len(expected)
    for member in source.members:
        values = Counter(_text(member.type, row.get(member.name)) for row in expected)
        assert values == Counter(_text(member.type, row[member.column]) for row in got), member.name


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
def test_published_examples_arrive_in_raw_with_their_values(source: Source, path: Path, tmp_path: Path) -> None:
    """Every row of AWS's own example of an operation is in its raw table, value by value."""
    output = shapes.operation_model(source.service, source.operation).output_shape
    example = json.loads(path.read_text(encoding="utf-8"))
    answer = _typed(output, {name: each for name, each in example.items() if name != "NextToken"})
    snapshot = _served(source, answer, tmp_path / "snapshots")
    load([snapshot], tmp_path / "store.duckdb")
    expected = [_plain(row) for row in rows(source, scrub(source, _plain(answer)))]
    with connect(tmp_path / "store.duckdb", read_only=True) as connection:
        _compare(source, expected, connection.table(f"raw.{source.name}"))


@pytest.fixture
def moto_estate(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A moto server with an organisation of two accounts and twelve instances, made through boto3."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    url = f"http://{host}:{port}"
    for name, value in {
        "AWS_ENDPOINT_URL": url,
        "AWS_ACCESS_KEY_ID": "testing",
        "AWS_SECRET_ACCESS_KEY": "testing",
        "AWS_REGION": "us-east-1",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
    }.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("AWS_PROFILE", raising=False)
    try:
        yield url
    finally:
        server.stop()


def test_moto_is_read_row_by_row(
    moto_estate: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Instances and accounts that boto3 made in moto come back from the command line as moto lists them, and
    what moto lacks is a state in the ledger of a run that ends well."""
    organizations, ec2 = boto3.client("organizations"), boto3.client("ec2")
    organizations.create_organization(FeatureSet="ALL")
    organizations.create_account(Email="dev@example.com", AccountName="development")
    tags = [{"Key": "Environment", "Value": "development"}, {"Key": "Owner", "Value": "<b>team</b>"}]
    specification = [{"ResourceType": "instance", "Tags": tags}]
    image = ec2.describe_images(Owners=["amazon"])["Images"][0]["ImageId"]
    ec2.run_instances(ImageId=image, MinCount=12, MaxCount=12, TagSpecifications=specification)
    settings = tmp_path / "patchlib.toml"
    settings.write_text('regions = ["us-east-1"]\n[rates]\ndefault = 10000\nburst = 1000\n', encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    store = tmp_path / "moto.duckdb"
    with pytest.raises(SystemExit) as ended:
        main(["extract", "--settings", str(settings), "--store", str(store)])
    assert ended.value.code == 0
    snapshot = Path(capsys.readouterr().out.splitlines()[-1])
    assert (snapshot / "manifest.json").exists()
    with connect(store, read_only=True) as connection:
        listed = [i for r in ec2.describe_instances()["Reservations"] for i in r["Instances"]]
        rows_ = connection.sql(
            "select instance_id, image_id, environment, owner, launched_at from core.instance_now order by 1"
        ).fetchall()
        assert rows_ == sorted(
            (i["InstanceId"], i["ImageId"], "development", "<b>team</b>", i["LaunchTime"].replace(tzinfo=None))
            for i in listed
        )
        accounts = connection.sql("select account_id, account_name from core.account_now order by 1").fetchall()
        assert accounts == sorted((a["Id"], a["Name"]) for a in organizations.list_accounts()["Accounts"])
        states = dict(connection.sql("select source, state from core.coverage_now").fetchall())
    assert states["ec2_instance"] == "ok"
    assert states["ssm_managed_node"] in {"error", "denied"}
    assert states["ssm_patch_state"] == "skipped"
