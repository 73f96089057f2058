"""The command line: parse, call one room, print, and end with the contract's exit code.

0 ok   1 a bug   2 configuration   3 AWS   4 data   5 model   6 report   7 a report's gate tripped
"""

from __future__ import annotations

import os
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import asdict
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, TextIO

import orjson
import pandas as pd
import typer

from patchlib import __version__, asking, commands, paths, syncing
from patchlib.assessing import cve
from patchlib.errors import DataError, ParameterInvalid, PatchlibError, PatchlibWarning
from patchlib.explaining import explain
from patchlib.feeding import feeds
from patchlib.opening import pairs
from patchlib.reporting import report
from patchlib.scheduling import schedule
from patchlib.screen import print_plan, print_table
from patchlib.terms import Part, Stack

__all__ = ["Format", "Shown", "app", "main"]

app = typer.Typer(
    name="patchlib",
    help="Analytics and planning for patching and updating AWS estates. It only reads AWS.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
)
app.add_typer(feeds)

SettingsOption = Annotated[
    Path | None, typer.Option("--settings", help="Settings file; default patchlib.toml where there is one.")
]
StoreOption = Annotated[
    Path | None,
    typer.Option("--store", envvar="PATCHLIB_STORE", help=f"Store to use; default {paths.REAL_STORE}."),
]
ParameterOption = Annotated[list[str], typer.Option("-p", "--parameter", help="A parameter, as name=value.")]
SandboxOption = Annotated[bool, typer.Option("--sandbox", help="Read the sandbox organisation over loopback HTTP.")]


# typer brings its own click and exports only leaves of its errors; this is the branch of wrong usage.
_UsageError: Any = typer.BadParameter.__bases__[0]


class Shown(StrEnum):
    """How `patchlib doctor` prints."""

    table = "table"
    json = "json"


class Format(StrEnum):
    """How `patchlib query` prints."""

    table = "table"
    csv = "csv"
    json = "json"
    parquet = "parquet"


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(__version__)
        raise typer.Exit


