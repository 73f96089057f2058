"""Where files are: in a checkout beside the package, in an installed wheel inside it.

What a user writes (snapshots, stores, reports) is always relative to the working folder.
"""

from __future__ import annotations

import shlex
from pathlib import Path

__all__ = [
    "DEMO_FEEDS",
    "DEMO_SNAPSHOTS",
    "DEMO_STORE",
    "REAL_STORE",
    "REPORT_OUTPUT",
    "SETTINGS_FILE",
    "SNAPSHOTS",
    "notebooks_folder",
    "policies_folder",
    "queries_folder",
    "reference_folder",
    "reports_folder",
    "sandbox_settings",
    "store_option",
]

SNAPSHOTS = Path("data/local/snapshots")
DEMO_FEEDS = Path("data/local/demo-feeds")
DEMO_SNAPSHOTS = Path("data/local/demo-snapshots")
REAL_STORE = Path("data/local/patchlib.duckdb")
DEMO_STORE = Path("data/local/demo.duckdb")
REPORT_OUTPUT = Path("reports/output")
SETTINGS_FILE = Path("patchlib.toml")

_PACKAGE = Path(__file__).resolve().parent


def _shared(relative: str) -> Path:
    """A folder that ships with the project: in the wheel's `_share`, else in the checkout.

    hatchling copies these folders into the wheel (`force-include`); an editable install has no copy.
    """
    packaged = _PACKAGE / "_share" / relative
    return packaged if packaged.exists() else _PACKAGE.parent / relative


def queries_folder() -> Path:
    """`queries/`: core/, checks/ and one folder per topic."""
    return _shared("queries")


def notebooks_folder() -> Path:
    """`notebooks/`: one notebook per topic."""
    return _shared("notebooks")


def reference_folder() -> Path:
    """`data/reference/`: dated fact tables with their source."""
    return _shared("data/reference")


def policies_folder() -> Path:
    """`data/policies/`: remediation policies as dated templates with their source."""
    return _shared("data/policies")


def reports_folder() -> Path:
    """`reports/`: report definitions; the working folder's own come first."""
    own = Path("reports")
    return own if any(own.glob("*.toml")) else _shared("reports")


def sandbox_settings() -> Path:
    """Settings that read the sandbox organisation: its role, its rates, its exclusions."""
    return _PACKAGE / "sandbox" / "settings.toml"


def store_option(store: Path) -> str:
    """What a command that a user is told must say to ask this store: nothing for the one that is asked anyway."""
    return "" if store == REAL_STORE else f" --store {shlex.quote(str(store))}"
