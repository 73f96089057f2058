"""Settings: one TOML file, validated whole before anything runs.

An unknown key is an error: a misspelt `regions` must never become "all Regions".
"""

from __future__ import annotations

import difflib
import tomllib
from datetime import date
from pathlib import Path
from typing import Annotated, Literal, NamedTuple

import pydantic

from patchlib.errors import SettingInvalid
from patchlib.shapes import known_regions

__all__ = ["Exclusion", "RateBounds", "Rates", "Settings", "load_settings"]

_ACCOUNT_ID = r"^\d{12}$"

AccountId = pydantic.constr(pattern=_ACCOUNT_ID)
# IAM: a role's name, with its path before it where it has one. STS: what an external id may be.
RoleName = pydantic.constr(pattern=r"^[\w+=,.@/-]+$", max_length=512)
ExternalId = pydantic.constr(min_length=2, max_length=1224, pattern=r"^[\w+=,.@:/-]+$")
# Organizations API Reference, OrganizationalUnit and Root, read 2026-11-25.
UnitId = pydantic.constr(pattern=r"^(ou-[0-9a-z]{4,32}-[0-9a-z]{8,32}|r-[0-9a-z]{4,32})$")


class _Frozen(pydantic.BaseModel):
    # An external id that is mistyped must not show in a traceback.
    model_config = pydantic.ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


class RateBounds(NamedTuple):
    """Where the rate of one operation starts, and between what it may move [calls/s]."""

    start: float
    floor: float
    ceiling: float


class Rates(_Frozen):
    """Calls per second allowed per (account, Region, operation), retries included.

    AWS publishes no rate for SSM, and throttles by account, so other tools of the same account pay for ours. A
    rate starts at `default` and is learned from there, between `floor` and `ceiling`: upward while calls that had
    to wait succeed, down by half when AWS throttles. 10 per second is what AWS support advised a scanner that was
    throttled (0.1 s between pages; prowler, ssm_service.py); 20 is the refill of the one bucket of describing calls
    that AWS publishes (Amazon EC2 Developer Guide, Request throttling). Both read 2026-11-23. `operations` fixes
    the rate of a `service:Operation` by hand: it is never learned upward.
    """

    default: float = pydantic.Field(10.0, gt=0)
    floor: float = pydantic.Field(0.5, gt=0)
    ceiling: float = pydantic.Field(20.0, gt=0)
    burst: int = pydantic.Field(8, ge=1)
    operations: dict[str, Annotated[float, pydantic.Field(gt=0)]] = {}

    def of(self, service: str, operation: str) -> float:
        """Calls per second for one operation, before anything is learned."""
        return self.bounds(service, operation).start

    def bounds(self, service: str, operation: str) -> RateBounds:
        """Start, floor and ceiling for one operation. A default beyond a bound was meant, and moves that bound."""
        fixed = self.operations.get(f"{service}:{operation}")
        if fixed is not None:
            return RateBounds(fixed, min(fixed, self.floor), fixed)
        return RateBounds(self.default, min(self.default, self.floor), max(self.default, self.ceiling))


class Exclusion(_Frozen):
    """Nodes that patching deliberately leaves out: by node id or by one tag, with an owner and an end."""

    node_id: str | None = None
    tag_key: str | None = None
    tag_value: str | None = None
    reason: str = pydantic.Field(min_length=1)
    owner: str = pydantic.Field(min_length=1)
    expires_on: date

    @property
    def target(self) -> str:
        """What it names, in words."""
        return f"node {self.node_id}" if self.node_id else f"tag {self.tag_key}={self.tag_value}"

    @pydantic.model_validator(mode="after")
    def _one_target(self) -> Exclusion:
        if (self.node_id is None) == (self.tag_key is None or self.tag_value is None):
            raise ValueError("name either node_id, or tag_key with tag_value")
        return self


