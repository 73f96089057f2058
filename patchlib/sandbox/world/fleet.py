"""The fleet: services of an invented company, placed over accounts, Regions and platforms.

Placement gives every account, Region, platform and way of running its share: each service goes where the
most nodes are still owed, nudged by the seed. What is special comes first, so that a small fleet has it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from patchlib.sandbox.world.calendars import DAY, HOUR, NEVER, from_datetime, instant, to_datetime
from patchlib.sandbox.world.directory import HOME_REGION, Account, Directory
from patchlib.sandbox.world.draws import Draws
from patchlib.sandbox.world.images import APPLIANCE, BOTTLEROCKET, PLATFORMS, Images, Platform
from patchlib.sandbox.world.nodes import Node
from patchlib.sandbox.world.windows import patch_groups

__all__ = ["Service", "fleet", "plan_services"]

PLATFORM_WEIGHTS = {
    "WindowsServer2016": 0.05,
    "WindowsServer2019": 0.12,
    "WindowsServer2022": 0.19,
    "WindowsServer2025": 0.07,
    "AmazonLinux2": 0.09,
    "AmazonLinux2023": 0.20,
    "Ubuntu22.04": 0.09,
    "Ubuntu24.04": 0.06,
    "RedhatEnterpriseLinux8": 0.06,
    "RedhatEnterpriseLinux9": 0.07,
}
REGION_WEIGHTS = {HOME_REGION: 0.68, "us-east-1": 0.32}
KIND_WEIGHTS = {"standalone": 0.72, "group": 0.28}
# What goes wrong with a node, each with its share of the fleet.
STOPPED, UNMANAGED, NEVER_SCANNED, LOST = 0.030, 0.025, 0.015, 0.040
NO_PATCH_GROUP, NO_ENVIRONMENT, NO_OWNER, NO_CRITICALITY = 0.05, 0.04, 0.08, 0.25
HYBRID, BOTTLEROCKETS, APPLIANCES = 0.015, 0.005, 0.0025
# Months between two refreshes of an Auto Scaling group; None = it was started once and left.
REFRESH_MONTHS = (1, 1, 3, 6, None)
SCRIPT_NAME = "<script>alert(1)</script>"
SCRIPT_OWNER = '"><img src=x onerror=alert(1)>'

_APPLICATIONS = (
    ("storefront", "web-shop", "high"),
    ("checkout", "payments", "high"),
    ("order-routing", "logistics", "high"),
    ("warehouse-floor", "logistics", "high"),
    ("price-engine", "merchandising", "medium"),
    ("search-index", "web-shop", "medium"),
    ("returns-desk", "customer-care", "medium"),
    ("customer-portal", "customer-care", "high"),
    ("ledger", "finance", "high"),
    ("invoice-archive", "finance", "medium"),
    ("timesheets", "people", "low"),
    ("intranet", "workplace", "low"),
    ("print-service", "workplace", "low"),
    ("file-exchange", "integration", "medium"),
    ("partner-gateway", "integration", "high"),
    ("message-broker", "platform", "high"),
    ("build-runners", "platform", "low"),
    ("artifact-store", "platform", "medium"),
    ("telemetry", "observability", "medium"),
    ("reporting", "data", "medium"),
    ("forecasting", "data", "low"),
    ("label-printing", "logistics", "medium"),
)
_SHARED = (
    ("directory-services", "identity", "high"),
    ("bastion", "platform", "medium"),
    ("log-collector", "observability", "medium"),
    ("name-resolution", "network-platform", "high"),
    ("backup-proxy", "platform", "medium"),
    ("licence-server", "workplace", "low"),
)
_TYPES = ("t3.medium", "t3.large", "m6i.large", "m6i.xlarge", "m7i.large", "c6i.xlarge", "r6i.large")


@dataclass(frozen=True)
class Service:
    """One application in one place, on one platform: `size` equal nodes."""

    name: str
    application: str
    owner: str
    criticality: str
    account: Account
    region: str
    platform: Platform
    kind: str  # standalone | group | hybrid | batch
    size: int
    started_at: int
    instance_type: str
    refresh_months: int | None = None


class _Quota:
    """Hands out labels so that each keeps its share of the nodes."""

    def __init__(self, draws: Draws, purpose: str, weights: Mapping[str, float]) -> None:
        total = sum(weights.values())
        self._draws, self._purpose = draws, purpose
        self._weights = {label: weight / total for label, weight in weights.items() if weight > 0}
        self._given: Counter[str] = Counter()

    def take(self, number: int, size: int) -> str:
        due = self._given.total() + size

        def owed(label: str) -> float:
            nudge = size * self._draws.uniform("quota", self._purpose, number, label)
            return self._weights[label] * (due + nudge) - self._given[label]

        label = max(self._weights, key=owed)
        self._given[label] += size
        return label


def _special(directory: Directory, nodes: int) -> Iterator[Service]:
    production = next((a for a in directory.accounts if a.environment == "production"), directory.accounts[0])
    shared = next((a for a in directory.accounts if a.name == "shared-services"), directory.accounts[0])

    def service(name: str, account: Account, platform: Platform, kind: str, share: float, started: str) -> Service:
        return Service(
            name=name,
            application=name,
            owner="network-platform" if platform is APPLIANCE else "platform",
            criticality="high",
            account=account,
            region=HOME_REGION,
            platform=platform,
            kind=kind,
            size=max(1, round(nodes * share)),
            started_at=instant(started),
            instance_type="c6i.xlarge",
        )

    yield service("overnight-batch", production, PLATFORMS["AmazonLinux2023"], "batch", 0.0, "2024-01-08")
    yield service("edge-firewall", production, APPLIANCE, "standalone", APPLIANCES, "2024-06-11")
    yield service("container-host", production, BOTTLEROCKET, "standalone", BOTTLEROCKETS, "2025-02-17")
    thirds = (("RedhatEnterpriseLinux9", "store-gateway"), ("WindowsServer2019", "plant-control"))
    for product, name in thirds:
        yield service(name, shared, PLATFORMS[product], "hybrid", HYBRID / 2, "2024-03-04")


def plan_services(draws: Draws, directory: Directory, nodes: int) -> list[Service]:
    """The services of a fleet of that many nodes; the last one is cut to fit."""
    services: list[Service] = []
    left = nodes
    for service in _special(directory, nodes):
        if service.size <= left - nodes // 2:
            services.append(service)
            left -= service.size
    accounts = _Quota(draws, "account", {a.account_id: a.weight for a in directory.accounts if a.status == "ACTIVE"})
    regions = {a.account_id: _Quota(draws, f"region {a.name}", REGION_WEIGHTS) for a in directory.accounts}
    platforms, kinds = _Quota(draws, "platform", PLATFORM_WEIGHTS), _Quota(draws, "kind", KIND_WEIGHTS)
    used: Counter[str] = Counter()
    number = 0
    while left > 0:
        size = min(left, draws.between(2, 5 if nodes < 200 else 14, "service size", number))
        account = directory.account(accounts.take(number, size))
        assert account is not None
        kind = kinds.take(number, size) if account.environment != "shared" else "standalone"
        platform = PLATFORMS[platforms.take(number, size)]
        region = regions[account.account_id].take(number, size)
        services.append(_service(draws, number, account, region, platform, kind, size, used))
        left -= size
        number += 1
    return services


def _service(
    draws: Draws,
    number: int,
    account: Account,
    region: str,
    platform: Platform,
    kind: str,
    size: int,
    used: Counter[str],
) -> Service:
    applications = _SHARED if account.environment == "shared" else _APPLICATIONS
    application, owner, criticality = applications[used[account.name] % len(applications)]
    used[account.name] += 1
    first = max(instant("2023-03-01"), instant(platform.available_from) + 40 * DAY)
    started = first + int(draws.uniform("service start", number) * (instant("2026-06-15") - first))
    refresh = draws.choose(REFRESH_MONTHS, "refresh", number) if kind == "group" else None
    if kind == "group" and refresh is None:
        started = max(started, instant("2025-07-01"))
    return Service(
        name=f"{application}-{number:02d}",
        application=application,
        owner=owner,
        criticality=criticality,
        account=account,
        region=region,
        platform=platform,
        kind=kind,
        size=size,
        started_at=started,
        instance_type=draws.choose(_TYPES, "instance type", number),
        refresh_months=refresh,
    )


def _generation(draws: Draws, service: Service, as_of: int) -> int:
    """When a group's instances of today were started: its last refresh, or its first start."""
    if service.refresh_months is None:
        return service.started_at
    day = draws.between(4, 12, "refresh day", service.name)
    moment = to_datetime(as_of)
    refreshes = (
        from_datetime(moment.replace(year=year, month=month, day=day, hour=9, minute=0, second=0, microsecond=0))
        for year in range(2023, moment.year + 1)
        for month in range(service.refresh_months, 13, service.refresh_months)
    )
    return max((at for at in refreshes if service.started_at <= at <= as_of), default=service.started_at)


