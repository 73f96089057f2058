"""Promises of query gates: refused where a query cannot answer, asked of the store, said and ended by."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from patchlib.errors import GateTripped, ReportInvalid
from patchlib.reports.definition import load_report
from patchlib.reports.run import ReportRun, run_report
from patchlib.reports.summary import GateResult
from patchlib.reports.watching import refuse_unknown
from tests import estate, snapshots
from tests.reports import sample

PRODUCTION, UNTAGGED = "i-01", "i-02"


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three nodes scanned a day ago: one of production with two open patches, one untagged and clean, one unscanned."""
    folder = tmp_path_factory.mktemp("gates")
    done = snapshots.patch("KB1", "Installed", "2026-10-20T00:00:00Z")
    patches = {PRODUCTION: [snapshots.patch("KB1"), snapshots.patch("KB2")], UNTAGGED: [done], "i-03": []}
    listings = snapshots.estate(patches)
    scanned = (snapshots.TAKEN - timedelta(days=1)).isoformat()
    listings[snapshots.ACCOUNT, snapshots.REGION, "ssm_patch_state"] = [
        {"InstanceId": PRODUCTION, "OperationEndTime": scanned, "Operation": "Scan", "MissingCount": 2},
        {"InstanceId": UNTAGGED, "OperationEndTime": scanned, "Operation": "Scan", "InstalledCount": 1},
    ]
    listings[snapshots.ACCOUNT, snapshots.REGION, "ec2_instance"] = [
        {
            "InstanceId": node_id,
            "State": {"Name": "running"},
            "PlatformDetails": "Windows",
            "Tags": [{"Key": "Environment", "Value": "production"}] if node_id == PRODUCTION else [],
        }
        for node_id in patches
    ]
    listings[snapshots.ACCOUNT, snapshots.REGION, "ssm_managed_node"] = [
        {
            "InstanceId": node_id,
            "PingStatus": "Online",
            "PlatformName": "Microsoft Windows Server 2022 Datacenter",
            "PlatformVersion": "10.0.20348",
        }
        for node_id in patches
    ]
    return estate.loaded(folder / "own.duckdb", snapshots.write(folder, snapshots.TAKEN, listings))


class Bench:
    """One notebook, a definition with query gates, and the store."""

    def __init__(self, folder: Path, store: Path) -> None:
        self.folder, self.store = folder, store
        (folder / "notebooks").mkdir()
        sample.write(folder / "notebooks" / "01_fleet.ipynb")

    def definition(self, *gates: str) -> Path:
        listed = "\n".join(f'[[query_gates]]\nreason = "Promised"\n{gate}' for gate in gates)
        path = sample.definition(self.folder / "estate.toml", "01_fleet")
        path.write_text(f"{path.read_text()}\n{listed}\n")
        return path

    def run(self, *gates: str, **how: Any) -> ReportRun:
        places = {"store": self.store, "output": self.folder / "out", "notebooks": self.folder / "notebooks"}
        return run_report(self.definition(*gates), **({"execute": sample.in_process} | places | how))

    def result(self, gate: str, **how: Any) -> GateResult:
        (found,) = [each for each in self.run(gate, **how).summary.gates if each.name != "coverage"]
        return found


@pytest.fixture
def bench(tmp_path: Path, store: Path) -> Bench:
    return Bench(tmp_path, store)


STATUS = 'query = "compliance/node_status"\n'
STALE = STATUS + 'column = "row_count"\nwhere = { coverage_state = "stale" }\n'
OVERALL = 'query = "compliance/overall"\ncolumn = "compliant_share"\n'


@pytest.mark.parametrize(
    ("gate", "value"),
    [
        (OVERALL, 1 / 3),
        (STATUS + 'column = "row_count"\n', 3),
        (STATUS + 'column = "row_count"\nwhere = { compliance_status = "unknown" }\n', 1),
        (STATUS + 'column = "row_count"\nwhere = { compliance_status = ["unknown", "compliant"] }\n', 2),
        (STATUS + 'column = "missing_count"\naggregate = "sum"\n', 2),
        (STATUS + 'column = "missing_count"\naggregate = "max"\nwhere = { environment = "unknown" }\n', 0),
        (STATUS + 'column = "missing_count"\nwhere = { environment = "production" }\n', 2),
        (STATUS + 'column = "scan_age_days"\naggregate = "count"\n', 2),
        (STALE + "parameters = { stale_after_days = 0 }\n", 2),
    ],
)  # fmt: skip
def test_a_gate_sees_what_its_query_answers(bench: Bench, gate: str, value: float) -> None:
    """A column, the rows, some of the rows, several as one, with parameters of its own."""
    result = bench.result(f"{gate}fail_at_least = 0\n")
    assert (result.value, result.is_tripped, result.is_warned) == (pytest.approx(value), False, False)


@pytest.mark.parametrize(
    ("limits", "trips", "warns"),
    [
        ("fail_at_least = 0.4", True, False),
        ("fail_at_most = 0.3", True, False),
        ("fail_at_least = 0.3\nwarn_at_least = 0.4", False, True),
        ("fail_at_most = 0.4\nwarn_at_most = 0.3", False, True),
        ("fail_at_least = 0.4\nwarn_at_least = 0.5", True, False),
        ("warn_at_least = 0.9", False, True),
        ("warn_at_least = 0.3\nwarn_at_most = 0.4", False, False),
    ],
)
def test_a_broken_fail_limit_trips_and_a_warn_limit_only_warns(
    bench: Bench, limits: str, trips: bool, warns: bool
) -> None:
    """A third is compliant. What fails does not also warn."""
    run = bench.run(OVERALL + limits)
    result = run.summary.gates[-1]
    assert (result.is_tripped, result.is_warned, run.exit_code) == (trips, warns, 7 if trips else 0)
    first_page = run.index.read_text()
    assert ("Gate tripped: compliance/overall" in first_page) is trips
    assert ("Gate warns: compliance/overall" in first_page) is warns


