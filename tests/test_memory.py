"""Memory stays flat however many rows come: pages go to disk as they are read."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent

# 2,500 nodes of 400 patches in one cell; the endpoint runs in the same process, so its memory is counted too.
_EXTRACTION = """
import sys
from pathlib import Path
from patchlib.extract import extract
from patchlib.settings import Settings
from tests import estate

NODES, PATCHES = int(sys.argv[2]), 400
IDS = [f"i-{n:017x}" for n in range(NODES)]
COUNTS = {"InstalledCount": PATCHES, "MissingCount": 0, "FailedCount": 0}
TIMES = {"OperationStartTime": estate.AS_OF, "OperationEndTime": estate.AS_OF, "Operation": "Scan"}
ROWS = [
    {"Title": f"Cumulative security update for a component of the system, number {n}", "KBId": f"KB50{n:05d}",
     "Classification": "SecurityUpdates", "Severity": "Critical", "State": "Installed", "InstalledTime": estate.AS_OF}
    for n in range(PATCHES)
]

def instances(call):
    return {"Reservations": [{"Instances": [{"InstanceId": i, "ImageId": "ami-1"} for i in IDS]}]}

def managed(call):
    return {"InstanceInformationList": [{"InstanceId": i, "PingStatus": "Online"} for i in IDS]}

def states(call):
    named = {"PatchGroup": "", "BaselineId": "pb-0123456789abcdef0"}
    return {"InstancePatchStates": [{"InstanceId": i} | named | COUNTS | TIMES for i in call.params["InstanceIds"]]}

def patches(call):
    return {"Patches": ROWS}

served = estate.endpoint(
    DescribeInstances=instances, DescribeInstanceInformation=managed,
    DescribeInstancePatchStates=states, DescribeInstancePatches=patches,
)
settings = Settings(regions=("eu-central-1",), home_region="eu-central-1", threads=2)
folder = extract(settings, Path(sys.argv[1]), reader=estate.reader(served, settings), progress=estate.Told())
rows = sum(len(page.response.get("Patches", [])) for page in estate.walk(folder, "ssm_patch"))
# Not getrusage: its maximum is inherited from the process that started this one, whatever was run there before.
peak = next(line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM"))
print(rows, int(peak.split()[1]) // 1024)
"""


def _extracted(folder: Path, nodes: int) -> tuple[int, int]:
    """(patch rows on disk, most resident memory [MiB]) of an extraction in a process of its own."""
    command = [sys.executable, "-c", _EXTRACTION, str(folder), str(nodes)]
    ended = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True)
    rows, peak = ended.stdout.split()
    return int(rows), int(peak)


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="a process's own peak is only told by /proc")
@pytest.mark.slow
def test_a_million_patch_rows_take_less_than_400_mb(tmp_path: Path) -> None:
    """A million rows in one cell, the endpoint in the same process included, and hardly more than a tenth of them."""
    rows, peak = _extracted(tmp_path / "million", 2500)
    assert rows == 1_000_000
    assert peak < 400
    _, tenth = _extracted(tmp_path / "tenth", 250)
    assert peak - tenth < 100
