"""What a page costs: stock boto3 against the reader, on the same answers and in the same run."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from typing import Any

import botocore.awsrequest
import botocore.session

from patchlib.aws import Reader
from patchlib.budget import RateBudget
from patchlib.sandbox.endpoint import Endpoint
from patchlib.settings import Rates, Settings

__all__ = ["bench_parser"]

ACCOUNT, REGION = "210000000001", "eu-west-1"
ROWS = 50
PAGES = 200
AS_OF = datetime(2026, 11, 2, 6, tzinfo=UTC)
RUNS = 5


def _patch(number: int) -> dict[str, Any]:
    return {
        "Title": f"2026-{number % 12 + 1:02d} Cumulative Update for Windows Server 2022 for x64-based Systems",
        "KBId": f"KB50{number:05d}",
        "Classification": "SecurityUpdates",
        "Severity": "Critical",
        "State": "Installed",
        "InstalledTime": AS_OF,
        "CVEIds": f"CVE-2026-{number:05d},CVE-2026-{number + 1:05d}",
    }


def _information(number: int) -> dict[str, Any]:
    return {
        "InstanceId": f"i-{number:017x}",
        "PingStatus": "Online",
        "LastPingDateTime": AS_OF,
        "AgentVersion": "3.3.987.0",
        "IsLatestVersion": True,
        "PlatformType": "Linux",
        "PlatformName": "Amazon Linux",
        "PlatformVersion": "2023",
        "ResourceType": "EC2Instance",
        "IPAddress": "10.0.0.1",
        "ComputerName": f"ip-10-0-0-{number}.eu-west-1.compute.internal",
        "AssociationStatus": "Success",
        "LastAssociationExecutionDate": AS_OF,
        "LastSuccessfulAssociationExecutionDate": AS_OF,
        "AssociationOverview": {
            "DetailedStatus": "Success",
            "InstanceAssociationStatusAggregatedCount": {"Success": 2},
        },
        "SourceId": f"i-{number:017x}",
        "SourceType": "AWS::EC2::Instance",
    }


# Operation, what is asked, and the full answer.
_HEAVY: tuple[tuple[str, dict[str, Any], dict[str, Any]], ...] = (
    (
        "DescribeInstancePatches",
        {"InstanceId": "i-0123456789abcdef0", "MaxResults": ROWS},
        {"Patches": [_patch(number) for number in range(ROWS)]},
    ),
    (
        "DescribeInstanceInformation",
        {"MaxResults": ROWS},
        {"InstanceInformationList": [_information(number) for number in range(ROWS)]},
    ),
)


def _session(answers: dict[str, Any]) -> botocore.session.Session:
    """A session whose requests are answered from memory, so that no server is on the bill."""
    session = botocore.session.Session()
    session.set_credentials(f"AKIA{ACCOUNT}TEST", "x")

    def answer(request: Any, **_: Any) -> Any:
        target = request.headers["X-Amz-Target"]
        return answers[(target.decode() if isinstance(target, bytes) else target).rsplit(".", 1)[1]]()

    session.register("before-send", answer)
    return session


def _taped(operation: str, asked: dict[str, Any], full: dict[str, Any]) -> Callable[[], Any]:
    """The sandbox's own answer to an operation, to be given again and again."""
    served = Endpoint({("ssm", operation): lambda _call: full}, as_of=AS_OF)
    tape: list[Any] = []
    session = botocore.session.Session()
    session.set_credentials(f"AKIA{ACCOUNT}TEST", "x")

    def record(request: Any, **_: Any) -> Any:
        headers = {k: v.decode() if isinstance(v, bytes) else v for k, v in request.headers.items()}
        tape.append((request.url, *served.handle(request.method, request.url, headers, request.body)))
        return _response(*tape[0])

    session.register("before-send", record)
    client = session.create_client("ssm", region_name=REGION)
    getattr(client, botocore.xform_name(operation))(**asked)
    return partial(_response, *tape[0])


def _response(url: str, status: int, headers: dict[str, str], body: bytes) -> Any:
    response = botocore.awsrequest.AWSResponse(url, status, headers, None)
    response._content = body
    return response


def _cpu(work: Callable[[], object]) -> float:
    """Processor time of one page, the median of runs [ms]."""
    taken = []
    for _ in range(RUNS):
        start = time.process_time()
        for _ in range(PAGES):
            work()
        taken.append((time.process_time() - start) * 1000 / PAGES)
    return statistics.median(taken)


def bench_parser(report: Callable[[str, float, str, str], None]) -> None:
    """Measure both operations three ways. report: what, value, unit, note."""
    answers = {operation: _taped(operation, asked, full) for operation, asked, full in _HEAVY}
    settings = Settings(home_region=REGION)
    allowed = frozenset(("ssm", operation) for operation, _, _ in _HEAVY)

    def reader(raw: frozenset[tuple[str, str]]) -> Reader:
        budget = RateBudget(Rates(default=1e9, burst=100_000), sleep=lambda _seconds: None)
        return Reader(settings, allowed, session=_session(answers), budget=budget, raw_operations=raw)

    client = _session(answers).create_client("ssm", region_name=REGION)
    stock, whole = reader(frozenset()), reader(allowed)
    for operation, asked, _ in _HEAVY:
        method = getattr(client, botocore.xform_name(operation))
        before = _cpu(lambda method=method, asked=asked: method(**asked))
        report(f"page: {operation}, boto3", before, "ms CPU", f"{ROWS} rows")
        for name, own in (("reader, botocore's parser", stock), ("reader, whole documents", whole)):
            after = _cpu(
                lambda own=own, operation=operation, asked=asked: own.call(ACCOUNT, REGION, "ssm", operation, asked)
            )
            report(f"ratio: {name} / boto3", after / before, "x", f"{after:.2f} ms CPU")
