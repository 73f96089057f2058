"""AWS Systems Manager: patch baselines and patch groups."""

from __future__ import annotations

from collections.abc import Iterator

from patchlib.sources.declaration import Context, Drop, Request, Scope, Source

__all__ = ["SOURCES"]


def _short(baseline_id: object) -> str:
    """The `pb-` id of a baseline: AWS-owned ones are named by ARN here and by their id there."""
    return str(baseline_id or "").rsplit("/", 1)[-1]


def _in_force(context: Context) -> set[str]:
    return {_short(row.get("BaselineId")) for row in context.rows("ssm_patch_state")}


def _baselines(context: Context) -> Iterator[Request]:
    grouped = {_short(row.get("BaselineIdentity", {}).get("BaselineId")) for row in context.rows("ssm_patch_group")}
    used = _in_force(context) | grouped
    for row in context.rows("ssm_patch_baseline"):
        # AWS-owned baselines (listed by ARN) are read only where they are in force: there is one per operating system.
        own = not row["BaselineId"].startswith("arn:") and not str(row.get("BaselineName", "")).startswith("AWS-")
        if own or _short(row["BaselineId"]) in used:
            yield Request({"BaselineId": row["BaselineId"]}, item=row["BaselineId"])


def _per_group(context: Context) -> Iterator[Request]:
    # A group is listed once per operating system that it has a baseline for.
    for group in dict.fromkeys(row["PatchGroup"] for row in context.rows("ssm_patch_group")):
        yield Request({"PatchGroup": group}, item=group)


def _windows_baselines(context: Context) -> Iterator[Request]:
    # "Currently, DescribeEffectivePatchesForPatchBaseline applies only to Windows" (API reference).
    in_force = _in_force(context)
    for row in context.rows("ssm_patch_baseline"):
        if row.get("OperatingSystem") == "WINDOWS" and _short(row["BaselineId"]) in in_force:
            yield Request({"BaselineId": row["BaselineId"]}, item=row["BaselineId"])


SOURCES = (
    Source(
        name="ssm_patch_baseline",
        service="ssm",
        operation="DescribePatchBaselines",
        scope=Scope.CELL,
        items="BaselineIdentities[]",
        page_size=100,
        about="patch baselines, AWS's and own, and which is the default",
        system="Patch baselines",
        key=("BaselineId",),
        remember=("BaselineId", "BaselineName", "OperatingSystem"),
        least="1 per 100 baselines; the listing says which is the default of each operating system, so none is asked",
    ),
    Source(
        name="ssm_patch_group",
        service="ssm",
        operation="DescribePatchGroups",
        scope=Scope.CELL,
        items="Mappings[]",
        page_size=100,
        about="which baseline serves which patch group",
        system="Patch baselines",
        key=("PatchGroup", "BaselineIdentity"),
        remember=("PatchGroup", "BaselineIdentity"),
    ),
    Source(
        name="ssm_patch_group_state",
        service="ssm",
        operation="DescribePatchGroupState",
        scope=Scope.CELL,
        items="",
        about="how many nodes of a patch group have patches in each state, as AWS counts them",
        system="Patch Manager",
        key=("patch_group",),
        unit="item",
        request_columns={"patch_group": "PatchGroup"},
        needs=("ssm_patch_group",),
        requests=_per_group,
        least="1 per patch group: the operation takes one",
    ),
    Source(
        name="ssm_patch_baseline_detail",
        service="ssm",
        operation="GetPatchBaseline",
        scope=Scope.CELL,
        items="",
        about="approval rules, delays, explicit approvals and rejections",
        system="Patch baselines",
        key=("BaselineId",),
        unit="item",
        needs=("ssm_patch_baseline", "ssm_patch_state", "ssm_patch_group"),
        requests=_baselines,
        drop=(Drop("Sources[].Configuration"),),
    ),
    Source(
        name="ssm_effective_patch",
        service="ssm",
        operation="DescribeEffectivePatchesForPatchBaseline",
        scope=Scope.CELL,
        items="EffectivePatches[]",
        page_size=100,
        refresh_hours=20.0,
        about="what each Windows baseline in force approves, and from when",
        system="Patch baselines",
        key=("baseline_id", "Patch"),
        unit="item",
        request_columns={"baseline_id": "BaselineId"},
        needs=("ssm_patch_baseline", "ssm_patch_state"),
        requests=_windows_baselines,
    ),
)
