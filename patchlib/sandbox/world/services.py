"""Services of an invented company, placed over accounts, Regions and platforms.

Placement gives every account, Region, platform and way of running its share: each service goes where the
most nodes are still owed, nudged by the seed. What is special comes first, so that a small fleet has it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from patchlib.sandbox.world.calendars import DAY, instant
from patchlib.sandbox.world.delays import CLASSES
from patchlib.sandbox.world.directory import HOME_REGION, Account, Directory
from patchlib.sandbox.world.draws import Draws
from patchlib.sandbox.world.images import APPLIANCE, BOTTLEROCKET, PLATFORMS, Platform

__all__ = ["Service", "plan_services"]

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
HYBRID, BOTTLEROCKETS, APPLIANCES = 0.015, 0.005, 0.0025
# Months between two refreshes of an Auto Scaling group; None = it was started once and left.
REFRESH_MONTHS = (1, 1, 3, 6, None)
_MIDDLE = (CLASSES + 1) // 2

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
    discipline: int
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
            discipline=_MIDDLE,
        )

    yield service("overnight-batch", production, PLATFORMS["AmazonLinux2023"], "batch", 0.0, "2024-01-08")
    yield service("edge-firewall", production, APPLIANCE, "standalone", APPLIANCES, "2024-06-11")
    yield service("container-host", production, BOTTLEROCKET, "standalone", BOTTLEROCKETS, "2025-02-17")
    thirds = (("RedhatEnterpriseLinux9", "store-gateway"), ("WindowsServer2019", "plant-control"))
    for product, name in thirds:
        yield service(name, shared, PLATFORMS[product], "hybrid", HYBRID / 2, "2024-03-04")


class _Planner:
    """Places services one after the other, each where nodes are owed."""

    def __init__(self, draws: Draws, directory: Directory) -> None:
        active = [account for account in directory.accounts if account.status == "ACTIVE"]
        self._draws, self._directory = draws, directory
        self._accounts = _Quota(draws, "account", {account.account_id: account.weight for account in active})
        self._regions = {a.account_id: _Quota(draws, f"region {a.name}", REGION_WEIGHTS) for a in active}
        classes = {str(number): 1.0 for number in range(1, CLASSES + 1)}
        # By environment, so that each has every platform and every class.
        environments = {account.environment for account in active}
        self._platforms = {name: _Quota(draws, f"platform {name}", PLATFORM_WEIGHTS) for name in environments}
        self._kinds = {name: _Quota(draws, f"kind {name}", KIND_WEIGHTS) for name in environments}
        self._disciplines = {name: _Quota(draws, f"discipline {name}", classes) for name in environments}
        self._used: Counter[str] = Counter()

    def place(self, number: int, size: int) -> Service:
        """The next service, of that many nodes."""
        draws = self._draws
        account = self._directory.account(self._accounts.take(number, size))
        assert account is not None
        environment = account.environment
        # Shared services are run as single machines; everything else as the quota says.
        kind = self._kinds[environment].take(number, size) if environment != "shared" else "standalone"
        platform = PLATFORMS[self._platforms[environment].take(number, size)]
        application, owner, criticality = self._application(account)
        refresh = draws.choose(REFRESH_MONTHS, "refresh", number) if kind == "group" else None
        return Service(
            name=f"{application}-{number:02d}",
            application=application,
            owner=owner,
            criticality=criticality,
            account=account,
            region=self._regions[account.account_id].take(number, size),
            platform=platform,
            kind=kind,
            size=size,
            started_at=self._start(number, platform, is_left=kind == "group" and refresh is None),
            instance_type=draws.choose(_TYPES, "instance type", number),
            # Where nothing patches in place, discipline decides nothing and takes no share.
            discipline=_MIDDLE if kind == "group" else int(self._disciplines[environment].take(number, size)),
            refresh_months=refresh,
        )

    def _application(self, account: Account) -> tuple[str, str, str]:
        applications = _SHARED if account.environment == "shared" else _APPLICATIONS
        number = self._used[account.name]
        self._used[account.name] += 1
        return applications[number % len(applications)]

    def _start(self, number: int, platform: Platform, *, is_left: bool) -> int:
        first = max(instant("2023-03-01"), instant(platform.available_from) + 40 * DAY)
        started = first + int(self._draws.uniform("service start", number) * (instant("2026-06-15") - first))
        return max(started, instant("2025-07-01")) if is_left else started


def plan_services(draws: Draws, directory: Directory, nodes: int) -> list[Service]:
    """The services of a fleet of that many nodes; the last one is cut to fit."""
    services: list[Service] = []
    left = nodes
    for service in _special(directory, nodes):
        if service.size <= left - nodes // 2:
            services.append(service)
            left -= service.size
    planner = _Planner(draws, directory)
    number = 0
    while left > 0:
        size = min(left, draws.between(2, 5 if nodes < 200 else 14, "service size", number))
        services.append(planner.place(number, size))
        left -= size
        number += 1
    return services