def _launches(draws: Draws, service: Service, slot: int, as_of: int) -> list[tuple[int, int]]:
    """(launched, terminated) of the instances of one slot that are still listed."""
    if service.kind == "group":
        # Ten minutes between two instances of a refresh; the group waits for each to become healthy.
        return [(_generation(draws, service, as_of - slot * 600) + slot * 600, NEVER)]
    if service.kind == "batch":
        # Started every day at 05:30 and gone a day later; EC2 lists a terminated instance for about an hour.
        today = (as_of - 5 * HOUR - 1800) // DAY * DAY + 5 * HOUR + 1800
        listed = [(today, NEVER)]
        return [(today - DAY, today), *listed] if as_of - today < HOUR else listed
    return [(service.started_at + int(draws.uniform("launch", service.name, slot) * 60 * DAY), NEVER)]


def fleet(draws: Draws, directory: Directory, images: Images, nodes: int, as_of: int) -> tuple[Node, ...]:
    """The nodes that exist at an instant (and those terminated within the hour before)."""
    found = [
        _node(draws, images, service, slot, launched, terminated)
        for service in plan_services(draws, directory, nodes)
        for slot in range(service.size)
        for launched, terminated in _launches(draws, service, slot, as_of)
        if launched <= as_of
    ]
    return tuple(_scripted(found))


