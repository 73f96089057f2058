"""Patch baselines and patch groups: from when each patch may be installed, and where.

AWS's own baselines are as the user guide describes them ("About predefined and custom patch baselines"):
seven days after release, Ubuntu at once. The organisation has its own for production (7 days), staging (3)
and development (0), and one whose ApproveUntilDate was never moved.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

from patchlib.sandbox.world.calendars import DAY, NEVER, instant
from patchlib.sandbox.world.catalogue import Catalogue, Patch
from patchlib.sandbox.world.directory import Account
from patchlib.sandbox.world.draws import Draws

__all__ = ["Baseline", "CellBaselines", "Rule", "cell_baselines", "shown_baseline"]


@dataclass(frozen=True)
class Rule:
    """One approval rule: which patches, and when they are approved.

    earlier_days: days of approval until shortened_at [seconds since 1970], more than since; None = as always. What
    waited longer than the new delay when it was shortened was approved at that moment.
    """

    compliance_level: str
    severities: tuple[str, ...]
    classifications: tuple[str, ...]
    approve_after_days: int | None
    approve_until: str | None = None
    earlier_days: int | None = None
    shortened_at: int = NEVER

    def matches(self, patch: Patch) -> bool:
        """Whether the rule's filters let the patch through."""
        return patch.severity in self.severities and patch.classification in self.classifications

    def approved_at(self, patch: Patch) -> int:
        """The approval instant of a matching patch; NEVER when released after ApproveUntilDate."""
        if self.approve_until is not None:
            end = instant(self.approve_until) + DAY
            return patch.released_at if patch.released_at < end else NEVER
        approved = patch.released_at + (self.approve_after_days or 0) * DAY
        if self.earlier_days is None:
            return approved
        return min(patch.released_at + self.earlier_days * DAY, max(approved, self.shortened_at))

    def at(self, as_of: int) -> Rule:
        """The rule as it is read at an instant."""
        is_earlier = self.earlier_days is not None and as_of < self.shortened_at
        return replace(self, approve_after_days=self.earlier_days) if is_earlier else self


@dataclass(frozen=True)
class Baseline:
    """One patch baseline of one cell, or one of AWS's."""

    baseline_id: str
    name: str
    operating_system: str
    description: str
    rules: tuple[Rule, ...]
    is_aws_owned: bool = False
    is_default: bool = False
    rejected: tuple[str, ...] = ()
    rejected_from: str | None = None
    available_status: str | None = None
    created_at: str = "2023-02-14T10:20:00Z"
    patch_groups: tuple[str, ...] = ()

    def rule(self, patch: Patch) -> Rule | None:
        """The first rule that lets the patch through, None when none does."""
        return next((rule for rule in self.rules if rule.matches(patch)), None)

    def approved_at(self, patch: Patch) -> int:
        """When the patch may be installed; NEVER when no rule approves it."""
        rule = self.rule(patch)
        return NEVER if rule is None else rule.approved_at(patch)

    def at(self, as_of: int) -> Baseline:
        """The baseline as it is read at an instant: its rules with the delay of that time."""
        return replace(self, rules=tuple(rule.at(as_of) for rule in self.rules))

    def changed_at(self, as_of: int) -> int:
        """When its rules, or what it rejects, were last changed up to an instant."""
        rejected_from = instant(self.rejected_from) if self.rejected and self.rejected_from else NEVER
        moments = (rejected_from, *(rule.shortened_at for rule in self.rules))
        return max((at for at in moments if at <= as_of), default=instant(self.created_at))

    def rejected_at(self, patch: Patch) -> int:
        """When the patch was rejected; NEVER when it is not on the list."""
        named = patch.kb_id if patch.is_windows else patch.title
        return instant(self.rejected_from) if self.rejected_from and named in self.rejected else NEVER

    def compliance_level(self, patch: Patch) -> str:
        """The level that a missing patch is reported at."""
        rule = self.rule(patch)
        return "UNSPECIFIED" if rule is None else rule.compliance_level


@dataclass(frozen=True)
class CellBaselines:
    """Every baseline of a cell and which one serves which node."""

    baselines: tuple[Baseline, ...]
    groups: dict[tuple[str, str], str] = field(default_factory=dict)  # (patch group, operating system) -> id

    @cached_property
    def by_id(self) -> dict[str, Baseline]:
        """The baselines by id."""
        return {baseline.baseline_id: baseline for baseline in self.baselines}

    def in_force(self, patch_group: str | None, operating_system: str) -> Baseline:
        """The baseline of a node: its patch group's, else the default of its operating system."""
        found = self.groups.get((patch_group or "", operating_system))
        if found is not None:
            return self.by_id[found]
        return next(b for b in self.baselines if b.is_default and b.operating_system == operating_system)


