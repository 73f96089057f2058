"""What each command does: rooms put together, nothing computed here.

Imports are inside the functions, because `patchlib --help` must not wait for pandas and boto3.
"""

from __future__ import annotations

import os
import shutil
import signal
import sys
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from patchlib import paths
from patchlib.errors import ParameterInvalid, SettingInvalid, StoreMissing, StoreRefused
from patchlib.opening import base_of, known_places, open_reader, open_settings, sole_extraction, tell_ended
from patchlib.reporting import publish

if TYPE_CHECKING:
    import pandas as pd

    from patchlib.aws import Reader
    from patchlib.doctor import Diagnosis
    from patchlib.dryrun import DryRun
    from patchlib.lastrun import LastRun
    from patchlib.terms import Part, Stack

__all__ = [
    "WORLD_ACCOUNTS",
    "WORLD_NODES",
    "WORLD_SEED",
    "check",
    "demo",
    "doctor",
    "exported",
    "extract_and_load",
    "load",
    "plan_calls",
    "policy",
    "query_list",
    "reader_stack",
    "run_query",
    "sandbox_running",
    "serve_sandbox",
    "worked_example",
]

# The world that `patchlib sandbox` serves unless asked for another.
WORLD_SEED, WORLD_NODES, WORLD_ACCOUNTS = 7, 800, 9


@contextmanager
def sandbox_running(arguments: list[str]) -> Iterator[None]:
    """The sandbox as a process, with this process's environment leading to it."""
    from patchlib.sandbox.process import running

    with running(arguments) as environment:
        before = dict(os.environ)
        os.environ.pop("AWS_PROFILE", None)
        os.environ.update(environment)
        try:
            yield
        finally:
            os.environ.clear()
            os.environ.update(before)


def plan_calls(
    settings_path: Path | None,
    store: Path | None,
    *,
    sandbox: bool,
    is_full: bool = False,
    probe: bool = False,
    folder: Path = paths.SNAPSHOTS,
) -> DryRun:
    """The call plan of an extraction, by what the last one needed."""
    from patchlib.dryrun import dry_run

    settings = open_settings(settings_path, sandbox=sandbox)
    reader = open_reader(settings)
    last = _last_run(store or (paths.DEMO_STORE if sandbox else paths.REAL_STORE), folder, reader)
    return dry_run(settings, reader, last, is_full=is_full, probe=probe)


def worked_example() -> str:
    """The plan of a made-up estate as the block of docs/extraction-cost.md that is made of it."""
    from patchlib.costexample import example_block, example_plans

    return example_block(example_plans())


def _last_run(store: Path, folder: Path, reader: Reader) -> LastRun:
    from patchlib.dryrun import last_run

    return last_run(store, folder, base_of(store, folder, reader))


def extract_and_load(
    settings_path: Path | None,
    store: Path | None,
    *,
    sandbox: bool,
    resume: str | None = None,
    is_full: bool = False,
    folder: Path = paths.SNAPSHOTS,
) -> Path:
    """Extract into a snapshot and load it; returns the snapshot's path.

    It builds on the store's latest snapshot of the same caller, where that still lies in the folder, unless is_full.
    Raises StoreLocked at once where another extraction into the store is under way.
    """
    from patchlib.extract import extract
    from patchlib.progress import ExtractionBar, run_summary

    settings = open_settings(settings_path, sandbox=sandbox)
    reader = open_reader(settings)
    target = store or (paths.DEMO_STORE if sandbox else paths.REAL_STORE)
    _refuse_foreign(reader, target)
    tell_ended(settings, reader.caller().answered_at)
    with sole_extraction(target, datetime.now(UTC)):
        base = None if is_full or resume else base_of(target, folder, reader)
        if resume and (folder / resume).is_dir():
            from patchlib.load import refuse_late

            refuse_late(folder / resume, target)
        if base:
            _told(f"patchlib: building on {base}; --full asks everything again")
        # A store that holds rows of which no base tells is asked in full: what went meanwhile must not stay.
        is_whole = is_full or (base is None and target.exists())
        with ExtractionBar() as bar:
            snapshot = extract(
                settings,
                folder,
                reader=reader,
                progress=bar,
                resume=resume,
                base=base,
                known=known_places(target, reader),
                is_full=is_whole,
            )
        for line in load([snapshot], target):
            _told(line)
        sys.stderr.write(f"{run_summary(snapshot)}patchlib: loaded into {target}\n")
        return snapshot


