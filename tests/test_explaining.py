"""`patchlib explain` through the command line, on two weeks of a small estate whose every answer is known."""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from patchlib.cli import main
from tests.explain.conftest import hand
from tests.explain.hand_store import BASELINE, GONE, LINUX, NODE, PACKAGE, TWIN, WINDOW
from tests.snapshots import ACCOUNT, OTHER

__all__ = ["hand"]

Run = Callable[..., tuple[int, str, str]]
PAGE = Path(__file__).resolve().parent.parent / "docs" / "explain.md"


@pytest.fixture
def run(hand: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Run:
    """Run `patchlib explain` where own.duckdb and snapshots/ lie; returns exit code, stdout, stderr."""
    monkeypatch.chdir(hand)
    monkeypatch.delenv("PATCHLIB_STORE", raising=False)

    def running(*arguments: str, snapshots: str = "snapshots") -> tuple[int, str, str]:
        with pytest.raises(SystemExit) as ended:
            main(["explain", *arguments, "--store", "own.duckdb", "--snapshots", snapshots])
        out, err = capfd.readouterr()
        return int(ended.value.code or 0), out, err

    return running


class Told:
    """The JSON of an account: values by section and name, with what stands behind each."""

    def __init__(self, run: Run, *arguments: str, **how: str) -> None:
        code, out, err = run(*arguments, "--format", "json", **how)
        assert code == 0, err
        self.whole: dict[str, Any] = json.loads(out)

    def values(self, title: str) -> list[dict[str, Any]]:
        return next(section["values"] for section in self.whole["sections"] if section["title"] == title)

    def value(self, title: str, name: str) -> dict[str, Any]:
        return next(value for value in self.values(title) if value["name"] == name)

    def member(self, title: str, name: str) -> Any:
        (number,) = self.value(title, name)["evidence"]
        return self.whole["evidence"][number - 1]["member"]


def test_who_the_node_is_and_the_row_behind_it(run: Run) -> None:
    """Account by name, tags, system: each as the page holds it."""
    told = Told(run, NODE)
    assert told.whole["node"] == {
        "account_id": ACCOUNT, "region": "eu-central-1", "node_id": NODE, "name": "web-1", "account_name": "shop",
    }  # fmt: skip
    assert told.value("Node", "environment")["value"] == "production"
    assert {"Key": "Environment", "Value": "production"} in told.member("Node", "environment")["Tags"]
    assert told.value("Node", "operating system")["value"] == "Windows Server"
    assert told.member("Node", "operating system")["PlatformName"] == "Microsoft Windows Server 2022 Datacenter"
    assert told.member("Node", "account") == {"Id": ACCOUNT, "Name": "shop"}


def test_coverage_and_compliance_with_the_rows_that_decide(run: Run) -> None:
    """Fresh by its scan; not compliant for the one patch that is missing, not for the one that waits."""
    told = Told(run, NODE)
    assert told.value("Coverage", "coverage state")["value"] == "fresh"
    assert told.member("Coverage", "last scan")["OperationEndTime"] == "2026-11-09T01:00:00Z"
    status = told.value("Compliance", "compliance status")
    assert (status["value"], status["note"]) == ("non-compliant", "because: missing")
    deciding = [value["name"] for value in told.values("Compliance") if value["note"] == "decides"]
    assert deciding == ["KB5002"]
    also = {value["name"]: value["value"] for value in told.values("Compliance") if value["note"] == "open as well"}
    assert also == {"KB5001": "InstalledPendingReboot"}
    assert told.member("Compliance", "KB5002")["State"] == "Missing"


def test_the_baseline_in_force_and_what_names_it(run: Run) -> None:
    """The last scan's, the patch group's, and the default of the system under AWS's ARN."""
    told = Told(run, NODE)
    assert told.value("Patch baseline", "in force")["value"] == BASELINE
    assert told.member("Patch baseline", "in force")["BaselineId"] == BASELINE
    assert told.member("Patch baseline", "named by the patch group")["PatchGroup"] == "web"
    assert told.member("Patch baseline", "named by the default")["BaselineId"].endswith("/pb-0fedcba9876543210")


def test_the_window_that_serves_it_and_its_next_run(run: Run) -> None:
    """Sunday at two in Berlin is one o'clock UTC in November."""
    told = Told(run, NODE)
    assert told.value("Patched by", "maintenance window sunday")["value"] == "2026-11-15T01:00:00Z"
    assert told.member("Patched by", "maintenance window sunday")["WindowId"] == WINDOW


def test_a_patch_has_three_clocks_a_history_and_a_deadline(run: Run) -> None:
    """Released by the listing, approved seven days later by the rule, first observed by our first scan."""
    told = Told(run, NODE, "KB5001", "--policy", "pci-dss-6.3.3", "--policy-owner", "payments")
    title = "Patch KB5001"
    clocks = {name: told.value(title, name)["value"] for name in ("released", "approved", "first observed")}
    assert clocks == {
        "released": "2026-10-13T17:00:00Z",
        "approved": "2026-10-20T17:00:00Z",
        "first observed": "2026-11-02T06:00:00Z",
    }
    assert told.member(title, "released")["ReleaseDate"] == "2026-10-13T17:00:00Z"
    assert told.member(title, "approved")["ApprovalRules"]["PatchRules"][0]["ApproveAfterDays"] == 7
    assert told.member(title, "first observed")["State"] == "Missing"
    history = [value for value in told.values(title) if value["name"] == "history"]
    assert [value["value"] for value in history] == ["Missing", "InstalledPendingReboot"]
    assert "until 2026-11-09 06:00 UTC" in history[0]["note"]
    assert "until now" in history[1]["note"]
    parts = ("until approval", "until a window", "until installed", "until rebooted", "unexplained")
    days = {name: told.value(title, name)["value"] for name in parts}
    assert days["until approval"] == 7
    known = [value for value in days.values() if value is not None]
    assert sum(known) == pytest.approx(told.value(title, "days open")["value"])
    assert told.value(title, "pending reboot")["value"] is True
    assert told.value(title, "deadline")["value"] == "2026-11-13T17:00:00Z"


@pytest.mark.parametrize(("last_day", "ended"), [("2026-12-31", False), ("2026-11-05", True)])
def test_an_exception_is_shown_with_its_owner_and_its_end(run: Run, tmp_path: Path, last_day: str, ended: bool) -> None:
    """While it lasts the item stands as accepted; after its end it counts again, and that is said."""
    file = tmp_path / "exceptions.toml"
    scope = f'node_id = "{NODE}"\npatch_ref = "KB5001"'
    file.write_text(f'[[exceptions]]\nowner = "shop"\nreason = "freeze"\nexpires_on = {last_day}\n{scope}\n')
    told = Told(run, NODE, "KB5001", "--exceptions", str(file), "--policy", "pci-dss-6.3.3", "--policy-owner", "shop")
    exception = told.value("Patch KB5001", "exception")
    assert (exception["value"], f"owner shop, until {last_day}" in exception["note"]) == ("freeze", True)
    assert ("counts again" in exception["note"]) is ended
    assert told.value("Patch KB5001", "standing")["value"] == ("at risk" if ended else "accepted")


def test_an_earlier_instant_knows_nothing_of_the_later(run: Run) -> None:
    """Of the first week only the first state is told."""
    told = Told(run, NODE, "KB5001", "--as-of", "2026-11-03")
    assert told.value("Patch KB5001", "state")["value"] == "Missing"
    assert len([value for value in told.values("Patch KB5001") if value["name"] == "history"]) == 1


def test_evidence_leads_to_the_line_of_the_page_file(run: Run) -> None:
    """Whoever opens the file by hand finds the very member there."""
    told = Told(run, NODE, "KB5001")
    for each in told.whole["evidence"]:
        assert each["missing"] is None, each
        file = Path("snapshots") / each["snapshot_id"] / each["file"]
        lines = gzip.decompress(file.read_bytes()).decode().splitlines()
        page = json.loads(lines[each["line"] - 1])
        assert page["page"] == each["page"]
        found: Any = page
        for step in re.findall(r"\w+", each["path"]):
            found = found[int(step)] if step.isdecimal() else found[step]
        assert {name: found[name] for name in each["member"]} == each["member"]


def test_every_value_is_backed_or_says_why_not(run: Run) -> None:
    """What cites no row names a query it is computed by, or says in words what it rests on."""
    told = Told(run, NODE, "KB5001")
    for section in told.whole["sections"]:
        for value in section["values"]:
            assert value["evidence"] or value["query"] or value["note"], value


def test_a_vulnerability_leads_to_the_patches_that_fix_it(run: Run) -> None:
    """As the scan itself names it; one that nothing names is not called absent."""
    told = Told(run, LINUX, "cve-2026-0002")
    assert told.value("CVE-2026-0002", "fixed by")["value"] == PACKAGE
    assert told.value(f"Patch {PACKAGE}", "fixes, by the scan")["value"] == "CVE-2026-0001, CVE-2026-0002"
    unknown = Told(run, LINUX, "CVE-2020-9999").value("CVE-2020-9999", "fixed by")
    assert (unknown["value"], "not a clean bill" in unknown["note"]) == (None, True)


def test_live_patching_is_told_or_not_known(run: Run) -> None:
    """A package in the inventory, or no inventory at all."""
    assert Told(run, LINUX).value("Kernel live patching", "package")["value"] == "kernel-livepatch-5.10.1 1.0"
    told = Told(run, NODE).value("Kernel live patching", "package")
    assert (told["value"], told["note"]) == (None, "not known: no inventory of its software was read")


def test_a_node_that_is_gone_says_since_when(run: Run) -> None:
    """Its patches can still be asked for; what holds now cannot."""
    told = Told(run, "web-0")
    assert told.whole["node"]["node_id"] == GONE
    assert told.value("Node", "gone")["value"] == "2026-11-09 06:00 UTC"


def test_without_the_snapshot_the_observation_is_still_told(run: Run) -> None:
    """Pruned pages: which snapshot it was, and nothing invented."""
    told = Told(run, NODE, "KB5001", snapshots="nowhere")
    assert told.value("Patch KB5001", "state")["value"] == "InstalledPendingReboot"
    assert {each["missing"].split(":")[0] for each in told.whole["evidence"]} == {"snapshot not at hand"}
    assert all(each["member"] is None for each in told.whole["evidence"])


def test_the_text_holds_what_the_json_holds(run: Run) -> None:
    """Every value's name and note, every piece of evidence."""
    told, (_, text, _) = Told(run, NODE, "KB5001").whole, run(NODE, "KB5001")
    for section in told["sections"]:
        assert section["title"] in text.splitlines()
        for value in section["values"]:
            assert any(line.startswith(f"  {value['name']} ") and value["note"] in line for line in text.splitlines())
    for each in told["evidence"]:
        assert f"/{each['file']} line {each['line']} (page {each['page']}): {each['path']}" in text


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["web-1"], 2, f"{NODE} in {ACCOUNT} eu-central-1, {TWIN} in {OTHER} eu-central-1"),
        ([NODE, "October"], 2, "KB5001, KB5002"),
        (["i-0a99"], 4, "Did you mean"),
        (["nothing like it"], 4, "It holds 4 nodes"),
        ([NODE, "KB5003"], 4, "Did you mean"),
        ([NODE, "KB5001", "--policy", "nosuch", "--policy-owner", "me"], 2, "nosuch"),
        ([NODE, "--as-of", "2026-01-01"], 2, "The first snapshot is of 2026-11-02"),
    ],
)
def test_a_word_that_is_not_one_thing_is_one_line(run: Run, arguments: list[str], code: int, said: str) -> None:
    """Several are named with exit code 2, none ends with 4 and what is spelt alike."""
    found, out, err = run(*arguments)
    assert (found, out, len(err.splitlines())) == (code, "", 1)
    assert said in err


