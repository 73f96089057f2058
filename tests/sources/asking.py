"""What a source's requests are asked with, in one place."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from patchlib.sources import Cell, Context
from tests import estate

CELL = Cell(estate.MANAGEMENT, "eu-central-1")


def context(**remembered: Sequence[Mapping[str, Any]]) -> Context:
    """A context of one cell with these remembered rows, 30 days back."""
    return Context(CELL, remembered, estate.AS_OF, estate.AS_OF - timedelta(days=30))
