"""Elastic Beanstalk environments: a few, each with one thing to find, and one that does all of it well.

storefront    managed updates are off                 search-index  on, weekly, minor versions too, rolling
returns-desk  on a platform branch that is retired    search-index  on a supported one
ledger        its last managed action failed          search-index  its last one was completed
price-engine  all at once, in production              timesheets    all at once, in development
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from patchlib.sandbox.world.calendars import instant
from patchlib.sandbox.world.directory import HOME_REGION
from patchlib.sandbox.world.estate import Estate

__all__ = ["BRANCHES", "Environment", "environments"]

_PRODUCTION, _DEVELOPMENT = "210400173933", "210400173947"


@dataclass(frozen=True)
class Environment:
    """One environment. updated_at: when its last managed action ran; failure: why it failed, "" where it did not."""

    application: str
    branch: str
    version: str
    account_id: str = _PRODUCTION
    is_managed: bool = True
    deployment: str = "RollingWithAdditionalBatch"
    updated_at: str = "2026-10-27T02:00:00Z"
    failure: str = ""
    due_at: str = ""

    @property
    def name(self) -> str:
        """Its name."""
        return f"{self.application}-{'live' if self.account_id == _PRODUCTION else 'test'}"

    @property
    def platform_arn(self) -> str:
        """The ARN of its platform's version."""
        return f"arn:aws:elasticbeanstalk:{HOME_REGION}::platform/{self.branch}/{self.version}"


_PYTHON, _OLD = "Python 3.11 running on 64bit Amazon Linux 2023", "Python 3.8 running on 64bit Amazon Linux 2"
_ENVIRONMENTS = (
    Environment("search-index", _PYTHON, "4.7.2", due_at="2026-11-10T02:00:00Z"),
    Environment("storefront", _PYTHON, "4.3.1", is_managed=False, updated_at=""),
    Environment("returns-desk", _OLD, "3.7.3", updated_at=""),
    Environment("ledger", _PYTHON, "4.6.0", failure="RollbackSuccessful"),
    Environment("price-engine", _PYTHON, "4.7.2", deployment="AllAtOnce"),
    Environment("timesheets", _PYTHON, "4.7.2", account_id=_DEVELOPMENT, deployment="AllAtOnce"),
)
# (platform, branch, state, the version that is recommended or "")
BRANCHES = (
    ("Python", _PYTHON, "Supported", "4.7.3"),
    ("Python", "Python 3.9 running on 64bit Amazon Linux 2023", "Deprecated", "4.4.1"),
    ("Python", _OLD, "Retired", ""),
)
_SINCE = "2025-02-03T09:00:00Z"


def environments(estate: Estate, account_id: str, region: str) -> Iterator[Environment]:
    """The environments of a cell."""
    if region == HOME_REGION and instant(_SINCE) <= estate.as_of:
        yield from (each for each in _ENVIRONMENTS if each.account_id == account_id)