def _refuse_foreign(reader: Reader, target: Path) -> None:
    """Refuse before the first call what the store of the real estate would refuse after the last."""
    caller = reader.caller()
    if target.resolve() == paths.REAL_STORE.resolve() and not caller.is_aws:
        raise StoreRefused(
            f"{caller.endpoint} is not AWS, and this is the store of the real estate",
            where=str(target),
            next_step="Name another store with --store.",
        )


def load(snapshots: Sequence[Path], store: Path | None) -> list[str]:
    """Load snapshots; one line each on what came of it."""
    from patchlib.load import load as load_snapshots

    return [str(each) for each in load_snapshots(snapshots, store or paths.REAL_STORE)]


def _readable_store(store: Path | None) -> Path:
    """The store to ask: the one named, the real one, else the sandbox's, said on standard error."""
    target = store or paths.REAL_STORE
    if store is None and not target.exists() and paths.DEMO_STORE.exists():
        sys.stderr.write("patchlib: no store of a real estate; answering for the sandbox organisation\n")
        target = paths.DEMO_STORE
    return _existing(target)


def _existing(target: Path) -> Path:
    if target.exists():
        return target
    demo = f"; the sandbox's is {paths.DEMO_STORE}" if paths.DEMO_STORE.exists() else ""
    step = f"Run `patchlib extract`, or name a store with --store{demo}."
    raise StoreMissing("there is no store", where=str(target), next_step=step)


def check(store: Path | None) -> list[str]:
    """Run the data checks; one line each. Raises CheckFailed when one that stops finds rows."""
    from patchlib.checks import raise_for_stops, run_checks
    from patchlib.store import connect

    target = _existing(store or paths.REAL_STORE)
    with connect(target, read_only=True) as connection:
        results = run_checks(connection)
    raise_for_stops(results, where=str(target))
    return [str(result) for result in results]


def query_list(topic: str) -> list[str]:
    """Every query of a topic ("" is all) with its parameters and its purpose."""
    from patchlib.queries import list_queries

    found = [query for query in list_queries() if query.name.startswith(topic)]
    called = [f"{query.name}({', '.join(param.name for param in query.params)})" for query in found]
    width = max((len(name) for name in called), default=0)
    return [f"{name:<{width}}  {query.purpose}" for name, query in zip(called, found, strict=True)]


def run_query(name: str, given: Mapping[str, str], store: Path | None) -> pd.DataFrame:
    """One query with its parameters bound from text; `as_of` defaults to the latest snapshot's instant."""
    from patchlib.notebook import Session

    with closing(Session(_readable_store(store), given.get("as_of", ""), dict(given))) as session:
        first = session.first_taken_at
        if "as_of" in given and first is not None and session.as_of < first:
            step = f"The first snapshot is of {first.isoformat()}Z; name that instant or a later one."
            raise ParameterInvalid(f"nothing was read up to {given['as_of']}", where=str(session.store), next_step=step)
        return session.ask(name, given)


def exported(frame: pd.DataFrame, form: str, output: Path | None) -> bytes:
    """A frame as csv, json or parquet. Raises ParameterInvalid for parquet without a file."""
    from patchlib.export import as_bytes

    if form == "parquet" and output is None:
        raise ParameterInvalid("parquet needs a file", next_step="Add -o FILE.")
    return as_bytes(frame, "csv" if form == "table" else form)


def _told(line: str) -> None:
    if sys.stderr.isatty():
        sys.stderr.write(f"{line}\n")


def policy(
    part: Part, buckets: Sequence[str], role: str | None, beside: str | None, document: int | None
) -> dict[str, Any]:
    """The IAM policy that extraction needs, or the nth of the documents that it has to be split into.

    beside: one of AWS's managed policies that is attached already; what it allows is left out.
    Says on standard error when the whole is longer than a managed policy may be.
    """
    from patchlib.policy import MANAGED_POLICY_LIMIT, lacking, policy_document, policy_size, split_document

    whole = policy_document(part, buckets=buckets, role=role)
    if beside is not None:
        whole = lacking(whole, beside)
        if not whole["Statement"]:
            sys.stderr.write(f"patchlib: {beside} allows all of it; there is nothing to attach\n")
    documents = split_document(whole)
    if document is not None:
        if document > len(documents):
            raise ParameterInvalid(f"there is no document {document}", next_step=f"There are {len(documents)}.")
        return documents[document - 1]
    if len(documents) > 1:
        numbers = " and ".join(f"--document {number}" for number in range(1, len(documents) + 1))
        held = f"a managed policy holds {MANAGED_POLICY_LIMIT}"
        sys.stderr.write(f"patchlib: {policy_size(whole)} characters, {held}: print it with {numbers}\n")
    return whole


