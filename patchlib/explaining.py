"""`patchlib explain`: one item from the page a reader sees down to the line of the page file that told it."""

from __future__ import annotations

from contextlib import closing
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import orjson
import typer

from patchlib import paths
from patchlib.asking import no_snapshot, refuse_before_time

__all__ = ["Told", "explain"]


StoreOption = Annotated[
    Path | None,
    typer.Option("--store", envvar="PATCHLIB_STORE", help=f"Store to use; default {paths.REAL_STORE}."),
]
SnapshotsOption = Annotated[
    list[Path],
    typer.Option("--snapshots", help=f"Folder of snapshots; default {paths.SNAPSHOTS}, {paths.DEMO_SNAPSHOTS}."),
]


class Told(StrEnum):
    """How `patchlib explain` prints."""

    text = "text"
    json = "json"


def explain(
    node: Annotated[str, typer.Argument(metavar="NODE", help="Node id, or its name.")],
    what: Annotated[
        str, typer.Argument(metavar="[PATCH|CVE]", help="KB number, title or a part of it, or a CVE that patches fix.")
    ] = "",
    store: StoreOption = None,
    as_of: Annotated[str, typer.Option("--as-of", help="Instant to look at [UTC]; default: the latest snapshot.")] = "",
    account: Annotated[str, typer.Option("--account", help="Account, where an id or name is in several.")] = "",
    region: Annotated[str, typer.Option("--region", help="Region, where an id or name is in several.")] = "",
    policy: Annotated[
        str, typer.Option("--policy", help="Remediation policy that gives deadlines: a template or a file.")
    ] = "",
    policy_owner: Annotated[str, typer.Option("--policy-owner", help="Who answers for using that policy.")] = "",
    policy_clock: Annotated[
        str, typer.Option("--policy-clock", help="From when its time counts, where it does not say it.")
    ] = "",
    exceptions: Annotated[str, typer.Option("--exceptions", help="File of exceptions from deadlines.")] = "",
    snapshots: SnapshotsOption = [],  # noqa: B006 - typer reads the default, nothing changes it
    format: Annotated[Told, typer.Option("--format", help="Output format.")] = Told.text,  # noqa: A002
) -> None:
    """Say all that is known of one node, and of a patch or CVE on it, with what AWS answered behind each value.

    Node: who it is, coverage state and why, compliance and the rows that
    decide it, the baseline in force and what names it, the windows,
    associations and patch policies that reach it with their next run.

    Patch: its state and every earlier one, when it was released, approved and
    first observed, where the time went, its deadline where a policy is named.
    CVE: the same for each patch that fixes it.

    A number in brackets leads to the evidence: operation, account, Region,
    instant, snapshot, and the line of the page file with the JSON that stands
    there; where the snapshot is gone, that is said. It only reads.

    A word that means several nodes or patches ends with exit code 2 and names
    them; one that means none with 4 and what is spelt alike.
    """
    from patchlib.explain import Terms, as_json, as_text
    from patchlib.explain import explain as account_for
    from patchlib.notebook import Session
    from patchlib.remediation import load_exceptions, named_policy

    terms = Terms(named_policy(policy, owner=policy_owner, clock=policy_clock), load_exceptions(exceptions))
    with closing(Session(store or paths.REAL_STORE, as_of, {})) as session:
        if missing := no_snapshot(session):
            raise missing
        refuse_before_time(session, as_of)
        found = account_for(session, node, what, account_id=account, region=region, terms=terms, folders=snapshots)
    if format is Told.json:
        typer.echo(orjson.dumps(as_json(found), option=orjson.OPT_INDENT_2).decode())
        return
    for line in as_text(found):
        typer.echo(line)