# Severities and classifications as each vendor's patches spell them.
_WINDOWS = (("Critical", "Important"), ("Moderate", "Low", "Unspecified"), ("SecurityUpdates", "CriticalUpdates"))
_AMAZON = (("Critical", "Important"), ("Medium", "Low"), ("Security",))
_RED_HAT = (("Critical", "Important"), ("Moderate", "Low"), ("Security",))
_UBUNTU = (("Critical", "High"), ("Medium", "Low"), ("Security",))
_SPELLINGS = {
    "WINDOWS": _WINDOWS,
    "AMAZON_LINUX_2": _AMAZON,
    "AMAZON_LINUX_2023": _AMAZON,
    "REDHAT_ENTERPRISE_LINUX": _RED_HAT,
    "UBUNTU": _UBUNTU,
}
# The account that owns AWS's baselines differs by Region; these are invented.
_AWS_OWNERS = {"eu-central-1": "209900100281", "us-east-1": "209900100717"}
_AWS_NAMES = {
    "ALMA_LINUX": "AWS-AlmaLinuxDefaultPatchBaseline",
    "AMAZON_LINUX": "AWS-AmazonLinuxDefaultPatchBaseline",
    "AMAZON_LINUX_2": "AWS-AmazonLinux2DefaultPatchBaseline",
    "AMAZON_LINUX_2023": "AWS-AmazonLinux2023DefaultPatchBaseline",
    "CENTOS": "AWS-CentOSDefaultPatchBaseline",
    "DEBIAN": "AWS-DebianDefaultPatchBaseline",
    "MACOS": "AWS-MacOSDefaultPatchBaseline",
    "ORACLE_LINUX": "AWS-OracleLinuxDefaultPatchBaseline",
    "RASPBIAN": "AWS-RaspbianDefaultPatchBaseline",
    "REDHAT_ENTERPRISE_LINUX": "AWS-RedHatDefaultPatchBaseline",
    "ROCKY_LINUX": "AWS-RockyLinuxDefaultPatchBaseline",
    "SUSE": "AWS-SuseDefaultPatchBaseline",
    "UBUNTU": "AWS-UbuntuDefaultPatchBaseline",
    "WINDOWS": "AWS-DefaultPatchBaseline",
}
_DELAYS = {"production": 7, "staging": 3, "development": 0}
# Staging waited longer until a change in autumn.
_EARLIER_DELAYS = {"staging": 5}
_SHORTENED_AT = instant("2026-09-30T09:00:00Z")
_FROZEN_GROUP = "shared-noreboot"
_FROZEN_UNTIL = "2026-03-31"
# Production's RHEL baseline rejects the first vim of 2026, after an incident, from this day on.
_REJECTED_FROM = "2026-04-20T09:30:00Z"
_REJECTED_PACKAGE = "vim"
_REJECTED_YEAR = ("2026-01-01", "2026-04-01")


def _aws_rules(system: str) -> tuple[Rule, ...]:
    high, low, classes = _SPELLINGS.get(system, _RED_HAT)
    if system == "WINDOWS":
        return (Rule("UNSPECIFIED", high, classes, 7),)
    if system == "UBUNTU":
        return (Rule("UNSPECIFIED", (*high, *low), classes, None),)
    return (Rule("UNSPECIFIED", high, classes, 7), Rule("UNSPECIFIED", (*high, *low), ("Bugfix",), 7))


def _own_rules(system: str, environment: str) -> tuple[Rule, ...]:
    high, low, classes = _SPELLINGS[system]
    rules = [Rule("CRITICAL", high, classes, None), Rule("MEDIUM", low, classes, None)]
    if system == "AMAZON_LINUX_2":
        rules.append(Rule("LOW", (*high, *low), ("Bugfix",), None))
    if system == "UBUNTU":  # a delay is "not supported for Debian Server or Ubuntu Server"
        return tuple(rules)
    earlier = _EARLIER_DELAYS.get(environment)
    return tuple(
        replace(
            rule,
            approve_after_days=_DELAYS[environment],
            earlier_days=earlier,
            shortened_at=NEVER if earlier is None else _SHORTENED_AT,
        )
        for rule in rules
    )


def _aws_baselines(draws: Draws, region: str, own_defaults: set[str]) -> list[Baseline]:
    prefix = f"arn:aws:ssm:{region}:{_AWS_OWNERS[region]}:patchbaseline/pb-"
    predefined = [(system, name, system not in own_defaults) for system, name in sorted(_AWS_NAMES.items())]
    predefined.append(("WINDOWS", "AWS-WindowsPredefinedPatchBaseline-OS", False))
    return [
        Baseline(
            baseline_id=prefix + "0" + draws.hexadecimal(16, "aws-baseline", region, name),
            name=name,
            operating_system=system,
            description=f"Predefined patch baseline for {system}, provided by AWS.",
            rules=_aws_rules(system),
            is_aws_owned=True,
            is_default=is_default,
            created_at="2018-01-31T00:00:00Z",
        )
        for system, name, is_default in predefined
    ]


