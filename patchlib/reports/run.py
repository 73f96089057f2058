"""One report from definition to site: check, run, read, watch, render, publish."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from patchlib import paths
from patchlib.errors import DataTooOld, GateTripped, NotebookFailed, ParameterInvalid
from patchlib.notebook import Session, store_path
from patchlib.reports import changes, gates, parameters, publishing, site, watching
from patchlib.reports.definition import ReportDefinition, load_report
from patchlib.reports.execution import Executor, Job, Outcome, papermill_executor, run_jobs, silent
from patchlib.reports.reading import Page, read_page, without_traces
from patchlib.reports.summary import Changes, GateResult, NotebookSummary, Summary, read_summary
from patchlib.site import wording

__all__ = ["ReportRun", "run_report"]


@dataclass(frozen=True)
class ReportRun:
    """A published run: its front page, its summary, and what is to be said about it."""

    run_id: str
    index: Path
    summary_file: Path
    summary: Summary

    @property
    def exit_code(self) -> int:
        """0, 6 when a notebook failed, 7 when a gate tripped; of both the lower."""
        return self.summary.exit_code

    def raise_for_faults(self) -> None:
        """Raise NotebookFailed or GateTripped when the run has such a fault; the site is published anyway."""
        failed = [entry for entry in self.summary.notebooks if entry.failure]
        if failed:
            raise NotebookFailed(
                f"{len(failed)} of {len(self.summary.notebooks)} notebooks failed: {_first_cause(failed[0])}",
                where=str(self.index),
                next_step="Open its page or the executed notebook of the run.",
            )
        tripped = [gate for gate in self.summary.gates if gate.is_tripped]
        if tripped:
            raise GateTripped(
                " ".join(f"{gate.name}: {gate.message}" for gate in tripped),
                where=str(self.index),
                next_step=" ".join(dict.fromkeys(_way_out(gate) for gate in tripped)),
            )


def _way_out(gate: GateResult) -> str:
    if gate.name == gates.COVERAGE:
        return "Let the reader in, or list the account under expected_blind in the report's definition."
    return "Mend the cause, or change the limit in the report's definition."


def _first_cause(entry: NotebookSummary) -> str:
    failure = entry.failure
    if failure is None:
        return entry.name
    place = f" under {failure.heading!r}" if failure.heading else ""
    return f"{entry.name}{place}: {failure.cause}"


def run_report(
    name: str | Path,
    *,
    given: Mapping[str, Any] | None = None,
    as_of: str = "",
    store: str | Path = "",
    output: Path = paths.REPORT_OUTPUT,
    notebooks: Path | None = None,
    now: datetime | None = None,
    execute: Executor = papermill_executor,
    progress: Callable[[str], None] = silent,
) -> ReportRun:
    """Run a report and publish it under `output`/<name>/.

    given:  parameters, as JSON types or text; each reaches every notebook that declares it.
    as_of:  report instant, ISO [UTC]; "" is when the latest snapshot was taken.
    store:  file; "" is `PATCHLIB_STORE`, else the real estate's; never the sandbox's by default.
    now:    the clock's naive UTC instant, for the data's age; None counts the age from as_of.
    Raises ReportInvalid, ParameterUnknown, ParameterInvalid, SettingInvalid, StoreMissing, DataTooOld,
    ReportLocked before anything runs. Faults of the run itself are in the result: see `ReportRun.raise_for_faults`.
    """
    definition = load_report(name)
    folder = notebooks or paths.notebooks_folder()
    bound = parameters.bind(definition, given or {}, folder)
    watching.refuse_unknown(definition, given or {})
    wanted = as_of or str((given or {}).get("as_of", ""))
    front = output / definition.name
    with closing(Session(store_path(store, may_fall_back=False), wanted, given or {})) as session:
        _refuse_before_time(session, wanted)
        _refuse_old(definition, session, front, None if wanted else now)
        with publishing.sole_run(front, now) as killed:
            if killed:
                progress(f"{killed} was killed while it ran this report; what it left was removed")
            answered = watching.ask(definition, session)
            before = read_summary(front / "summary.json")
            moved = changes.asked_of_store(session, before)
            progress(f"as of {wording.text(session.as_of)}: {session.coverage.sentence}")
            session.close()  # each notebook opens the store itself
            run_id, work = publishing.new_run(front, publishing.run_digest(session.as_of, bound))
            try:
                asked = _Asked(definition, session, bound, answered, now, before, moved)
                return _run(asked, folder, front, run_id, work, execute, progress)
            finally:
                shutil.rmtree(work, ignore_errors=True)


def _refuse_before_time(session: Session, wanted: str) -> None:
    """An as_of before the first snapshot would replace a good site by an empty one."""
    first = session.first_taken_at
    if first is not None and session.as_of < first:
        raise ParameterInvalid(
            f"nothing was read up to {wanted}",
            where=str(session.store),
            next_step=f"The first snapshot is of {wording.text(first)}; name that instant or a later one.",
        )


def _refuse_old(definition: ReportDefinition, session: Session, front: Path, now: datetime | None) -> None:
    """Data that nobody should read is not published at all; now: None counts the age up to the instant asked for."""
    limit, taken_at = definition.refuse_after_days, session.coverage.taken_at
    age_days = _age_days(session, now)
    if limit is None or (age_days is not None and age_days <= limit):
        return
    if taken_at is None or age_days is None:
        said = "nothing has been read"
    else:
        said = f"the data is {wording.quantity(age_days, 'd')} days old, of {wording.text(taken_at)}"
    before = read_summary(front / "summary.json")
    stays = f" The page as of {before.as_of[:10]} stays." if before else ""
    raise DataTooOld(
        f"{said}; this report refuses data older than {limit:g} days",
        where=str(session.store),
        next_step=f"Run `patchlib extract`.{stays}",
    )


def _jobs(
    definition: ReportDefinition, session: Session, bound: Mapping[str, Any], folder: Path, work: Path
) -> list[Job]:
    jobs = []
    for entry in definition.notebooks:
        source = folder / f"{entry.name}.ipynb"
        own = {"store": str(session.store), "as_of": f"{session.as_of.isoformat()}Z"}
        known = parameters.declared(source)
        filled = {key: value for key, value in own.items() if key in known}
        filled = bound[entry.name] | filled
        target = work / "notebooks" / source.name
        jobs.append(Job(entry.name, source, target, filled, definition.timeout_seconds))
    return jobs


@dataclass(frozen=True)
class _Asked:
    """What a run is asked to do, and what the store answered before its notebooks."""

    definition: ReportDefinition
    session: Session
    bound: Mapping[str, dict[str, Any]]
    answered: list[GateResult]
    now: datetime | None
    before: Summary | None
    moved: changes.Moved


def _run(
    asked: _Asked,
    folder: Path,
    front: Path,
    run_id: str,
    work: Path,
    execute: Executor,
    progress: Callable[[str], None],
) -> ReportRun:
    definition, session, bound = asked.definition, asked.session, asked.bound
    (work / "notebooks").mkdir()
    jobs = _jobs(definition, session, bound, folder, work)
    outcomes = run_jobs(jobs, execute, progress=progress)
    pages = [_page(job, outcome) for job, outcome in zip(jobs, outcomes, strict=True)]
    age_days = _age_days(session, asked.now)
    results = gates.check_gates(definition, session.coverage, age_days, pages, asked.answered)
    changed = changes.compare(asked.moved, asked.before, pages, results)
    summary = _summary(asked, run_id, pages, results, changed)
    made = site.Made(
        definition=definition,
        session=session,
        summary=summary,
        pages=pages,
        before=asked.before,
        age_days=age_days,
        previous_run=publishing.previous_run(front, run_id),
        moved=asked.moved,
        in_force={job.name: _in_force(job) for job in jobs},
    )
    _publish(made, front, work, definition.keep_runs)
    return ReportRun(run_id, front / "index.html", front / "summary.json", summary)


def _in_force(job: Job) -> dict[str, Any]:
    """Every parameter of a notebook with its value in this run: the default where nobody gave another."""
    return {name: parameter.default for name, parameter in parameters.declared(job.source).items()} | job.parameters


def _page(job: Job, outcome: Outcome) -> Page:
    page = read_page(job.name, job.target, outcome.cause)
    if page.is_written:
        without_traces(job.target)
    return page


def _age_days(session: Session, now: datetime | None) -> float | None:
    """Age of the last snapshot [d]; the sandbox lives in its own time, so its age counts from as_of."""
    taken_at = session.coverage.taken_at
    if taken_at is None or now is None or session.is_sandbox:
        return session.coverage.age_days
    return (now - taken_at) / timedelta(days=1)


def _summary(asked: _Asked, run_id: str, pages: Sequence[Page], results: list[GateResult], changed: Changes) -> Summary:
    definition, session, before = asked.definition, asked.session, asked.before
    failed = any(page.has_failed for page in pages)
    tripped = any(result.is_tripped for result in results)
    seen = session.coverage
    return Summary(
        report=definition.name,
        title=definition.title,
        run_id=run_id,
        as_of=str(wording.plain(session.as_of)),
        status="notebook failed" if failed else "gate tripped" if tripped else "ok",
        exit_code=NotebookFailed.exit_code if failed else GateTripped.exit_code if tripped else 0,
        organization_id=session.organization_id,
        is_sandbox=session.is_sandbox,
        parameters=dict(asked.bound),
        coverage={
            "taken_at": wording.plain(seen.taken_at),
            "account_count": seen.account_count,
            "blind_accounts": list(seen.blind_accounts),
            "unexpected_blind_accounts": sorted(set(seen.blind_accounts) - set(definition.expected_blind)),
            "source_count": seen.cell_count,
            "unread_source_count": seen.unread_cell_count,
        },
        gates=results,
        changes=changed,
        notebooks=[_entry(page, session, run_id, before) for page in pages],
    )


def _entry(page: Page, session: Session, run_id: str, before: Summary | None) -> NotebookSummary:
    published = (run_id, str(wording.plain(session.as_of)))
    if page.has_failed and before is not None:
        kept = [entry for entry in before.notebooks if entry.name == page.name and entry.published_run_id]
        published = (kept[0].published_run_id, kept[0].published_as_of) if kept else ("", "")
    elif page.has_failed:
        published = ("", "")
    return NotebookSummary(
        name=page.name,
        title=page.title,
        status="failed" if page.has_failed else "ok",
        page=f"{page.name}.html",
        conclusion=page.conclusion,
        facts=page.facts,
        failure=page.failure,
        published_run_id=published[0],
        published_as_of=published[1],
    )


def _publish(made: site.Made, front: Path, work: Path, keep_runs: int) -> None:
    publishing.put_plotly(front, work)
    for name, content in site.run_files(made).items():
        (work / name).write_bytes(content)
    finished = work.with_name(made.summary.run_id)
    work.rename(finished)
    executed = {
        f"notebooks/{path.name}": path.read_bytes() for path in sorted((finished / "notebooks").glob("*.ipynb"))
    }
    files, kept = site.front_files(made, executed)
    publishing.replace_front(front, files, keep=kept)
    publishing.keep_last(front, keep_runs)
