"""Reports: definitions run as notebooks, watched by gates, published as a site that needs no network.

definition    reports/<name>.toml              parameters   checked against the notebooks' own cells
execution     papermill, two at a time         reading      an executed notebook as a page
gates         coverage, age, limits on facts   rendering    pages as HTML
site          the files of a run and front     publishing   runs/ first, then the front by renames
summary       summary.json                     run          all of it, in order
"""

from __future__ import annotations

from patchlib.reports.definition import ReportDefinition, list_reports, load_report
from patchlib.reports.run import ReportRun, run_report
from patchlib.reports.summary import Summary

__all__ = ["ReportDefinition", "ReportRun", "Summary", "list_reports", "load_report", "run_report"]
