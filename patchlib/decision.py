"""Decision tables as data: published answers to "what now?", one row per combination of facts.

A table is a CSV: columns of facts, then `decision`, then `source` and `read_date`. It has each combination of the
values it names exactly once. What is not known of an item leaves every row standing that it could be: the answer is
then a range of decisions, never the one in the middle.
"""

from __future__ import annotations

import csv
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import product
from math import prod
from pathlib import Path

import pydantic

from patchlib import paths
from patchlib.errors import SettingInvalid

__all__ = ["Decision", "DecisionTable", "OwnerAnswers", "load_answers", "load_table"]

_ORIGIN = ("source", "read_date")


@dataclass(frozen=True)
class Decision:
    """What a table says of an item.

    decisions: those that its facts allow, in the table's order of first appearance; one when all is known.
    rows: the rows they stand in, counted from 1 as the file has them. undecided_by: facts that are not known and
    would narrow it.
    """

    decisions: tuple[str, ...]
    rows: tuple[int, ...]
    undecided_by: tuple[str, ...]

    @property
    def is_decided(self) -> bool:
        """Whatever is not known, the decision is the same."""
        return len(self.decisions) == 1

    @property
    def words(self) -> str:
        """The decision, or those that are possible."""
        return " or ".join(self.decisions)


@dataclass(frozen=True)
class DecisionTable:
    """One table: `facts` are its columns, each row a combination of their values and the decision.

    source, read_date: where it is published, and when that was read.
    """

    name: str
    facts: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    source: str
    read_date: date

    def values(self, fact: str) -> tuple[str, ...]:
        """The values of a fact, in the table's order."""
        place = self.facts.index(fact)
        return tuple(dict.fromkeys(row[place] for row in self.rows))

    @property
    def decisions(self) -> tuple[str, ...]:
        """The decisions, in the order in which the table first has them."""
        return tuple(dict.fromkeys(row[-1] for row in self.rows))

    def decide(self, known: Mapping[str, str | None]) -> Decision:
        """The decision for an item of which these facts are known; a fact that is missing or None is not.

        Raises SettingInvalid for a fact or a value that the table does not have.
        """
        self._refuse_strange(known)
        told = {fact: value for fact, value in known.items() if value is not None}
        fitting = self._fitting(told)
        allowed = {self.rows[number][-1] for number in fitting}
        decisions = tuple(each for each in self.decisions if each in allowed)
        dark = [fact for fact in self.facts if fact not in told]
        return Decision(
            decisions,
            tuple(number + 1 for number in fitting),
            tuple(fact for fact in dark if self._narrows(fact, told, allowed)) if len(allowed) > 1 else (),
        )

    def _fitting(self, told: Mapping[str, str]) -> list[int]:
        wanted = [(self.facts.index(fact), value) for fact, value in told.items()]
        return [n for n, row in enumerate(self.rows) if all(row[place] == value for place, value in wanted)]

    def _narrows(self, fact: str, told: Mapping[str, str], allowed: set[str]) -> bool:
        """Some answer to this fact alone would leave fewer decisions."""
        answers = ({**told, fact: value} for value in self.values(fact))
        return any({self.rows[n][-1] for n in self._fitting(answer)} != allowed for answer in answers)

    def _refuse_strange(self, known: Mapping[str, str | None]) -> None:
        for fact, value in known.items():
            if fact not in self.facts:
                step = f"Its facts are: {', '.join(self.facts)}."
                raise SettingInvalid(f"the table does not ask for {fact}", where=self.name, next_step=step)
            if value is not None and value not in self.values(fact):
                step = f"Write one of: {', '.join(self.values(fact))}."
                raise SettingInvalid(f"{fact} cannot be {value!r}", where=self.name, next_step=step)


# How an asset is known to be reached, as query risk/exposure spells it.
WAYS = ("public address", "load balancer", "no way found", "not running", "outside EC2", "not read")


