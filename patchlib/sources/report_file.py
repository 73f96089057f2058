"""Reports that people export to a bucket: patch reports of Patch Manager, findings exports of Inspector.

No exported file was at hand; the columns are those that AWS's pages and a published table definition name:
- https://docs.aws.amazon.com/systems-manager/latest/userguide/patch-manager-store-compliance-results-in-s3.html,
  "What's in a generated patch compliance report?" (read 2026-11-25);
- the header of an Inspector export in CSV, as a public stack that builds a table over such exports lists it
  (found as source text 2026-11-25); the rows of one in JSON are ListFindings' own.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from patchlib import shapes
from patchlib.sources.declaration import Scope, Source

__all__ = ["FINDINGS", "REPORTS", "REPORT_SOURCES", "Report", "folded"]


def folded(heading: str) -> str:
    """A column's heading without case and punctuation: `KB ID/Patch ID` is `kb id patch id`."""
    return " ".join(re.findall(r"[a-z0-9]+", heading.lower()))


@dataclass(frozen=True)
class Report:
    """One kind of table in a CSV file.

    required: headings without which it is not this kind. account, region: the columns that name a row's cell; ""
    where only the key can.
    """

    source: Source
    required: tuple[str, ...]
    account: str = ""
    region: str = ""

    @property
    def headings(self) -> dict[str, shapes.Member]:
        """Its columns by folded heading."""
        return {folded(member.name): member for member in self.source.columns}


def _columns(headings: str) -> tuple[shapes.Member, ...]:
    names = [name.strip() for name in " ".join(headings.split()).split(",")]
    return tuple(shapes.Member(name, folded(name).replace(" ", "_"), "VARCHAR", "") for name in names)


def _report(name: str, system: str, about: str, columns: tuple[shapes.Member, ...], key: tuple[str, ...]) -> Source:
    """A report's rows: each report takes the place of the one before it in the same folder."""
    return Source(
        name=name,
        service="s3",
        operation="GetObject",
        scope=Scope.OBJECT,
        items="Rows[]",
        about=about,
        system=system,
        key=key,
        unit="item",
        returns_content=True,
        columns=columns,
    )


_NODE = _report(
    "patch_report_node",
    "Patch Manager reports",
    "nodes of a patch compliance report, with counts of what is not compliant",
    _columns(
        """Index, Instance ID, Instance name, Instance IP, Platform name, Platform version, SSM Agent version,
        Patch baseline, Patch group, Compliance status, Compliance severity, Noncompliant Critical severity patch count,
        Noncompliant High severity patch count, Noncompliant Medium severity patch count,
        Noncompliant Low severity patch count, Noncompliant Informational severity patch count,
        Noncompliant Unspecified severity patch count"""
    ),
    ("Instance ID",),
)
_PATCH = _report(
    "patch_report_patch",
    "Patch Manager reports",
    "patches of a patch compliance report on a single node",
    _columns(
        """Index, Instance ID, Instance name, Patch name, KB ID/Patch ID, Patch state, Last report time,
        Compliance level, Patch severity, Patch classification, CVE ID, Patch baseline, Logs URL, Instance IP,
        Platform name, Platform version, SSM Agent version"""
    ),
    ("Instance ID", "Patch name", "KB ID/Patch ID", "Patch state"),
)
_FINDING_ROW = _report(
    "inspector_export_row",
    "Inspector exports",
    "findings of an Inspector export in CSV",
    _columns(
        """AWS Account Id, Severity, Fix Available, Finding Type, Title, Description, Finding ARN, First Seen,
        Last Seen, Last Updated, Resource ID, Container Image Tags, Region, Platform, Resource Tags, Affected Packages,
        Package Installed Version, Fixed in Version, Package Remediation, File Path, Network Paths, Age (Days),
        Remediation, Inspector Score, Inspector Score Vector, Status, Vulnerability Id, Vendor, Vendor Severity,
        Vendor Advisory, Vendor Advisory Published, NVD CVSS3 Score, NVD CVSS3 Vector, NVD CVSS2 Score,
        NVD CVSS2 Vector, Vendor CVSS3 Score, Vendor CVSS3 Vector, Vendor CVSS2 Score, Vendor CVSS2 Vector,
        Resource Type, Ami, Resource Public Ipv4, Resource Private Ipv4, Resource Ipv6, Resource Vpc, Port Range,
        Epss Score, Exploit Available, Last Exploited At, Lambda Layers, Lambda Package Type, Lambda Last Updated At,
        Reference Urls, Detector Name, Package Manager"""
    ),
    ("Finding ARN", "Affected Packages"),
)
FINDINGS = _report(
    "inspector_export_finding",
    "Inspector exports",
    "findings of an Inspector export in JSON, as ListFindings gives them",
    shapes.item_members("inspector2", "ListFindings", "findings[]"),
    ("findingArn",),
)

REPORTS = (
    Report(_NODE, ("Instance ID", "Compliance status")),
    Report(_PATCH, ("Instance ID", "Patch name", "Patch state")),
    Report(_FINDING_ROW, ("AWS Account Id", "Region", "Finding ARN", "Severity"), "AWS Account Id", "Region"),
)

REPORT_SOURCES: tuple[Source, ...] = (*(report.source for report in REPORTS), FINDINGS)
