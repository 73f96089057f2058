"""Figures that nobody measured here: each with its unit, a range, and who says so.

A model that assumes reads what it assumes from a dated file, and shows it. A figure without a range or a source is
refused: it would look like a fact.
"""

from __future__ import annotations

import tomllib
from datetime import date
from pathlib import Path
from typing import Annotated, Self, TypeVar

import pydantic

from patchlib.errors import SettingInvalid

__all__ = ["Figure", "PriorFile", "Priors", "load_priors", "named_priors", "read_prior_file"]

Word = Annotated[str, pydantic.Field(min_length=1)]
# Whether the internet reaches an asset: yes, no way found, or not known.
REACHES = ("internet", "no_way_found", "not_known")


class _Frozen(pydantic.BaseModel):
    model_config = pydantic.ConfigDict(extra="forbid", frozen=True)


class Figure(_Frozen):
    """One assumed figure: value between low and high, in its unit, and where it comes from."""

    value: float
    unit: Word
    low: float
    high: float
    source: Word

    @pydantic.model_validator(mode="after")
    def _ordered(self) -> Self:
        if not 0 <= self.low <= self.value <= self.high:
            raise ValueError(f"needs 0 <= low <= value <= high, not {self.low}, {self.value}, {self.high}")
        return self

    def spread(self) -> tuple[float, float, float]:
        """Low, value, high."""
        return self.low, self.value, self.high


class PriorFile(_Frozen):
    """What every file of assumed figures says of itself.

    title: what it is. owner: who answers for the figures. source: where they come from. read_date: when.
    """

    title: Word
    owner: Word
    source: Word
    read_date: date


class Priors(PriorFile):
    """What absolute risk needs beside hazards: given by the user, or there is no absolute risk.

    success: share of activity against a reachable, vulnerable asset that succeeds [0..1].
    reach: share of activity that gets to an asset [0..1], by whether the internet reaches it: internet, no_way_found,
    not_known.
    """

    success: Figure
    reach: dict[str, Figure]

    @pydantic.model_validator(mode="after")
    def _shares(self) -> Self:
        if set(self.reach) != set(REACHES):
            raise ValueError(f"reach needs {', '.join(REACHES)}")
        for figure in (self.success, *self.reach.values()):
            if figure.unit != "share" or figure.high > 1:
                raise ValueError("a share has the unit share and lies in 0 to 1")
        return self


File = TypeVar("File", bound=PriorFile)


def load_priors(path: Path) -> Priors:
    """The priors of absolute risk from a TOML file. Raises SettingInvalid, with the file and what is wrong in it."""
    return read_prior_file(path, Priors)


def named_priors(path: str) -> Priors | None:
    """The priors of a TOML file; None for "": then all risk stays relative. Raises SettingInvalid as `load_priors`."""
    return load_priors(Path(path)) if path else None


def read_prior_file(path: Path, form: type[File]) -> File:
    """A file of assumed figures in its form. Raises SettingInvalid, with the file and what is wrong in it."""
    try:
        told = tomllib.loads(path.read_text(encoding="utf-8"))
        return form.model_validate(told)
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        step = "Give a TOML file that can be read."
        raise SettingInvalid(f"it cannot be read: {error}", where=str(path), next_step=step) from error
    except pydantic.ValidationError as error:
        first = error.errors()[0]
        what = ".".join(str(part) for part in first["loc"]) or "the file"
        step = "Each figure needs value, unit, low, high and source."
        raise SettingInvalid(f"{what}: {first['msg']}", where=str(path), next_step=step) from error
