"""By when something must be remediated: policies and exceptions, as dated files with an owner.

No deadline is assumed. A policy applies only where somebody names it and answers for it; the templates of
`data/policies/` have no owner, and some no clock, until then. An exception says what is accepted, by whom, why and
until when; without an end it is refused.
"""

from __future__ import annotations

import difflib
import tomllib
from datetime import date
from pathlib import Path
from typing import Annotated, Literal, TypeVar, get_args

import pydantic

from patchlib import paths
from patchlib.errors import SettingInvalid

__all__ = [
    "FACTS",
    "AcceptedRisk",
    "Clock",
    "Deadline",
    "RemediationPolicy",
    "list_policies",
    "load_exceptions",
    "load_policy",
    "named_policy",
]

Clock = Literal["released", "approved", "first observed"]
# What a rule can ask of an item beside its severity and where it is: answered yes, no, or not known.
FACTS = ("known_exploited", "exposed", "automatable", "total_impact")

Word = Annotated[str, pydantic.Field(min_length=1)]
CveId = Annotated[str, pydantic.Field(pattern=r"^CVE-\d{4}-\d{4,}$")]
Model = TypeVar("Model", bound=pydantic.BaseModel)


class _Frozen(pydantic.BaseModel):
    model_config = pydantic.ConfigDict(extra="forbid", frozen=True)


class Deadline(_Frozen):
    """One rule: what it is for, and how long there is. What it does not name, it does not ask.

    severities, environments, criticalities: an item must have one of them.
    known_exploited, exposed, automatable, total_impact: the item's answer must be this one.
    days, months: calendar days [d] or calendar months from the clock; until: no day, but an event, in words.
    also: what else has to be done, in words.
    """

    severities: tuple[Word, ...] = ()
    environments: tuple[Word, ...] = ()
    criticalities: tuple[Word, ...] = ()
    known_exploited: bool | None = None
    exposed: bool | None = None
    automatable: bool | None = None
    total_impact: bool | None = None
    days: Annotated[int, pydantic.Field(ge=0, le=3650)] | None = None
    months: Annotated[int, pydantic.Field(ge=1, le=120)] | None = None
    until: Word | None = None
    also: str = ""

    @pydantic.model_validator(mode="after")
    def _one_end(self) -> Deadline:
        if [self.days, self.months, self.until].count(None) != 2:
            raise ValueError("write one of days, months and until")
        return self

    @property
    def is_for_all(self) -> bool:
        """It asks nothing, so it holds for every item."""
        named = (self.severities, self.environments, self.criticalities)
        return not any(named) and all(getattr(self, name) is None for name in FACTS)

    @property
    def limit(self) -> str:
        """How long there is, in words."""
        if self.until is not None:
            return f"until {self.until}"
        count, unit = (self.days, "day") if self.days is not None else (self.months, "month")
        return f"{count} {unit}" if count == 1 else f"{count} {unit}s"


class RemediationPolicy(_Frozen):
    """A policy that somebody has named: the first of its rules that holds for an item gives the deadline.

    name: file name without its ending. owner: who answers for using it. effective_date: from when it holds.
    source, read_date: where it is written, and when that was read. binds: whom. clock: from when time counts.
    """

    name: Word
    owner: Word
    title: Word
    effective_date: date
    source: Word
    read_date: date
    binds: Word
    clock: Clock
    replaces: tuple[Word, ...] = ()
    notes: tuple[Word, ...] = ()
    rules: Annotated[tuple[Deadline, ...], pydantic.Field(min_length=1)]

    @pydantic.field_validator("rules")
    @classmethod
    def _each_can_be_reached(cls, rules: tuple[Deadline, ...]) -> tuple[Deadline, ...]:
        for number, rule in enumerate(rules[:-1], start=1):
            if rule.is_for_all:
                raise ValueError(f"rule {number} holds for everything, so no rule after it is ever reached")
        return rules


class AcceptedRisk(_Frozen):
    """An exception: what may stay open, who accepts that, why, and its last day.

    Where: node_id, or tag_key with tag_value; neither is everywhere. What: patch_ref (KB number, or title of the
    package) or cve_id; neither is everything. One of where and what has to be said.
    """

    owner: Word
    reason: Word
    expires_on: date
    node_id: Word | None = None
    tag_key: Word | None = None
    tag_value: str | None = None
    patch_ref: Word | None = None
    cve_id: CveId | None = None

    @pydantic.model_validator(mode="after")
    def _scoped(self) -> AcceptedRisk:
        if (self.tag_key is None) != (self.tag_value is None):
            raise ValueError("tag_key and tag_value go together")
        if self.node_id is not None and self.tag_key is not None:
            raise ValueError("name node_id or a tag, not both")
        if self.patch_ref is not None and self.cve_id is not None:
            raise ValueError("name patch_ref or cve_id, not both")
        if not any((self.node_id, self.tag_key, self.patch_ref, self.cve_id)):
            raise ValueError("it accepts everything everywhere: name a node, a tag, a patch or a CVE")
        return self

    @property
    def scope(self) -> str:
        """What it is for, in words."""
        where = f"node {self.node_id}" if self.node_id else f"tag {self.tag_key}={self.tag_value}"
        what = self.patch_ref or self.cve_id or "every patch"
        return f"{what} on {where if self.node_id or self.tag_key else 'every node'}"

    def has_ended(self, on: date) -> bool:
        """Its last day lies before that day: what it accepted counts again."""
        return self.expires_on < on