class Settings(_Frozen):
    """What to read and how.

    accounts: "caller" (the caller's own), "organization" (all that Organizations lists), or account ids.
    organizational_units: of an organisation, only accounts under these units or roots, at any depth.
    except_accounts:      of an organisation, accounts to leave out.
    regions:  "enabled" (each account's enabled Regions) or Region names.
    role:     IAM role name assumed in every account but the caller's own; none = no assuming.
    roles, external_ids:  the same for single accounts, by account id.
    threads:  cells read at once.
    service_tags: tags that together name a service, for nodes that nothing of AWS's own names one for.
    config_history_days: how far back to read what AWS Config recorded of patches, once per node [d]; 0 = not at all.
    image_scan_days: where ECR itself scans, images pushed or pulled within so many days are asked for their scan, and
              of each repository the last tagged one [d]; 0 = none is.
    """

    accounts: Literal["caller", "organization"] | tuple[AccountId, ...] = "caller"  # type: ignore[valid-type]
    organizational_units: tuple[UnitId, ...] = ()  # type: ignore[valid-type]
    except_accounts: tuple[AccountId, ...] = ()  # type: ignore[valid-type]
    regions: Literal["enabled"] | tuple[str, ...] = "enabled"
    home_region: str | None = None
    role: RoleName | None = None  # type: ignore[valid-type]
    roles: dict[AccountId, RoleName] = {}  # type: ignore[valid-type]
    external_id: ExternalId | None = pydantic.Field(None, repr=False)  # type: ignore[valid-type]
    external_ids: dict[AccountId, ExternalId] = pydantic.Field({}, repr=False)  # type: ignore[valid-type]
    rates: Rates = Rates()
    threads: int = pydantic.Field(8, ge=1, le=64)
    exclusions: tuple[Exclusion, ...] = ()
    service_tags: tuple[Annotated[str, pydantic.Field(min_length=1, max_length=128)], ...] = ()
    # AWS Config keeps what it recorded for at most 2557 days (API reference, RetentionConfiguration, read 2026-11-25).
    config_history_days: int = pydantic.Field(0, ge=0, le=2557)
    image_scan_days: int = pydantic.Field(90, ge=0)

    @pydantic.field_validator("regions", "home_region")
    @classmethod
    def _regions_exist(cls, value: object) -> object:
        """A misspelt Region would be read as a blind spot; a new one needs a newer boto3 to be reached at all."""
        named = () if value in {None, "enabled"} else (value,) if isinstance(value, str) else value
        for region in named:  # type: ignore[attr-defined]
            if region not in known_regions():
                near = difflib.get_close_matches(str(region), known_regions(), n=1)
                hint = f", perhaps {near[0]}" if near else ""
                raise ValueError(f"the installed botocore knows no Region {region}{hint}")
        return value

    @pydantic.field_validator("accounts", "regions", "organizational_units", "except_accounts", "service_tags")
    @classmethod
    def _named_once(cls, named: str | tuple[str, ...]) -> str | tuple[str, ...]:
        # Two cells of one name would write to the same files, and a tag counted twice would never be complete.
        if not isinstance(named, str) and len(set(named)) < len(named):
            raise ValueError("a name stands there twice")
        return named

    @pydantic.model_validator(mode="after")
    def _narrowed_only_where_listed(self) -> Settings:
        # Beside a list of accounts either would be silently without effect.
        for name in ("organizational_units", "except_accounts"):
            if getattr(self, name) and self.accounts != "organization":
                raise ValueError(f'{name} goes with accounts = "organization" only')
        return self

    def role_of(self, account_id: str) -> str | None:
        """The role to read an account with, its path included; None when none is named."""
        name = self.roles.get(account_id, self.role)
        return None if name is None else str(name).lstrip("/")

    def external_id_of(self, account_id: str) -> str | None:
        """The external id that an account's role asks for, if any."""
        own = self.external_ids.get(account_id, self.external_id)
        return None if own is None else str(own)

    def ended_exclusions(self, on: date) -> tuple[Exclusion, ...]:
        """Exclusions whose last day lies before that day: their nodes count again."""
        return tuple(each for each in self.exclusions if each.expires_on < on)

    def public(self) -> dict[str, object]:
        """The settings as a manifest may show them: external ids are named, never written."""
        shown = self.model_dump(mode="json", exclude={"external_id", "external_ids", "exclusions"})
        return shown | {
            "external_id": "set" if self.external_id else None,
            "external_ids": dict.fromkeys(self.external_ids, "set"),
        }


def _fault(error: pydantic.ValidationError) -> str:
    # Of the alternatives of one setting, the one that got furthest is the one that was meant.
    fault = max(error.errors(), key=lambda each: len(each["loc"]))
    place = ".".join(str(step) for step in fault["loc"] if not str(step).startswith(("literal[", "tuple[")))
    if fault["type"] == "extra_forbidden":
        known = [name for model in (Settings, Rates, Exclusion) for name in model.model_fields]
        near = difflib.get_close_matches(str(fault["loc"][-1]), known, n=1)
        return f"{place}: no such key" + (f"; did you mean {near[0]}?" if near else "")
    return f"{place or 'settings'}: {fault['msg'].removeprefix('Value error, ')}"


def load_settings(path: Path | None) -> Settings:
    """Settings from a TOML file; the defaults when path is None.

    Raises SettingInvalid for a missing or unreadable file, an unknown key or an unusable value.
    """
    if path is None:
        return Settings()
    try:
        return Settings.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
    except OSError as error:
        raise SettingInvalid(
            f"cannot read the settings: {error.strerror}", where=str(path), next_step="Check --settings."
        ) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingInvalid(
            f"the settings are not TOML: {error}", where=str(path), next_step="Mend that line."
        ) from error
    except pydantic.ValidationError as error:
        raise SettingInvalid(
            _fault(error), where=str(path), next_step=f"Known keys: {', '.join(Settings.model_fields)}."
        ) from error
