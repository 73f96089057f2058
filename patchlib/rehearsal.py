"""The weeks before the demo's own run: the same organisation, aged, seen once a week by the same extraction.

Each observation builds on the one before, as a weekly run does. The endpoint answers within this process, without HTTP
and without a rate budget to wait for; what comes of it is an ordinary chain of snapshots.
"""

from __future__ import annotations

import gc
import os
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from datetime import timedelta
from multiprocessing import get_context
from pathlib import Path

import botocore.session

from patchlib import paths
from patchlib.aws import Reader
from patchlib.budget import RateBudget
from patchlib.extract import extract
from patchlib.load import Loaded, load_as_taken
from patchlib.progress import ExtractionBar
from patchlib.sandbox.endpoint import Endpoint
from patchlib.sandbox.inprocess import attach
from patchlib.sandbox.organisation import Organisation
from patchlib.sandbox.process import caller_environment
from patchlib.sandbox.secrets import planting
from patchlib.settings import Rates, Settings, load_settings
from patchlib.sources import ALLOWED, HEAVY

__all__ = ["WEEK", "WEEKS", "rehearse", "rehearse_into"]

# Observations before the demo's own: a quarter in all.
WEEKS = 12
WEEK = timedelta(days=7)
# A collection takes a second, and a week leaves some 50 MB to collect.
_COLLECTED_WEEKS = 4
# No request gets there. It names the endpoint in the manifests, which must not say that AWS has answered.
_NOWHERE = "http://127.0.0.1:9"


def rehearse(world: Organisation, folder: Path, *, weeks: int = WEEKS) -> Iterator[Path]:
    """Observe a world in each of so many weeks before its present, oldest first; yields each snapshot's path.

    folder: where they come to lie. Raises what `extract` raises.
    """
    # One thread: within a process that both asks and answers, more of them only wait for each other.
    settings = load_settings(paths.sandbox_settings()).model_copy(update={"threads": 1})
    loader = botocore.session.Session().get_component("data_loader")
    base: str | None = None
    with _environment(caller_environment(_NOWHERE, world.management_account_id, world.home_region)), _collected_late():
        for week in range(weeks, 0, -1):
            session = botocore.session.Session()
            # Service models are read from disk once for all weeks.
            session.register_component("data_loader", loader)
            reader = _reader(world.at(world.as_of - week * WEEK), settings, session)
            with ExtractionBar() as bar:
                taken = extract(settings, folder, reader=reader, progress=bar, base=base)
            base = taken.name
            if week % _COLLECTED_WEEKS == 0:
                gc.collect()
            yield taken


def rehearse_into(
    store: Path,
    world: Organisation,
    folder: Path,
    *,
    weeks: int = WEEKS,
    told: Callable[[str], None] = lambda _line: None,
) -> list[Loaded]:
    """Observe a world's earlier weeks and load each while the next one is observed; see `rehearse`.

    Raises what `extract` and `load_as_taken` raise; the store is then as it was.
    """
    return load_as_taken(_one_ahead(world, folder, weeks, told), store)


def _one_ahead(world: Organisation, folder: Path, weeks: int, told: Callable[[str], None]) -> Iterator[Path]:
    """The same snapshots from a process of its own, each taken while the one before is still being loaded.

    In one process they would only wait for each other. A world is what its arguments make, so both have the same.
    """
    with ProcessPoolExecutor(1, get_context("spawn"), _begin, (world, folder, weeks)) as pool:
        coming = pool.submit(_next_week)
        while (taken := coming.result()) is not None:
            coming = pool.submit(_next_week)
            told(f"patchlib: observed the sandbox organisation in {taken.name}")
            yield taken


# Of the process that observes: the weeks still to come.
_weeks: Iterator[Path] = iter(())


def _begin(world: Organisation, folder: Path, weeks: int) -> None:
    global _weeks
    _weeks = rehearse(world, folder, weeks=weeks)


def _next_week() -> Path | None:
    return next(_weeks, None)


def _reader(world: Organisation, settings: Settings, session: botocore.session.Session) -> Reader:
    """A reader whose every request is answered by the world, at once."""
    attach(session, Endpoint(planting(world.handlers), as_of=world.as_of, organisation=world))
    budget = RateBudget(Rates(default=1e9, burst=1_000_000), sleep=lambda _seconds: None)
    return Reader(settings, ALLOWED, session=session, budget=budget, raw_operations=HEAVY)


@contextmanager
def _environment(values: Mapping[str, str]) -> Iterator[None]:
    """This process's environment with these values, and without a profile that would lead elsewhere."""
    before = dict(os.environ)
    os.environ.pop("AWS_PROFILE", None)
    os.environ.update(values)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


@contextmanager
def _collected_late() -> Iterator[None]:
    """The collector of cycles off: a world's millions of small objects cost a fifth of the time to look through."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()
