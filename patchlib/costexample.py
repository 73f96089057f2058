"""The worked example of docs/extraction-cost.md: one large estate, its figures made by the plan's own functions.

`patchlib extract --dry-run --example` prints the block that the page holds; a test compares the two.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

from patchlib.callcost import Counts, Size, shares
from patchlib.callplan import CallPlan, call_plan
from patchlib.census import Census
from patchlib.dryrun import charges_of, dollars
from patchlib.factsource import Fleet, ways
from patchlib.lastrun import LastRun
from patchlib.settings import Settings
from patchlib.sources import NODE_LISTINGS, Cell, Scope

__all__ = ["EXAMPLE", "example_block", "example_plan", "example_plans"]

_NOW = datetime(2026, 11, 2, 6, tzinfo=UTC)
# The Regions that an account of the aws partition has without opting in.
_REGIONS = (
    "ap-northeast-1", "ap-northeast-2", "ap-northeast-3", "ap-south-1", "ap-southeast-1", "ap-southeast-2",
    "ca-central-1", "eu-central-1", "eu-north-1", "eu-west-1", "eu-west-2", "eu-west-3", "sa-east-1",
    "us-east-1", "us-east-2", "us-west-1", "us-west-2",
)  # fmt: skip
_USED = ("eu-central-1", "eu-west-1", "us-east-1")
_ACCOUNTS, _HOLDING, _NODES, _EACH, _PATCH_ROWS, _CHANGED = 300, 40, 10_000, 71, 400, 0.1
# Open findings of Inspector per node; one in sixty changes in a day.
_FINDINGS = 30
# Days that a listing by time looks back: the first run as far as AWS keeps, later ones a day and the overlap.
_FIRST_DAYS, _LATER_DAYS = 30, 3
EXAMPLE = Settings(accounts="organization", home_region="eu-central-1", role="PatchlibReader")


def _nodes() -> dict[Cell, int]:
    """Managed nodes by cell: as many in each, and the rest in one, because estates are not even."""
    held = {Cell(f"{1000 + n:012d}", region): _EACH for n in range(_HOLDING) for region in _USED}
    first = next(iter(held))
    held[first] += _NODES - sum(held.values())
    return held


def _texts(name: str, count: int) -> tuple[str, ...]:
    return tuple(f"{name}-{number}" for number in range(count))


def _cell(nodes: int, days: int, changed: int | None) -> Counts:
    """What a cell with nodes holds: patched daily by association, weekly by windows. changed: None = first run."""
    windows, associations, daily = 3, 5, days
    executions = windows * max(1, days // 7)
    later = None if changed is None else executions
    return {
        "ec2_instance": Size(round(nodes * 1.1), like=(
            ("ImageId", _texts("ami", 12)), ("InstanceType", _texts("type", 6)))),
        "ssm_managed_node": Size(nodes),
        "ec2_instance_image": Size(12),
        "ec2_image": Size(20),
        "ec2_launch_template": Size(5),
        "ec2_launch_template_version": Size(10),
        "ec2_ebs_snapshot": Size(7 * nodes),
        "ec2_security_group": Size(40),
        "ec2_route_table": Size(10),
        "ec2_subnet": Size(20),
        "ec2_dedicated_host": Size(0),
        "ec2_capacity_reservation": Size(0),
        "autoscaling_group": Size(3),
        "autoscaling_instance_refresh": Size(6),
        "autoscaling_activity": Size(3 * days),
        "autoscaling_launch_configuration": Size(0),
        "elbv2_load_balancer": Size(3),
        "elbv2_listener": Size(6),
        "elbv2_target_group": Size(4),
        "ssm_patch_state": Size(nodes, like=(("BaselineId", _texts("pb", 2)),)),
        "ssm_patch": Size(nodes * _PATCH_ROWS, changed=changed),
        "ssm_patch_baseline": Size(17, like=(
            ("BaselineId", _texts("pb", 17)), ("BaselineName", _texts("AWS-Default", 17)),
            ("OperatingSystem", ("WINDOWS", *_texts("OS", 16))))),
        "ssm_effective_patch": Size(1500),
        "ssm_patch_group": Size(4),
        "ssm_maintenance_window": Size(windows),
        "ssm_window_target": Size(2 * windows),
        "ssm_window_task": Size(windows),
        "ssm_window_execution": Size(executions),
        "ssm_window_execution_task": Size(executions, changed=later),
        "ssm_window_invocation": Size(executions, changed=later),
        "ssm_association": Size(associations, like=(
            ("AssociationId", _texts("a", associations)),
            ("Name", ("AWS-RunPatchBaseline", *_texts("AWS-Gather", associations - 1))))),
        "ssm_association_detail": Size(associations, changed=None if changed is None else 0),
        "ssm_association_execution": Size(associations * daily, like=(
            ("AssociationId", _texts("a", associations)), ("Status", ("Success",)))),
        "ssm_association_target": Size(daily * nodes),
        "ssm_command": Size(daily),
        "ssm_command_invocation": Size(daily * nodes),
        "ssm_automation_execution": Size(0),
        "ssm_resource_compliance": Size(2 * nodes),
        "ssm_inventory": Size(nodes),
        "ssm_change_calendar": Size(1),
        "ssm_ops_item": Size(10),
        "ssm_resource_data_sync": Size(0),
        "ssm_quicksetup_manager": Size(0),
        "service_quotas_quota": Size(250),
        **_judged(nodes, days),
        **_beside(is_first=changed is None),
    }  # fmt: skip


def _judged(nodes: int, days: int) -> Counts:
    """What AWS's own judges say of them: AWS Config, Security Hub and Inspector are on."""
    return {
        "config_recorder_status": Size(1),
        "config_rule": Size(60),
        "securityhub_finding": Size(4 * nodes),
        "inspector2_account": Size(1),
        "inspector2_coverage": Size(round(nodes * 1.1)),
        "inspector2_open_finding": Size(_FINDINGS * nodes),
        "inspector2_finding": Size(_FINDINGS * nodes * days // 60),
    }


def _beside(*, is_first: bool) -> Counts:
    """What runs beside the instances of a cell."""
    functions = 40
    definitions = _texts("definition", 20)
    return {
        "ecs_cluster_arn": Size(2),
        "ecs_cluster": Size(2, like=(
            ("activeServicesCount", (10,)), ("runningTasksCount", (30,)), ("registeredContainerInstancesCount", (6,)))),
        "ecs_service_arn": Size(20, like=(("cluster_arn", ("a", "b")),)),
        "ecs_service": Size(20, like=(("taskDefinition", definitions),)),
        "ecs_task_arn": Size(60, like=(("cluster_arn", ("a", "b")),)),
        "ecs_task": Size(60, like=(("taskDefinitionArn", definitions),)),
        "ecs_container_instance_arn": Size(12, like=(("cluster_arn", ("a", "b")),)),
        "ecs_container_instance": Size(12),
        "ecs_task_definition": Size(20, changed=None if is_first else 2),
        "eks_cluster_name": Size(1),
        "eks_cluster_version": Size(12),
        "eks_node_group_name": Size(3),
        "eks_addon_name": Size(5),
        "eks_insight": Size(6),
        "eks_fargate_profile_name": Size(1),
        "lambda_function": Size(3 * functions, like=(
            ("FunctionName", _texts("f", functions)), ("Version", ("$LATEST", "1")), ("PackageType", ("Zip",)))),
        "lambda_layer": Size(4),
        "lambda_layer_version": Size(40),
    }  # fmt: skip


# What is listed in every cell, because it needs no instance.
_BESIDE = ("lambda_function", "ecs_cluster_arn", "eks_cluster_name")
# Of Inspector, what is asked in cells without nodes too: functions and images are there.
_INSPECTED = ("inspector2_account", "inspector2_coverage", "inspector2_open_finding", "inspector2_finding")


def _empty() -> Counts:
    return {name: Size(0) for name in (*NODE_LISTINGS, "ec2_image", "ssm_quicksetup_manager", *_INSPECTED, *_BESIDE)}


def _shared() -> dict[Scope, Counts]:
    types = tuple((region, kind) for region in _USED for kind in _texts("type", 6))
    return {
        Scope.ORGANIZATION: {
            "organizations_account": Size(_ACCOUNTS),
            "organizations_root": Size(1),
            "organizations_unit": Size(25),
            "organizations_unit_account": Size(_ACCOUNTS),
            "organizations_delegated_administrator": Size(3),
            "organizations_delegated_service": Size(6),
            "organizations_policy": Size(20),
            "organizations_policy_target": Size(60),
        },
        Scope.ACCOUNT: {"savingsplans_plan": Size(0)},
        Scope.REGION: {"ssm_available_patch": Size(20_000)},
        Scope.ESTATE: {
            "ec2_instance": Size(len(types), like=(
                ("_region", tuple(region for region, _ in types)), ("InstanceType", tuple(kind for _, kind in types)))),
            "pricing_product": Size(10 * len(types)),
        },
    }  # fmt: skip


def example_plan(*, changed_share: float | None = None) -> CallPlan:
    """The plan of the estate's first run, or of a later one in which so many nodes have a new scan."""
    held = _nodes()
    days = _FIRST_DAYS if changed_share is None else _LATER_DAYS
    total = None if changed_share is None else round(_NODES * changed_share)
    spread = _spread(list(held.values()), total)
    accounts = tuple(f"{1000 + n:012d}" for n in range(_ACCOUNTS))
    counts = {Cell(account_id, region): _empty() for account_id in accounts for region in _REGIONS}
    for (cell, nodes), changed in zip(held.items(), spread, strict=True):
        counts[cell] = _cell(nodes, days, changed)
    census = Census(accounts[0], "eu-central-1", accounts, dict.fromkeys(accounts, _REGIONS), counts, shared=_shared())
    return call_plan(EXAMPLE, census, LastRun(), now=_NOW)


def _spread(nodes: Sequence[int], total: int | None) -> list[int | None]:
    """Changed nodes by cell, in proportion; what rounding leaves over goes to the first ones."""
    if total is None:
        return [None] * len(nodes)
    whole = [count * total // sum(nodes) for count in nodes]
    return [each + more for each, more in zip(whole, shares(total - sum(whole), len(nodes)), strict=True)]


def example_plans() -> tuple[CallPlan, CallPlan, CallPlan]:
    """The plans of a first run, and of later ones in which all nodes, or a tenth of them, have a new scan."""
    return example_plan(), example_plan(changed_share=1.0), example_plan(changed_share=_CHANGED)


def example_block(plans: Sequence[CallPlan]) -> str:
    """The page's block, as Markdown: totals of a first and two later runs, calls by source, the ways to each fact."""
    return "\n".join([*_totals(plans), "", *_by_source(plans), "", *_facts()])


_RUNS = f"first run | later run, all nodes scanned anew | later run, {_CHANGED:.0%} scanned anew"


def _totals(plans: Sequence[CallPlan]) -> Iterator[str]:
    yield f"| | {_RUNS} |"
    yield "| --- | ---: | ---: | ---: |"
    longest = [plan.by_cell()[0] for plan in plans]
    rows = {
        "calls, at least": [f"{plan.calls:,}" for plan in plans],
        "minutes, at the rate where the budget starts": [f"{plan.minutes():.1f}" for plan in plans],
        "minutes, at its ceiling": [f"{plan.minutes(at_best=True):.1f}" for plan in plans],
        "longest cell": [f"{cell.account_id}, {cell.region}" for cell in longest],
        "its calls": [f"{cell.planned_calls:,}" for cell in longest],
        "its minutes": [f"{cell.minutes:.1f}" for cell in longest],
        "of which its longest source takes": [
            f"{cell.longest_source_minutes:.1f}, `{cell.longest_source}`" for cell in longest
        ],
        "calls saved by discovery": [f"{plan.saved('absent'):,}" for plan in plans],
        "calls saved because details are unchanged": [f"{plan.saved('unchanged'):,}" for plan in plans],
    }
    charges = [charges_of(plan) for plan in plans]
    for each in zip(*charges, strict=True):
        rows[each[0].what] = [f"{one.count:,}: {dollars(one)}" for one in each]
    for name, values in rows.items():
        yield f"| {name} | {' | '.join(values)} |"


def _by_source(plans: Sequence[CallPlan]) -> Iterator[str]:
    yield f"| system | source | {_RUNS} | saved in the last |"
    yield "| --- | --- | ---: | ---: | ---: | ---: |"
    for each in zip(*(plan.by_source() for plan in plans), strict=True):
        calls = " | ".join(_count(one.planned_calls, is_floor=one.is_floor) for one in each)
        yield f"| {each[0].system} | `{each[0].source}` | {calls} | {each[-1].saved_calls:,} |"


def _count(calls: int | None, *, is_floor: bool) -> str:
    return "unknown" if calls is None or (calls == 0 and is_floor) else f"{'≥ ' if is_floor else ''}{calls:,}"


def _facts() -> Iterator[str]:
    nodes = tuple(_nodes().values())
    instances = tuple(round(count * 1.1) for count in nodes)
    fleet = Fleet(nodes, len(_USED), _PATCH_ROWS, changed_share=_CHANGED, instances=instances)
    yield "| fact | way | calls | minutes, longest cell | as fresh as | chosen | why |"
    yield "| --- | --- | ---: | ---: | --- | --- | --- |"
    for way in ways(fleet, EXAMPLE.rates):
        chosen = "**yes**" if way.chosen else "no"
        cells = (way.fact, f"`{way.way}`", f"{way.calls:,}", f"{way.minutes:.1f}", way.fresh, chosen, way.why)
        yield f"| {' | '.join(cells)} |"
