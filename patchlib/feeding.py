"""`patchlib feeds`: facts from outside AWS into the store, said one feed a line."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Annotated

import typer

from patchlib import paths
from patchlib.errors import DataError

__all__ = ["bring", "feeds", "list_feeds", "update"]

feeds = typer.Typer(name="feeds", no_args_is_help=True, help="Facts from outside AWS: what is exploited, fixed, ended.")


@feeds.command()
def update(
    context: typer.Context,
    names: Annotated[list[str] | None, typer.Argument(metavar="[NAME]...", help="Feeds to bring; all unless named.")]
    = None,
    origin: Annotated[
        str, typer.Option("--from", metavar="DIR|URL", help="Folder or address to take the files from.")
    ] = "",
    store: Annotated[
        Path | None,
        typer.Option("--store", envvar="PATCHLIB_STORE", help=f"Store to use; default {paths.REAL_STORE}."),
    ] = None,
    as_of: Annotated[
        datetime | None, typer.Option("--as-of", formats=["%Y-%m-%d"], help="Day of files that tell none [UTC].")
    ] = None,
    accept_fewer: Annotated[
        bool, typer.Option("--accept-fewer", help="Take a file though it has, or tells, far less than the last.")
    ] = False,
    accept_older: Annotated[
        bool, typer.Option("--accept-older", help="Take a file though it is of an earlier day than what stands.")
    ] = False,
) -> None:  # fmt: skip
    """Bring feeds of facts into the store: exploited vulnerabilities, scores, ends of support, advisories, prices.

    Each feed ends in a line: updated, unchanged, failed and why, or skipped where there is no file of it. A file that
    is cut, damaged, laid out in another way, older or much poorer than the last leaves the rows that stand. One that
    fails, by its file or by the network, ends the command with exit code 4, after the others were taken in.

    Without --from each feed is read from its publisher over https, and only if it has changed. `patchlib feeds list`
    names the files that a folder or address may hold; SHA256SUMS beside them is obeyed.
    """
    untold = as_of.date() if as_of else None
    target, now = store or paths.REAL_STORE, context.obj["now"]
    bring(
        names or [], origin, target, now,
        as_of=untold, accept_fewer=accept_fewer, accept_older=accept_older, told=typer.echo,
    )  # fmt: skip


def bring(
    names: Sequence[str],
    origin: str,
    store: Path,
    now: datetime,
    *,
    as_of: date | None = None,
    accept_fewer: bool = False,
    accept_older: bool = False,
    told: Callable[[str], None] = lambda _line: None,
) -> None:
    """Bring feeds into the store and tell how each ended, a line each; see `patchlib.feeds.update` for the arguments.

    now: aware. Raises DataError when one failed, after the others were taken in.
    """
    from patchlib.feeds.update import update as take_in

    moment = now.astimezone(UTC).replace(tzinfo=None, microsecond=0)
    outcomes = take_in(names, origin, store, moment, as_of=as_of, accept_fewer=accept_fewer, accept_older=accept_older)
    for outcome in outcomes:
        told(str(outcome))
    failed = [outcome.feed for outcome in outcomes if outcome.state == "failed"]
    if failed:
        raise DataError(
            f"{len(failed)} of {len(outcomes)} feeds failed: {', '.join(failed)}",
            next_step="What stood before stays; the lines above say why.",
        )


@feeds.command(name="list")
def list_feeds() -> None:
    """Say which feeds there are: title, official address, names of the files that may be given, terms."""
    from patchlib.feeds.catalogue import catalogue

    for feed in catalogue():
        typer.echo(f"{feed.name}: {feed.title}")
        typer.echo(f"    address: {feed.address or 'none over https in one file: give a file with --from'}")
        typer.echo(f"    files: {', '.join(feed.files)}")
        typer.echo(f"    terms: {feed.licence}")