def reader_stack(stack: Stack, buckets: Sequence[str]) -> dict[str, Any]:
    """The CloudFormation template of the reader role, for member accounts or for the management account."""
    from patchlib.cloudformation import template

    return template(stack, buckets=buckets)


def doctor(settings_path: Path | None, store: Path | None, account_id: str | None, *, sandbox: bool) -> Diagnosis:
    """Who asks, what can be read, who denies the rest, and what a full run takes."""
    from patchlib.doctor import examine

    settings = open_settings(settings_path, sandbox=sandbox)
    target = store or (paths.DEMO_STORE if sandbox else paths.REAL_STORE)
    reader = open_reader(settings)
    reader.caller()
    now = datetime.now(UTC)
    last = _last_run(target, paths.SNAPSHOTS, reader)
    return examine(settings, reader, now=now, account_id=account_id, last=last)


@contextmanager
def serve_sandbox(
    port: int, nodes: int, accounts: int, seed: int, as_of: str, faults: Path | None, *, attached: bool
) -> Iterator[tuple[str, Callable[[], None]]]:
    """Serve the sandbox; yields the line that leads to it, and a function that waits for its end.

    attached: end when standard input closes, so that a killed parent leaves no server behind.
    Raises ParameterInvalid for a world that cannot be, SettingInvalid for a bad faults file or a taken port.
    """
    from patchlib.sandbox.endpoint import Endpoint
    from patchlib.sandbox.faults import Faults, load_faults
    from patchlib.sandbox.http import serve
    from patchlib.sandbox.organisation import DEFAULT_AS_OF, Organisation
    from patchlib.sandbox.secrets import planting
    from patchlib.schedule import instant_of

    moment = instant_of(as_of, "as-of") if as_of else DEFAULT_AS_OF
    try:
        world = Organisation(seed, nodes, accounts, moment)
    except ValueError as error:
        raise ParameterInvalid(f"no such organisation: {error}", next_step="See `patchlib sandbox --help`.") from error
    injected = load_faults(faults) if faults else Faults()
    # Real accounts hold secrets: whoever tries the sandbox sees that none of them gets out.
    endpoint = Endpoint(planting(world.handlers), as_of=moment, faults=injected, organisation=world)
    try:
        with serve(endpoint, port) as url:
            yield f"{url} {world.management_account_id} {world.home_region}", _until_end(attached)
    except OSError as error:
        step = "Choose another --port."
        raise SettingInvalid(f"cannot serve: {error.strerror}", where=f"port {port}", next_step=step) from error


def _until_end(attached: bool) -> Callable[[], None]:
    if attached:
        return lambda: (sys.stdin.read(), None)[1]
    ended = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: ended.set())

    def wait() -> None:
        ended.wait()

    return wait


def demo() -> Path:
    """A quarter of the sandbox organisation, the last week over HTTP, with feeds, to report; returns its front page."""
    from patchlib.feeding import bring
    from patchlib.rehearsal import rehearse_into
    from patchlib.sandbox.advisories import write_feeds
    from patchlib.sandbox.organisation import DEFAULT_AS_OF, Organisation

    snapshots = paths.DEMO_SNAPSHOTS
    # The demo starts afresh, so that it shows the same each time; only its own files are touched.
    shutil.rmtree(snapshots, ignore_errors=True)
    paths.DEMO_STORE.unlink(missing_ok=True)
    # The sandbox makes its world ready while the past weeks are observed.
    with sandbox_running([]):
        rehearse_into(paths.DEMO_STORE, Organisation(WORLD_SEED, WORLD_NODES, WORLD_ACCOUNTS), snapshots, told=_told)
        extract_and_load(None, paths.DEMO_STORE, sandbox=True, folder=snapshots)
    bring((), str(write_feeds(paths.DEMO_FEEDS, DEFAULT_AS_OF)), paths.DEMO_STORE, DEFAULT_AS_OF, told=_told)
    return publish("demo", {}, "", paths.DEMO_STORE, datetime.now(UTC))
