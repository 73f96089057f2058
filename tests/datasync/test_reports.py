"""Exported reports: tables by their headings, findings by their shape, and refusals by name."""

from __future__ import annotations

import orjson
import pytest

from patchlib.datasync.keys import place_of
from patchlib.datasync.reports import read_report
from patchlib.errors import LayoutUnknown
from patchlib.sources import Cell
from patchlib.sources.report_file import REPORTS
from tests.datasync.places import ACCOUNT, REGION

NODES, PATCHES, FINDINGS = (", ".join(member.name for member in report.source.columns) for report in REPORTS)
KEY = f"reports/{ACCOUNT}/{REGION}/weekly.csv"


def row(report: int, **values: str) -> str:
    """A line of a report with some of its values."""
    columns = [member.column for member in REPORTS[report].source.columns]
    assert values.keys() <= set(columns)
    return ",".join(values.get(column, "") for column in columns)


def test_a_report_on_one_node_holds_two_tables() -> None:
    """Nodes and patches below each other, however the headings are spelt, belong to the cell that the key names."""
    headings = NODES.replace("Instance ID", "INSTANCE-ID").replace(", ", ",")
    text = "\ufeff" + "\r\n".join(
        [
            headings,
            row(0, instance_id="i-1", compliance_status="Non-Compliant"),
            "",
            PATCHES.replace(", ", ","),
            row(1, instance_id="i-1", patch_name="a", kb_id_patch_id="KB1", patch_state="Missing"),
            row(1, instance_id="i-1", patch_name="b", kb_id_patch_id="KB2", patch_state="Installed"),
        ]
    )
    nodes, patches = read_report(place_of(KEY), text, key=KEY)
    assert (nodes.source.name, patches.source.name) == ("patch_report_node", "patch_report_patch")
    assert nodes.cell == patches.cell == Cell(ACCOUNT, REGION)
    assert nodes.rows[0]["Compliance status"] == "Non-Compliant"
    assert [each["KB ID/Patch ID"] for each in patches.rows] == ["KB1", "KB2"]


def test_findings_in_csv_belong_to_the_account_that_each_row_names() -> None:
    """An export of a delegated administrator speaks of many accounts."""
    lines = [
        FINDINGS.replace(", ", ","),
        row(2, aws_account_id="1", region="eu", finding_arn="arn:1", description='"a,\n b"'),
        row(2, aws_account_id="2", region="eu", finding_arn="arn:2"),
        row(2, aws_account_id="1", region="eu", finding_arn="arn:3"),
    ]
    parts = read_report(place_of("inspector/export.csv"), "\n".join(lines), key="k")
    assert {part.cell: len(part.rows) for part in parts} == {Cell("1", "eu"): 2, Cell("2", "eu"): 1}
    assert parts[0].rows[0]["Description"] == "a,\n b"


def test_findings_in_json_are_as_list_findings_gives_them() -> None:
    """Members of the model are kept, others are not; account and Region are the finding's own."""
    arn = f"arn:aws:inspector2:us-east-1:{ACCOUNT}:finding/0a"
    finding = {"awsAccountId": ACCOUNT, "findingArn": arn, "severity": "HIGH", "status": "ACTIVE", "unknown": 1}
    finding |= {"firstObservedAt": 1762041600.0, "resources": [{"id": "i-1"}]}
    (part,) = read_report(place_of("inspector/a.json"), orjson.dumps({"findings": [finding]}).decode(), key="k")
    assert part.cell == Cell(ACCOUNT, "us-east-1")
    assert part.rows[0]["firstObservedAt"] == "2025-11-02T00:00:00Z"
    assert part.rows[0]["resources"] == [{"id": "i-1"}]
    assert "unknown" not in part.rows[0]


@pytest.mark.parametrize(
    ("key", "text", "says"),
    [
        (KEY, "Date,Amount\n2026,1", "headings are of no report that is known: Date, Amount"),
        (KEY, NODES.replace(", ", ",") + ",New column\n", "headings that are not known: New column"),
        (KEY, NODES.replace(", ", ",") + "\ni-1,x", "line 2 has 2 values under 17 headings"),
        ("weekly.csv", "\n".join([NODES.replace(", ", ","), row(0, instance_id="i-1")]), "says whose it is"),
        ("a.json", "{", "not JSON"),
        ("a.json", '{"Findings": []}', "an export of findings was expected"),
        ("a.json", '{"findings": [{"severity": "HIGH"}]}', "finding 1 lacks awsAccountId, findingArn, status"),
    ],
)
def test_an_unknown_report_is_refused(key: str, text: str, says: str) -> None:
    """By key and what was found; a report that names no cell says where to put it."""
    with pytest.raises(LayoutUnknown) as refused:
        read_report(place_of(key), text, key=key)
    assert says in refused.value.what
    assert refused.value.where == key
    assert refused.value.next_step
