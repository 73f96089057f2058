"""`patchlib cve`: one vulnerability on the estate, from what the store holds."""

from __future__ import annotations

from contextlib import closing
from typing import Annotated

import orjson
import typer

from patchlib import paths
from patchlib.asking import no_snapshot, refuse_before_time
from patchlib.explaining import StoreOption, Told

__all__ = ["TABLES", "cve"]

TABLES = ("ssvc_deployer", "cisa_bod_26_04")


def cve(
    cve_id: Annotated[str, typer.Argument(metavar="CVE-ID", help="Vulnerability, as CVE-2026-12345.")],
    store: StoreOption = None,
    as_of: Annotated[str, typer.Option("--as-of", help="Instant to look at [UTC]; default: the latest snapshot.")] = "",
    table: Annotated[
        list[str], typer.Option("--table", help=f"Decision table: a name or a .csv file; default {', '.join(TABLES)}.")
    ] = [],  # noqa: B006 - typer reads the default, nothing changes it
    answers: Annotated[
        str, typer.Option("--answers", help="File of what an owner says of exposure and human impact.")
    ] = "",
    stale_after_days: Annotated[
        int, typer.Option("--stale-after-days", min=1, help="A scan older than this no longer counts [d].")
    ] = 7,
    format: Annotated[Told, typer.Option("--format", help="Output format.")] = Told.text,  # noqa: A002
) -> None:
    """Say where one vulnerability is open, where nobody can tell, and when what is scheduled closes it.

    Known: severity, EPSS, CISA's KEV catalogue and SSVC, each with the day
    and the feed it is from. Decided: the rows of published tables, and what
    is not known that would narrow them. Open: nodes, images and functions,
    by scanner, and whether the internet reaches them. Unseen: nodes without
    a fresh scan, systems of which nothing names vulnerabilities, accounts
    that cannot be read. Closed: by windows and associations that install,
    at their next runs if each succeeds, and why none closes the rest.

    It only reads the store. A CVE that no scanner, patch or feed speaks of
    ends with exit code 4: silence is not a clean bill.
    """
    from patchlib.decision import load_answers, load_table
    from patchlib.explain.vulnerability import assess, assessment_json, assessment_lines
    from patchlib.notebook import Session

    tables, told = tuple(map(load_table, table or TABLES)), load_answers(answers)
    with closing(Session(store or paths.REAL_STORE, as_of, {"stale_after_days": stale_after_days})) as session:
        if missing := no_snapshot(session):
            raise missing
        refuse_before_time(session, as_of)
        found = assess(session, cve_id, tables, told)
    if format is Told.json:
        typer.echo(orjson.dumps(assessment_json(found), option=orjson.OPT_INDENT_2).decode())
        return
    for line in assessment_lines(found):
        typer.echo(line)