def test_a_tripped_gate_says_value_rows_and_limit(bench: Bench) -> None:
    """In the column's unit, on the page, in the error and in summary.json."""
    gate = STATUS + 'column = "missing_count"\naggregate = "max"\nwhere = { environment = "production" }\n'
    run = bench.run(f"{gate}fail_at_most = 1\n")
    said = "Promised: 2 patches (1 of 3 rows), wanted at most 1."
    with pytest.raises(GateTripped, match=r"max\(missing_count\) where environment = production: Promised: 2 patches"):
        run.raise_for_faults()
    told = json.loads(run.summary_file.read_text())["gates"][-1]
    assert (told["message"], told["value"], told["unit"]) == (said, 2, "patches")
    assert said in run.index.read_text()


@pytest.mark.parametrize(
    ("gate", "why"),
    [
        (STATUS + 'column = "scan_age_days"\naggregate = "max"\n', "1 of 3 rows have no value"),
        (
            STATUS + 'column = "missing_count"\naggregate = "sum"\nwhere = { environment = "prodution" }\n',
            "no such row",
        ),
        (STATUS + 'column = "missing_count"\n', "3 rows and no aggregate"),
    ],
)
def test_what_is_not_known_breaks_the_gravest_limit(bench: Bench, gate: str, why: str) -> None:
    """No value, no row, or no one value: never "holds"."""
    failed = bench.result(f"{gate}warn_at_most = 900\nfail_at_most = 1000\n")
    assert (failed.is_tripped, failed.is_warned, failed.value) == (True, False, None)
    assert why in failed.message
    warned = bench.result(f"{gate}warn_at_most = 1000\n")
    assert (warned.is_tripped, warned.is_warned) == (False, True)


def test_a_run_s_parameters_reach_its_query_gates(bench: Bench) -> None:
    """As they reach the notebooks; the gate's own come first."""
    cell = 'store: str = ""  # store file [path]\nas_of: str = ""  # report instant [UTC]\n'
    sample.write(
        bench.folder / "notebooks" / "01_fleet.ipynb", parameters=f"{cell}stale_after_days: int = 7  # stale [d]"
    )
    gate = f"{STALE}fail_at_most = 0\n"
    assert bench.result(gate, given={"stale_after_days": "0"}).value == 2
    assert bench.result(f"{gate}parameters = {{ stale_after_days = 9 }}\n", given={"stale_after_days": "0"}).value == 0


@pytest.mark.parametrize(
    ("gate", "said"),
    [
        ('query = "compliance/overal"\ncolumn = "row_count"\n', "Did you mean compliance/overall"),
        ('query = "core/node"\ncolumn = "row_count"\n', "relation of the store"),
        ('query = "compliance/overall"\ncolumn = "compliant_shar"\n', "Did you mean compliant_share"),
        (STATUS + 'column = "row_count"\nwhere = { enviroment = "x" }\n', "no column enviroment .*environment"),
        (STATUS + 'column = "reason"\naggregate = "max"\n', "reason is varchar and no number"),
        (STATUS + 'column = "row_count"\nwhere = { missing_count = "2" }\n', "missing_count is bigint and never '2'"),
        (STATUS + 'column = "row_count"\nwhere = { environment = 2 }\n', "environment is varchar and never 2"),
        (STATUS + 'column = "row_count"\nparameters = { stale = 2 }\n', "no parameter stale"),
        (STATUS + 'column = "row_count"\nparameters = { stale_after_days = "x" }\n', "stale_after_days is no integer"),
    ],
)  # fmt: skip
def test_what_a_query_cannot_answer_is_refused_before_anything_runs(bench: Bench, gate: str, said: str) -> None:
    """With the gate's name and the nearest word; no notebook runs, nothing is written."""
    with pytest.raises(ReportInvalid, match=said):
        bench.run(f"{gate}fail_at_least = 0\n", execute=lambda job: pytest.fail(f"{job.name} ran"))
    assert not (bench.folder / "out").exists()


@pytest.mark.parametrize(
    ("gate", "said"),
    [
        (OVERALL, "give warn_at_least"),
        (OVERALL + "warn_at_least = 0.5\nfail_at_least = 0.6\n", "wider than its fail limit"),
        (OVERALL + "warn_at_most = 0.6\nfail_at_most = 0.5\n", "wider than its fail limit"),
        (STATUS + 'column = "row_count"\naggregate = "sum"\nfail_at_most = 1\n', "leave the aggregate out"),
        (OVERALL + 'aggregate = "median"\nfail_at_most = 1\n', "aggregate"),
    ],
)
def test_a_gate_that_cannot_be_meant_is_no_definition(bench: Bench, gate: str, said: str) -> None:
    """No limit, a warning that would come after the failure, an aggregate of one value."""
    with pytest.raises(ReportInvalid, match=said):
        bench.run(gate)


def test_one_value_is_watched_once(bench: Bench) -> None:
    """Two gates of one name could not be told apart in the summary."""
    with pytest.raises(ReportInvalid, match="two query gates watch the same"):
        bench.run(OVERALL + "fail_at_least = 0\n", OVERALL + "warn_at_least = 0\n")


def test_refusal_needs_no_store(bench: Bench) -> None:
    """A definition can be checked on a machine without data."""
    refuse_unknown(load_report(bench.definition(OVERALL + "fail_at_least = 0\n")), {})
