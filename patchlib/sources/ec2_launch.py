"""Amazon EC2: launch templates and their versions, and the snapshots of volumes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from patchlib.sources.declaration import Context, Drop, Request, Row, Scope, Source

__all__ = ["SOURCES", "launch_specifications"]

# What starts an instance may carry passwords and keys in its user data.
_USER_DATA = Drop("LaunchTemplateVersions[].LaunchTemplateData.UserData")


def launch_specifications(group: Row) -> Iterator[dict[str, Any]]:
    """Every launch template that an Auto Scaling group names: its own, its mix's, those of the mix's overrides."""
    mix = (group.get("MixedInstancesPolicy") or {}).get("LaunchTemplate") or {}
    named = [group.get("LaunchTemplate"), mix.get("LaunchTemplateSpecification")]
    named += [override.get("LaunchTemplateSpecification") for override in mix.get("Overrides") or []]
    yield from (each for each in named if each)


def _latest_and_default(_context: Context) -> Iterator[Request]:
    # Without a template, $Latest and $Default of all templates come in one listing; numbers do not (API reference).
    yield Request({"Versions": ["$Latest", "$Default"]})


def _pinned(context: Context) -> Iterator[Request]:
    listed = {
        (row["LaunchTemplateId"], str(row["VersionNumber"])) for row in context.rows("ec2_launch_template_version")
    }
    pinned: dict[str, set[int]] = {}
    for group in context.rows("autoscaling_group"):
        for named in launch_specifications(group):
            template, version = named.get("LaunchTemplateId"), str(named.get("Version") or "$Default")
            if template and version.isdigit() and (template, version) not in listed:
                pinned.setdefault(template, set()).add(int(version))
    for template, versions in sorted(pinned.items()):
        yield Request(
            {"LaunchTemplateId": template, "Versions": [str(each) for each in sorted(versions)]}, item=template
        )


SOURCES = (
    Source(
        name="ec2_launch_template",
        service="ec2",
        operation="DescribeLaunchTemplates",
        scope=Scope.CELL,
        items="LaunchTemplates[]",
        page_size=200,
        about="launch templates: which version is the latest, which the default",
        system="Launch templates",
        key=("LaunchTemplateId",),
    ),
    Source(
        name="ec2_launch_template_version",
        service="ec2",
        operation="DescribeLaunchTemplateVersions",
        scope=Scope.CELL,
        items="LaunchTemplateVersions[]",
        page_size=200,
        about="the latest and the default version of every launch template: image, instance type, metadata options",
        system="Launch templates",
        key=("LaunchTemplateId", "VersionNumber"),
        remember=("LaunchTemplateId", "VersionNumber"),
        requests=_latest_and_default,
        drop=(_USER_DATA,),
        least="one listing over all templates for $Latest and $Default together",
    ),
    Source(
        name="ec2_launch_template_pinned_version",
        service="ec2",
        operation="DescribeLaunchTemplateVersions",
        scope=Scope.CELL,
        items="LaunchTemplateVersions[]",
        page_size=200,
        about="versions of launch templates that an Auto Scaling group names by number",
        system="Launch templates",
        key=("LaunchTemplateId", "VersionNumber"),
        unit="item",
        needs=("ec2_launch_template_version", "autoscaling_group"),
        requests=_pinned,
        drop=(_USER_DATA,),
        least="one call per template with a version in use that is neither its latest nor its default; a template "
        "that lost that version must not hide the others",
    ),
    Source(
        name="ec2_ebs_snapshot",
        service="ec2",
        operation="DescribeSnapshots",
        scope=Scope.CELL,
        items="Snapshots[]",
        page_size=1000,
        about="the account's own volume snapshots: what a failed patch could be rolled back to",
        system="EBS snapshots",
        key=("SnapshotId",),
        requests=lambda _context: iter([Request({"OwnerIds": ["self"]})]),
    ),
)