class _Exceptions(_Frozen):
    exceptions: tuple[AcceptedRisk, ...] = ()


def list_policies() -> tuple[str, ...]:
    """The names of the templates that ship with patchlib, sorted."""
    return tuple(sorted(path.stem for path in paths.policies_folder().glob("*.toml")))


def load_policy(name: str, *, owner: str = "", clock: str = "") -> RemediationPolicy:
    """A policy by the name of a template, or by the path of a file that ends in `.toml`.

    owner: who answers for using it; a file of one's own may say it itself. clock: from when time counts, where the
    file does not say it. What a file says is not overruled.
    Raises SettingInvalid for a name that is none, a file that cannot be used, and where owner or clock is missing.
    """
    path = Path(name)
    if path.suffix != ".toml":
        if name not in list_policies():
            near = difflib.get_close_matches(name, list_policies(), n=1)
            listed = f"Templates: {', '.join(list_policies())}; or write a path.toml."
            step = f"Did you mean {near[0]}?" if near else listed
            raise SettingInvalid(f"there is no policy {name!r}", next_step=step)
        path = paths.policies_folder() / f"{name}.toml"
    said = _read(path, "the policy")
    for key, given, step in (
        ("owner", owner, f"Name who answers for using this policy: {_given('owner', 'NAME')}."),
        ("clock", clock, f"Say from when time counts ({', '.join(get_args(Clock))}): {_given('clock', 'CLOCK')}."),
    ):
        if key in said and given and given != said[key]:
            raise SettingInvalid(f"the policy's {key} is {said[key]!r}, not {given!r}", where=str(path), next_step=step)
        if key not in said and not given:
            raise SettingInvalid(f"the policy has no {key}", where=str(path), next_step=step)
        said.setdefault(key, given)
    return _valid(RemediationPolicy, {"name": path.stem, **said}, path)


def _given(key: str, value: str) -> str:
    """How each command is told it."""
    return (
        f"`-p policy_{key}={value}` to a report, `--policy-{key} {value}` to explain, or `{key}` in a file of your own"
    )


def named_policy(name: str, *, owner: str = "", clock: str = "") -> RemediationPolicy | None:
    """As load_policy, and None where no name is given: then nothing is due. Raises as load_policy."""
    return load_policy(name, owner=owner, clock=clock) if name else None


def load_exceptions(path: str | Path) -> tuple[AcceptedRisk, ...]:
    """The exceptions of a TOML file, `[[exceptions]]` each; none when path is "". Those that have ended stay in it.

    Raises SettingInvalid for a file that cannot be used, and for an exception without owner, reason, end or scope.
    """
    if path == "":
        return ()
    return _valid(_Exceptions, _read(Path(path), "the exceptions"), Path(path)).exceptions


def _read(path: Path, what: str) -> dict[str, object]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise SettingInvalid(
            f"cannot read {what}: {error.strerror}", where=str(path), next_step="Check the path."
        ) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingInvalid(f"{what} are not TOML: {error}", where=str(path), next_step="Mend that line.") from error


def _valid(model: type[Model], said: dict[str, object], path: Path) -> Model:
    try:
        return model.model_validate(said)
    except pydantic.ValidationError as error:
        what, step = _fault(error)
        raise SettingInvalid(what, where=str(path), next_step=step) from error


def _fault(error: pydantic.ValidationError) -> tuple[str, str]:
    """The first fault in words, and what to do."""
    fault = error.errors()[0]
    # Lists count from 1 to whoever reads the file.
    place = ".".join(str(step + 1) if isinstance(step, int) else step for step in fault["loc"])
    known = sorted({name for model in (RemediationPolicy, Deadline, AcceptedRisk) for name in model.model_fields})
    if fault["type"] == "extra_forbidden":
        near = difflib.get_close_matches(str(fault["loc"][-1]), known, n=1)
        return f"{place}: no such key", f"Did you mean {near[0]}?" if near else f"Known keys: {', '.join(known)}."
    if fault["type"] == "missing" and fault["loc"][-1] == "expires_on":
        return f"{place} is missing: an exception without an end is refused", "Write its last day, as 2027-03-31."
    if fault["type"] == "missing":
        return f"{place} is missing", "Add it."
    return f"{place or 'the file'}: {fault['msg'].removeprefix('Value error, ')}", "Mend that entry."