class OwnerAnswers(pydantic.BaseModel):
    """What a table asks and no system can tell, as somebody answers it for the whole estate and signs.

    owner: who answers. signed_date: when. human_impact: by the tag Criticality; system_exposure: by how the internet
    reaches an asset (`exposure` of risk/exposure). What a file does not name stays not known.
    """

    model_config = pydantic.ConfigDict(extra="forbid", frozen=True)

    owner: str = pydantic.Field(min_length=1)
    signed_date: date
    human_impact: dict[str, str] = {}
    system_exposure: dict[str, str] = {}

    @pydantic.field_validator("system_exposure")
    @classmethod
    def _names_ways(cls, told: dict[str, str]) -> dict[str, str]:
        strange = sorted(set(told) - set(WAYS))
        if strange:
            raise ValueError(f"no way in is called {strange[0]!r}: write one of {', '.join(WAYS)}")
        return told


def load_answers(path: str | Path) -> OwnerAnswers | None:
    """The answers of a TOML file; None when path is "": then nobody has answered.

        owner = "head of payments"
        signed_date = 2026-11-01
        [human_impact]
        critical = "very high"
        [system_exposure]
        "public address" = "open"

    Raises SettingInvalid for a file that cannot be used, and for one without owner or date.
    """
    if path == "":
        return None
    try:
        return OwnerAnswers.model_validate(tomllib.loads(Path(path).read_text(encoding="utf-8")))
    except pydantic.ValidationError as error:
        fault = error.errors()[0]
        place = ".".join(map(str, fault["loc"]))
        step = "Write owner, signed_date, [human_impact] and [system_exposure]."
        raise SettingInvalid(f"{place}: {fault['msg']}", where=str(path), next_step=step) from error
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        step = "Check the path, and that it is TOML."
        raise SettingInvalid(f"cannot read the answers: {error}", where=str(path), next_step=step) from error


def load_table(name: str | Path) -> DecisionTable:
    """A table by name, of `data/policies`, or from a .csv file of one's own.

    Raises SettingInvalid for one that is not there, has no decision column, lacks a combination or has it twice.
    """
    path = Path(name)
    if path.suffix != ".csv":
        path = paths.policies_folder() / f"{name}.csv"
    try:
        with path.open(encoding="utf-8", newline="") as opened:
            lines = list(csv.reader(opened))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        known = ", ".join(sorted(each.stem for each in paths.policies_folder().glob("*.csv")))
        step = f"Tables: {known}; or write a path.csv."
        raise SettingInvalid(f"cannot read the decision table: {error}", where=str(path), next_step=step) from error
    return _table(path, lines)


def _table(path: Path, lines: Sequence[Sequence[str]]) -> DecisionTable:
    header = list(lines[0]) if lines else []
    if header[-3:] != ["decision", *_ORIGIN] or len(header) < 4 or len(set(header)) < len(header):
        step = "Write its facts, then decision, source and read_date."
        raise SettingInvalid("the decision table has no such columns", where=str(path), next_step=step)
    for number, line in enumerate(lines[1:], start=2):
        if len(line) != len(header) or not all(cell.strip() for cell in line):
            raise SettingInvalid("a cell is empty or missing", where=f"{path}:{number}", next_step="Fill the row.")
    facts, rows = tuple(header[:-3]), tuple(tuple(line[:-2]) for line in lines[1:])
    _refuse_gaps(path, facts, rows)
    try:
        read_date = date.fromisoformat(lines[1][-1])
    except ValueError as error:
        step = "Write the day as 2026-11-25."
        raise SettingInvalid(f"read_date: {error}", where=f"{path}:2", next_step=step) from error
    return DecisionTable(path.stem, facts, rows, lines[1][-2], read_date)


def _refuse_gaps(path: Path, facts: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> None:
    """Each combination of the values that the columns name has to be there, once."""
    if not rows:
        raise SettingInvalid("the decision table has no rows", where=str(path), next_step="Write its rows.")
    seen = [row[:-1] for row in rows]
    twice = next((row for number, row in enumerate(seen) if row in seen[:number]), None)
    if twice is not None:
        words = ", ".join(f"{fact} {value}" for fact, value in zip(facts, twice, strict=True))
        raise SettingInvalid(f"a combination is there twice: {words}", where=str(path), next_step="Leave one.")
    values = [tuple(dict.fromkeys(row[place] for row in seen)) for place in range(len(facts))]
    if prod(map(len, values)) != len(seen):
        gap = next(each for each in product(*values) if each not in set(seen))
        words = ", ".join(f"{fact} {value}" for fact, value in zip(facts, gap, strict=True))
        raise SettingInvalid(f"a combination is missing: {words}", where=str(path), next_step="Write its row.")
