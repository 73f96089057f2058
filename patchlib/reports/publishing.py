"""A finished run becomes the site: complete under runs/ first, then the front's files, one rename each.

    reports/output/<name>/index.html       the front: always a whole, readable site
                          <notebook>.html  the last good page of each notebook
                          summary.json     replaced last: who sees a new one sees new pages
                          assets/plotly.min.js, notebooks/<notebook>.ipynb
                          runs/<run_id>/   every run, failed ones too, as it was

                          .lock, named while a run is under way: one at a time

A notebook that fails changes nothing at the front but the index and the summary, which say so.
"""

from __future__ import annotations

import contextlib
import hashlib
import importlib.util
import json
import shutil
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from patchlib.errors import ReportError, ReportLocked
from patchlib.lock import only_one

__all__ = ["PLOTLY", "keep_last", "new_run", "previous_run", "put_plotly", "replace_front", "run_digest", "sole_run"]

PLOTLY = "assets/plotly.min.js"


def run_digest(as_of: datetime, parameters: Mapping[str, Any]) -> str:
    """The stem of a run's id: its instant and eight digits of its parameters, `20261102T060000Z-1a2b3c4d`."""
    canonical = json.dumps(parameters, sort_keys=True, separators=(",", ":"), default=str)
    return f"{as_of:%Y%m%dT%H%M%SZ}-{hashlib.sha256(canonical.encode()).hexdigest()[:8]}"


@contextlib.contextmanager
def sole_run(front: Path, now: datetime | None) -> Iterator[str]:
    """Be the one run of this report until the block ends: two would replace each other's front and runs.

    now: naive UTC instant that a second run is told as our start. What a killed run left under runs/ is removed.
    Yields the killed run's process in words, "" when there is none. Raises ReportLocked at once while another runs.
    """

    def refusal(holder: str) -> ReportLocked:
        return ReportLocked(f"this report is running: {holder}", where=str(front), next_step="Wait until it ends.")

    front.mkdir(parents=True, exist_ok=True)
    with only_one(front / ".lock", refusal, started=now) as killed:
        for left in (front / "runs").glob(".*.partial"):
            shutil.rmtree(left)
        yield killed


def new_run(front: Path, digest: str) -> tuple[str, Path]:
    """The next run's id, `<digest>-<counter>`, and its empty working folder, hidden until it is complete."""
    runs = front / "runs"
    runs.mkdir(parents=True, exist_ok=True)
    for counter in range(1, 100_000):
        run_id = f"{digest}-{counter:03d}"
        work = runs / f".{run_id}.partial"
        if (runs / run_id).exists():
            continue
        with contextlib.suppress(FileExistsError):
            work.mkdir()
            return run_id, work
    raise ReportError("there is no free run id", where=str(runs), next_step="Remove old runs.")


def previous_run(front: Path, run_id: str) -> str:
    """The id of the last finished run before this one, "" when there is none."""
    found = [path for path in _finished(front) if path.name != run_id]
    return found[-1].name if found else ""


def _finished(front: Path) -> list[Path]:
    runs = [path for path in (front / "runs").glob("[!.]*") if (path / "summary.json").is_file()]
    return sorted(runs, key=lambda path: ((path / "summary.json").stat().st_mtime_ns, path.name))


def put_plotly(front: Path, run: Path) -> None:
    """plotly.js out of the installed wheel, once per site; a run's folder shares the file by a hard link."""
    shared = front / PLOTLY
    installed = _plotly_file()
    if not shared.is_file() or shared.stat().st_size != installed.stat().st_size:
        shared.parent.mkdir(parents=True, exist_ok=True)
        fresh = shared.with_suffix(".new")
        shutil.copyfile(installed, fresh)
        fresh.replace(shared)
    (run / PLOTLY).parent.mkdir(parents=True, exist_ok=True)
    try:
        (run / PLOTLY).hardlink_to(shared)
    except OSError:  # a file system without hard links
        shutil.copyfile(shared, run / PLOTLY)


def _plotly_file() -> Path:
    found = importlib.util.find_spec("plotly")
    if found is None or found.origin is None:
        raise ReportError("plotly is not installed", next_step="Install patchlib with its dependencies.")
    return Path(found.origin).parent / "package_data" / "plotly.min.js"


def replace_front(
    front: Path, files: Mapping[str, bytes], *, keep: Sequence[str] = (), stale_after: str = "summary.json"
) -> None:
    """Replace the front's files, each by one rename, `index.html` and then `summary.json` last.

    files: path under the front -> content. keep: pages left as they are. Pages and notebooks that are in
    neither are removed afterwards: a reader never finds a page that no index names.
    """
    order = sorted(files, key=lambda name: (name == stale_after, name == "index.html", name))
    for name in order:
        target = front / name
        target.parent.mkdir(parents=True, exist_ok=True)
        fresh = target.with_name(f".{target.name}.new")
        fresh.write_bytes(files[name])
        fresh.replace(target)
    named = {*files, *keep}
    for page in [*front.glob("*.html"), *(front / "notebooks").glob("*.ipynb")]:
        if str(page.relative_to(front)) not in named:
            page.unlink()


def keep_last(front: Path, count: int) -> None:
    """Remove the oldest finished runs beyond `count`."""
    for path in _finished(front)[:-count]:
        shutil.rmtree(path)
