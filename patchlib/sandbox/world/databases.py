"""Managed databases: a few, each with one thing to find, and beside each one that does the same thing well.

    orders     a minor version behind, and nobody upgrades it         catalogue    on the newest, upgraded by its window
    payments   a patch of its system is forced inside the freeze      ledger       the same patch, a month before it
    loyalty    in extended support, and paid for                      profiles     on a version in standard support
    returns    past standard support, opted out: a forced upgrade     returns-new  the version after it
    reporting  a server certificate that ends soon                    telemetry    one that has most of its year left
    stock      a Multi-AZ instance                                    tariffs      a Multi-AZ cluster
    search     a blue/green deployment that waits for its switch      profiles     one that was switched over
    trial      neither protected nor backed up, in development        sessions     DocumentDB, told by the same API

Versions and dates resemble real ones; nothing outside the sandbox reads them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from patchlib.sandbox.world.calendars import DAY, instant
from patchlib.sandbox.world.directory import HOME_REGION
from patchlib.sandbox.world.estate import Estate

__all__ = [
    "CERTIFICATES",
    "EXTENDED",
    "FREE",
    "LIFECYCLES",
    "UPGRADES",
    "BlueGreen",
    "Database",
    "Pending",
    "Upgrade",
    "databases",
    "deployments",
]

EXTENDED, FREE = "open-source-rds-extended-support", "open-source-rds-extended-support-disabled"
_PRODUCTION, _SECOND, _STAGING, _DEVELOPMENT = "210400173933", "210400173974", "210400173955", "210400173947"


@dataclass(frozen=True)
class Pending:
    """A maintenance action that waits: from when it is told, applied by a window after `auto`, or at `forced`."""

    action: str
    told_at: str
    text: str
    auto: str = ""
    forced: str = ""


@dataclass(frozen=True)
class Database:
    """One instance, or with `members` a cluster of so many instances.

    zones: 1, or 2 for a Multi-AZ instance. certificate_until: end of its server certificate.
    """

    name: str
    engine: str
    version: str
    account_id: str = _PRODUCTION
    region: str = HOME_REGION
    made_at: str = "2024-05-14T07:20:00Z"
    window: str = "sun:02:00-sun:03:00"
    upgrades: bool = True
    lifecycle: str = EXTENDED
    zones: int = 1
    members: int = 0
    certificate_until: str = "2027-06-20T08:00:00Z"
    protected: bool = True
    retention: int = 14
    pending: tuple[Pending, ...] = ()
    snapshots: tuple[str, ...] = field(default=())

    @property
    def is_cluster(self) -> bool:
        """Whether it is a cluster."""
        return self.members > 0

    @property
    def is_aurora(self) -> bool:
        """Whether its storage is Aurora's."""
        return self.engine.startswith("aurora")

    @property
    def arn(self) -> str:
        """The ARN of the instance, or of the cluster."""
        return f"arn:aws:rds:{self.region}:{self.account_id}:{'cluster' if self.is_cluster else 'db'}:{self.name}"


@dataclass(frozen=True)
class BlueGreen:
    """A deployment from one database to a green copy of it; `switched_at` is "" while it waits."""

    name: str
    source: str
    green: str
    made_at: str
    switched_at: str = ""


@dataclass(frozen=True)
class Upgrade:
    """A version that another may be upgraded to; `auto`: by AWS where minor upgrades are left to it."""

    version: str
    auto: bool = False
    major: bool = False