def _rejections(products: dict[str, Catalogue]) -> tuple[str, ...]:
    first, last = map(instant, _REJECTED_YEAR)
    return tuple(
        next(
            patch.title
            for patch in products[product].patches
            if patch.package.startswith(_REJECTED_PACKAGE) and first <= patch.released_at
        )
        for product in ("RedhatEnterpriseLinux8", "RedhatEnterpriseLinux9")
        if any(
            p.package.startswith(_REJECTED_PACKAGE) and first <= p.released_at < last for p in products[product].patches
        )
    )


def cell_baselines(
    draws: Draws, account: Account, region: str, products: dict[str, Catalogue], patch_groups: tuple[str, ...]
) -> CellBaselines:
    """The baselines of one account in one Region and the patch groups they serve."""
    own: list[Baseline] = []
    place = (account.account_id, region)
    for system in sorted(_SPELLINGS) if account.environment in _DELAYS else ():
        days = _DELAYS[account.environment]
        rejected = (
            _rejections(products) if (account.environment, system) == ("production", "REDHAT_ENTERPRISE_LINUX") else ()
        )
        own.append(
            Baseline(
                baseline_id="pb-0" + draws.hexadecimal(16, "baseline", *place, system),
                name=f"{account.environment}-{system.lower().replace('_', '-')}",
                operating_system=system,
                description=f"{account.environment}: approved {days} days after release"
                if system != "UBUNTU"
                else f"{account.environment}: approved at release",
                rules=_own_rules(system, account.environment),
                is_default=account.environment == "production" and system == "WINDOWS",
                rejected=rejected,
                rejected_from=_REJECTED_FROM if rejected else None,
                available_status="NON_COMPLIANT"
                if (account.environment, system) == ("production", "WINDOWS")
                else None,
                patch_groups=patch_groups,
            )
        )
    if _FROZEN_GROUP in patch_groups:
        high, low, classes = _SPELLINGS["WINDOWS"]
        own.append(
            Baseline(
                baseline_id="pb-0" + draws.hexadecimal(16, "baseline", *place, "frozen"),
                name="shared-windows-frozen",
                operating_system="WINDOWS",
                description="frozen for the year-end audit",
                rules=(Rule("HIGH", (*high, *low), classes, None, approve_until=_FROZEN_UNTIL),),
                patch_groups=(_FROZEN_GROUP,),
            )
        )
    groups = {(group, b.operating_system): b.baseline_id for b in own for group in b.patch_groups}
    aws = _aws_baselines(draws, region, {b.operating_system for b in own if b.is_default})
    return CellBaselines((*aws, *own), groups)


def shown_baseline(baseline: Baseline, rejected: Sequence[str]) -> dict[str, Any]:
    """A baseline as GetPatchBaseline and an override's object show it, with what it rejects by now."""
    return {
        "BaselineId": baseline.baseline_id,
        "Name": baseline.name,
        "OperatingSystem": baseline.operating_system,
        "GlobalFilters": {"PatchFilters": []},
        "ApprovalRules": {"PatchRules": [_shown_rule(baseline, rule) for rule in baseline.rules]},
        "ApprovedPatches": [],
        "ApprovedPatchesComplianceLevel": "UNSPECIFIED",
        "ApprovedPatchesEnableNonSecurity": False,
        "RejectedPatches": list(rejected),
        "RejectedPatchesAction": "BLOCK" if rejected else "ALLOW_AS_DEPENDENCY",
        "Sources": [],
    }


def _shown_rule(baseline: Baseline, rule: Rule) -> dict[str, Any]:
    is_windows, is_ubuntu = baseline.operating_system == "WINDOWS", baseline.operating_system == "UBUNTU"
    severity = "MSRC_SEVERITY" if is_windows else "PRIORITY" if is_ubuntu else "SEVERITY"
    filters = [("PRODUCT", ("*",)), ("CLASSIFICATION", rule.classifications), (severity, rule.severities)]
    if is_ubuntu:
        filters.pop(1)
    found: dict[str, Any] = {
        "PatchFilterGroup": {"PatchFilters": [{"Key": key, "Values": list(values)} for key, values in filters]},
        "ComplianceLevel": rule.compliance_level,
        "EnableNonSecurity": False,
    }
    if rule.approve_until is not None:
        found["ApproveUntilDate"] = rule.approve_until
    elif rule.approve_after_days is not None:
        found["ApproveAfterDays"] = rule.approve_after_days
    return found