def _node(draws: Draws, images: Images, service: Service, slot: int, launched: int, terminated: int) -> Node:
    who = (service.name, slot) if service.kind in ("standalone", "hybrid") else (service.name, slot, launched)
    is_hybrid = service.kind == "hybrid"
    in_group = service.kind in ("group", "batch")
    golden = service.account.account_id if service.kind == "group" else None
    group = f"{service.name}-asg" if in_group else None
    node = Node(
        node_id=("mi-0" if is_hybrid else "i-0") + draws.hexadecimal(16, "node", *who),
        account_id=service.account.account_id,
        region=service.region,
        service=service.name,
        name=f"{service.name}-{slot + 1:02d}",
        platform=service.platform,
        environment=service.account.environment,
        launched_at=launched,
        image=None if is_hybrid else images.newest(service.platform, service.region, launched, golden),
        instance_type=service.instance_type,
        zone=service.region + "abc"[slot % 3],
        private_ip=f"10.{draws.between(16, 63, 'net', service.name)}.{slot // 200}.{slot % 200 + 11}",
        scan_second=draws.between(HOUR, 5 * HOUR - 1, "scan", *who),
        run_delay=draws.between(180, 5400, "run delay", *who),
        patch_group=None if in_group else _patch_group(draws, service, who),
        kind="hybrid" if is_hybrid else "ec2",
        auto_scaling_group=group,
        terminated_at=terminated,
    )
    return replace(_fate(draws, node, service, who), tags=_tags(draws, node, service, who))


def _patch_group(draws: Draws, service: Service, who: tuple[object, ...]) -> str | None:
    if draws.uniform("no patch group", *who) < NO_PATCH_GROUP or service.platform is APPLIANCE:
        return None
    groups = patch_groups(service.account)
    # One service in five or so is on the second group; Windows prefers the monthly one.
    threshold = 0.62 if service.platform.is_windows and service.account.environment == "production" else 0.25
    return groups[1] if len(groups) > 1 and draws.uniform("group", service.name) < threshold else groups[0]


def _fate(draws: Draws, node: Node, service: Service, who: tuple[object, ...]) -> Node:
    """What goes wrong with the node, if anything; at most one thing."""
    if service.kind == "batch":
        return node
    if service.platform is APPLIANCE:
        return replace(node, unmanaged=True)
    if service.platform is BOTTLEROCKET:
        return replace(node, scanned=False)
    draw = draws.uniform("fate", *who)
    start = node.launched_at + 20 * DAY
    moment = instant("2026-05-01") + int(draws.uniform("fate moment", *who) * 170 * DAY)
    if draw < STOPPED:
        return replace(node, stopped_at=max(start, moment)) if service.kind == "standalone" else node
    if draw < STOPPED + UNMANAGED:
        return replace(node, unmanaged=True) if service.kind != "hybrid" else node
    if draw < STOPPED + UNMANAGED + NEVER_SCANNED:
        return replace(node, scanned=False)
    return replace(node, lost_at=max(start, moment)) if draw < STOPPED + UNMANAGED + NEVER_SCANNED + LOST else node


def _tags(draws: Draws, node: Node, service: Service, who: tuple[object, ...]) -> dict[str, str]:
    def keep(tag: str, share_missing: float) -> bool:
        return draws.uniform("tag", tag, *who) >= share_missing

    tags = {"Name": node.name, "Application": service.application}
    if keep("Environment", NO_ENVIRONMENT):
        tags["Environment"] = node.environment
    if keep("Owner", NO_OWNER):
        tags["Owner"] = service.owner
    if keep("Criticality", NO_CRITICALITY):
        tags["Criticality"] = service.criticality
    if node.patch_group is not None:
        tags["Patch Group"] = node.patch_group
    if node.auto_scaling_group is not None:
        tags["aws:autoscaling:groupName"] = node.auto_scaling_group
    if service.platform is APPLIANCE:
        tags["Appliance"] = "network-firewall"
    return tags


def _scripted(nodes: list[Node]) -> list[Node]:
    """Put markup into two tag values: a page that shows tags must escape them."""
    plain = [
        position
        for position, node in enumerate(nodes)
        if node.patch_group and node.region == HOME_REGION and node.environment != "production" and not node.unmanaged
    ]
    # The two oldest: they are the same two, whenever one looks.
    plain.sort(key=lambda position: (nodes[position].launched_at, nodes[position].node_id))
    for position, tag, value in zip(plain, ("Name", "Owner"), (SCRIPT_NAME, SCRIPT_OWNER), strict=False):
        node = nodes[position]
        nodes[position] = replace(node, tags={**node.tags, tag: value})
    return nodes