_PATCH = "New Operating System update is available"
_DATABASES = (
    Database("orders", "postgres", "16.4", upgrades=False, snapshots=("2026-03-02T10:00:00Z",)),
    Database("catalogue", "postgres", "16.10"),
    Database(
        "payments",
        "postgres",
        "16.10",
        zones=2,
        pending=(Pending("system-update", "2026-09-30T00:00:00Z", _PATCH, forced="2026-12-19T00:00:00Z"),),
    ),
    Database(
        "ledger",
        "postgres",
        "16.10",
        zones=2,
        pending=(Pending("system-update", "2026-09-30T00:00:00Z", _PATCH, "2026-11-15T00:00:00Z"),),
    ),
    Database("loyalty", "postgres", "13.20", made_at="2022-03-09T12:00:00Z", snapshots=("2026-10-20T04:00:00Z",)),
    Database("profiles", "postgres", "17.6", made_at="2026-09-14T09:00:00Z"),
    Database(
        "returns",
        "mysql",
        "8.0.40",
        made_at="2023-01-17T12:00:00Z",
        lifecycle=FREE,
        pending=(
            Pending("db-upgrade", "2026-08-01T00:00:00Z", "Automatic upgrade to 8.4", forced="2026-12-02T00:00:00Z"),
        ),
    ),
    Database("returns-new", "mysql", "8.4.6", made_at="2026-08-19T12:00:00Z", lifecycle=FREE),
    Database("reporting", "sqlserver-se", "15.00.4430.1.v1", lifecycle="", certificate_until="2026-11-26T08:00:00Z"),
    Database("telemetry", "sqlserver-se", "15.00.4430.1.v1", lifecycle="", certificate_until="2027-08-11T08:00:00Z"),
    Database("stock", "mysql", "8.4.6", account_id=_SECOND, zones=2),
    Database("tariffs", "mysql", "8.4.6", account_id=_SECOND, members=3),
    Database("search", "aurora-postgresql", "15.8", account_id=_SECOND, members=2),
    Database("sessions", "docdb", "5.0.0", account_id=_SECOND, members=2, lifecycle=""),
    Database("trial", "mariadb", "10.11.10", account_id=_DEVELOPMENT, upgrades=False, protected=False, retention=0),
    Database("rehearsal", "postgres", "16.10", account_id=_STAGING, retention=1),
)
_DEPLOYMENTS = (
    BlueGreen("search-to-16", "search", "search-green-a1b2c3", "2026-10-28T08:00:00Z"),
    BlueGreen("profiles-to-17", "profiles", "profiles-old1", "2026-09-14T09:00:00Z", "2026-09-20T03:00:00Z"),
)

# By engine and version, what it may become.
UPGRADES: dict[tuple[str, str], tuple[Upgrade, ...]] = {
    ("postgres", "13.20"): (Upgrade("13.22", auto=True), Upgrade("16.10", major=True), Upgrade("17.6", major=True)),
    ("postgres", "16.4"): (Upgrade("16.8"), Upgrade("16.10", auto=True), Upgrade("17.6", major=True)),
    ("postgres", "16.10"): (Upgrade("17.6", major=True),),
    ("postgres", "17.6"): (),
    ("mysql", "8.0.40"): (Upgrade("8.0.43", auto=True), Upgrade("8.4.6", major=True)),
    ("mysql", "8.4.6"): (),
    ("mariadb", "10.11.10"): (Upgrade("10.11.14", auto=True), Upgrade("11.4.8", major=True)),
    ("sqlserver-se", "15.00.4430.1.v1"): (Upgrade("16.00.4210.1.v1", major=True),),
    ("aurora-postgresql", "15.8"): (Upgrade("15.13", auto=True), Upgrade("16.9", major=True)),
    ("docdb", "5.0.0"): (),
}

# (engine, major version, first day, end of standard support, end of extended support): as the RDS user guide has them.
LIFECYCLES = (
    ("postgres", "13", "2021-02-24", "2026-02-28", "2029-02-28"),
    ("postgres", "16", "2024-02-27", "2029-02-28", "2032-02-29"),
    ("postgres", "17", "2024-10-24", "2030-02-28", "2033-02-28"),
    ("mysql", "8.0", "2018-10-23", "2026-07-31", "2029-07-31"),
    ("mysql", "8.4", "2024-11-21", "2029-07-31", "2032-07-31"),
    ("aurora-postgresql", "15", "2023-02-27", "2028-02-29", "2031-02-28"),
    ("aurora-postgresql", "16", "2024-01-31", "2029-02-28", "2032-02-29"),
)

# (certificate authority, valid from, valid until, is the account's default)
CERTIFICATES = (
    ("rds-ca-rsa2048-g1", "2021-05-21", "2061-05-21", True),
    ("rds-ca-rsa4096-g1", "2021-05-21", "2121-05-21", False),
    ("rds-ca-ecc384-g1", "2021-05-21", "2121-05-21", False),
)


def databases(estate: Estate, account_id: str, region: str) -> Iterator[Database]:
    """The databases of a cell that are made by now."""
    for each in _DATABASES:
        if (each.account_id, each.region) == (account_id, region) and instant(each.made_at) <= estate.as_of:
            yield each


def deployments(estate: Estate, account_id: str, region: str) -> Iterator[tuple[BlueGreen, Database]]:
    """The blue/green deployments of a cell, each with its source; one that was switched is listed for 60 days."""
    here = {each.name: each for each in databases(estate, account_id, region)}
    for each in _DEPLOYMENTS:
        over = instant(each.switched_at) + 60 * DAY if each.switched_at else estate.as_of + DAY
        if each.source in here and instant(each.made_at) <= estate.as_of < over:
            yield each, here[each.source]