def test_an_account_tells_two_of_one_name_apart(run: Run) -> None:
    """So do a Region and the id."""
    assert Told(run, "WEB-1", "--account", OTHER).whole["node"]["node_id"] == TWIN
    assert Told(run, TWIN.upper()).whole["node"]["account_id"] == OTHER


def test_nothing_is_written(run: Run, hand: Path) -> None:
    """Neither the store nor a snapshot changes."""
    before = {path: path.read_bytes() for path in hand.rglob("*") if path.is_file()}
    run(NODE, "KB5001")
    assert {path: path.read_bytes() for path in hand.rglob("*") if path.is_file()} == before


def test_a_missing_store_is_said(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """There is no falling back to another."""
    monkeypatch.chdir(tmp_path)
    code, _, err = run(NODE)
    assert (code, "own.duckdb" in err) == (4, True)


def test_the_page_shows_what_the_command_prints(run: Run) -> None:
    """docs/explain.md: its example is this command's output on the estate of tests/explain/hand_store.py."""
    command, shown = re.findall(r"```text\n\$ patchlib (.+?)\n(.*?)```", PAGE.read_text(), flags=re.DOTALL)[0]
    with_places = [word for word in command.split() if word not in {"explain"}]
    code, out, _ = run(*with_places)
    assert (code, out) == (0, shown)