@app.callback()
def _options(
    context: typer.Context,
    debug: Annotated[bool, typer.Option("--debug", help="Show tracebacks of known errors.")] = False,
    version: Annotated[  # noqa: ARG001 - typer calls it back
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    context.obj = {"debug": debug, "now": datetime.now(UTC)}


@app.command()
def extract(
    settings: SettingsOption = None,
    store: StoreOption = None,
    sandbox: SandboxOption = False,
    resume: Annotated[str | None, typer.Option("--resume", help="Id of a snapshot that was cut short.")] = None,
    full: Annotated[bool, typer.Option("--full", help="Ask everything, whatever the last run holds.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Print the call plan and stop.")] = False,
    cells: Annotated[bool, typer.Option("--cells", help="With --dry-run: calls and minutes of every cell.")] = False,
    probe: Annotated[bool, typer.Option("--probe", help="With --dry-run: count the nodes of new cells.")] = False,
    example: Annotated[bool, typer.Option("--example", help="With --dry-run: a worked example; asks nothing.")] = False,
    data_sync: Annotated[
        str | None,
        typer.Option("--data-sync", metavar="URL", help="Read s3://BUCKET/PREFIX or a folder, and no account."),
    ] = None,
    bucket_owner: Annotated[
        str, typer.Option("--bucket-owner", metavar="ID", help="Account that owns the bucket; default: the caller's.")
    ] = "",
) -> None:
    """Read accounts and Regions into a snapshot and load it into the store; the last line is its path."""
    if (cells or probe or example) and not dry_run:
        raise ParameterInvalid("--cells, --probe and --example belong to the plan", next_step="Add --dry-run.")
    if example:
        typer.echo(commands.worked_example())
        return
    if bucket_owner and data_sync is None:
        raise ParameterInvalid("--bucket-owner without a bucket", next_step="Name the bucket with --data-sync.")
    place = None if data_sync is None else syncing.Place(data_sync, bucket_owner, datetime.now(UTC), sandbox)
    with commands.sandbox_running([]) if sandbox else nullcontext():
        if place:
            if dry_run:
                print_table(pd.DataFrame([asdict(row) for row in syncing.plan_objects(place, settings, store)]))
                return
            typer.echo(str(syncing.sync_and_load(place, settings, store, resume=resume, is_full=full)))
            return
        if dry_run:
            print_plan(commands.plan_calls(settings, store, sandbox=sandbox, is_full=full, probe=probe), by_cell=cells)
            return
        typer.echo(str(commands.extract_and_load(settings, store, sandbox=sandbox, resume=resume, is_full=full)))


@app.command()
def load(
    snapshots: Annotated[list[Path], typer.Argument(help="Snapshot folders, oldest first.")],
    store: StoreOption = None,
) -> None:
    """Load snapshots into the store: beside it, checked, then swapped in whole."""
    for line in commands.load(snapshots, store):
        typer.echo(line)


@app.command()
def check(store: StoreOption = None) -> None:
    """Run the data checks and count them; those that stop end with exit code 4."""
    for line in asking.check(store):
        typer.echo(line)


@app.command()
def query(
    name: Annotated[str, typer.Argument(help="TOPIC/NAME of a query; with --list, a topic, or core or checks.")] = "",
    parameter: ParameterOption = [],  # noqa: B006 - typer reads the default, nothing changes it
    store: StoreOption = None,
    format: Annotated[  # noqa: A002
        Format | None,
        typer.Option("--format", case_sensitive=False, help="Output format; default: the file's ending, else a table."),
    ] = None,
    output: Annotated[Path | None, typer.Option("-o", "--output", help="File to write; needed for parquet.")] = None,
    list_them: Annotated[bool, typer.Option("--list", help="List the queries and stop.")] = False,
) -> None:
    """Run one query of queries/ with its parameters bound."""
    if list_them or not name:
        for line in asking.query_list(name):
            typer.echo(line)
        if not name:
            typer.echo(
                "patchlib: relations of the store: `query core --list`; its checks: `query checks --list`", err=True
            )
        return
    frame = asking.run_query(name, pairs(parameter), store)
    form = format or _by_ending(output)
    if form is Format.table and output is None:
        print_table(frame)
        return
    data = asking.exported(frame, form.value, output)
    if output is None:
        sys.stdout.buffer.write(data)
        return
    try:
        output.write_bytes(data)
    except OSError as error:
        step = "Name a file in a folder that may be written."
        raise ParameterInvalid(f"cannot write: {error.strerror}", where=str(output), next_step=step) from error


@app.command()
def policy(
    part: Annotated[
        Part, typer.Option("--part", help="What every account needs (member), what only the caller needs, or all.")
    ] = Part.ALL,
    bucket: Annotated[list[str], typer.Option("--bucket", help="S3 bucket that may be read; repeatable.")] = [],  # noqa: B006
    role: Annotated[str | None, typer.Option("--role", help="Role that the caller assumes elsewhere.")] = None,
    beside: Annotated[
        str | None, typer.Option("--beside", help="Leave out what this AWS managed policy allows: SecurityAudit, say.")
    ] = None,
    document: Annotated[
        int | None, typer.Option("--document", min=1, help="Print this one of the documents that it is split into.")
    ] = None,
    cloudformation: Annotated[
        Stack | None, typer.Option("--cloudformation", help="Print a template with role and policy instead.")
    ] = None,
) -> None:
    """Print the IAM policy that extraction needs, as JSON: read-only, from the catalogue."""
    if cloudformation is None:
        printed = commands.policy(part, bucket, role, beside, document)
    elif (part, role, beside, document) == (Part.ALL, None, None, None):
        printed = commands.reader_stack(cloudformation, bucket)
    else:
        step = "With --cloudformation only --bucket may stand."
        raise ParameterInvalid("a template holds the whole policy and its role's name", next_step=step)
    typer.echo(orjson.dumps(printed, option=orjson.OPT_INDENT_2).decode())


@app.command()
def doctor(
    settings: SettingsOption = None,
    store: StoreOption = None,
    sandbox: SandboxOption = False,
    account: Annotated[str | None, typer.Option("--account", help="Account to try, through its role.")] = None,
    format: Annotated[Shown, typer.Option("--format", help="Output format.")] = Shown.table,  # noqa: A002
) -> None:
    """Say who asks, what can be read, who denies the rest, and what a full run takes: one call per system."""
    from patchlib.doctor import heading, summary

    with commands.sandbox_running([]) if sandbox else nullcontext():
        found = commands.doctor(settings, store, account, sandbox=sandbox)
    if format is Shown.json:
        typer.echo(orjson.dumps(asdict(found), option=orjson.OPT_INDENT_2).decode())
        return
    for name, words in heading(found):
        typer.echo(f"{name:<13} {words}")
    typer.echo()
    print_table(pd.DataFrame([asdict(check) for check in found.checks]))
    typer.echo()
    for line in summary(found):
        typer.echo(line)


app.command()(report)
app.command()(explain)
app.command()(cve)
app.command()(schedule)


@app.command()
def sandbox(
    port: Annotated[int, typer.Option("--port", min=0, max=65535, help="Port; 0 takes a free one.")] = 0,
    nodes: Annotated[int, typer.Option("--nodes", min=1, help="Nodes in the organisation.")] = commands.WORLD_NODES,
    accounts: Annotated[int, typer.Option("--accounts", min=9, help="Accounts.")] = commands.WORLD_ACCOUNTS,
    seed: Annotated[int, typer.Option("--seed", help="Seed: the same world for the same seed.")] = commands.WORLD_SEED,
    as_of: Annotated[str, typer.Option("--as-of", help="The organisation's own time [UTC].")] = "",
    faults: Annotated[Path | None, typer.Option("--faults", help="TOML file of faults to inject.")] = None,
    attached: Annotated[bool, typer.Option("--attached", help="End when standard input closes.")] = False,
) -> None:
    """Serve the sandbox organisation on loopback until interrupted.

    The first line printed is: URL, account id of the caller, home Region.
    """
    with commands.serve_sandbox(port, nodes, accounts, seed, as_of, faults, attached=attached) as (line, wait):
        typer.echo(line)
        sys.stdout.flush()
        wait()


@app.command()
def demo() -> None:
    """Extract the sandbox organisation, load it, run every notebook and print the report's path."""
    typer.echo(str(commands.demo()))


def _by_ending(output: Path | None) -> Format:
    """The format a file's ending names; a table for the screen, csv for any other file."""
    if output is None:
        return Format.table
    ending = output.suffix.removeprefix(".").lower()
    return Format(ending) if ending in {"json", "parquet"} else Format.csv


@contextmanager
def _one_line(argv: list[str]) -> Iterator[None]:
    """Known errors as one line on stderr; anything else is a bug and keeps its traceback."""
    try:
        yield
    except PatchlibError as error:
        if "--debug" in argv:
            raise
        typer.echo(f"patchlib: {error}", err=True)
        sys.exit(error.exit_code)
    except _UsageError as error:
        if type(error).__name__ == "NoArgsIsHelpError":
            error.show()
        else:
            path = error.ctx.command_path if error.ctx else "patchlib"
            said = error.format_message().replace("Value error, ", "")
            typer.echo(f"patchlib: {said}{'' if said.endswith(('.', '?')) else '.'} See `{path} --help`.", err=True)
        sys.exit(error.exit_code)
    except BrokenPipeError:
        # Whoever read our output has had enough (`| head`): no fault. Python would complain again at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(0)
    except OSError as error:
        if "--debug" in argv or error.filename is None:
            raise
        step = "Check that the folder exists, may be written and has room."
        typer.echo(f"patchlib: {error.strerror} ({error.filename}). {step}", err=True)
        sys.exit(DataError.exit_code)
    except (KeyboardInterrupt, typer.Abort):
        typer.echo("patchlib: interrupted", err=True)
        sys.exit(130)


_python_shows = warnings.showwarning


def _warned(
    message: Warning | str,
    category: type[Warning],
    filename: str,
    lineno: int,
    file: TextIO | None = None,
    line: str | None = None,
) -> None:
    """A warning of ours as one line on stderr; anybody else's as Python shows it."""
    if issubclass(category, PatchlibWarning):
        typer.echo(f"patchlib: {message}", err=True)
    else:
        _python_shows(message, category, filename, lineno, file, line)


def main(argv: list[str] | None = None) -> Any:
    """Run the command line; exits with the contract's code."""
    arguments = sys.argv[1:] if argv is None else argv
    with _one_line(arguments), warnings.catch_warnings():
        warnings.simplefilter("always", PatchlibWarning)
        warnings.showwarning = _warned
        code = app(args=arguments, prog_name="patchlib", standalone_mode=False)
        sys.exit(code if isinstance(code, int) else 0)
