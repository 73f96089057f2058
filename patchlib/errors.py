"""The error tree: every failure a user can act on, each with its exit code.

    PatchlibError
      ConfigError (2)    SettingInvalid  ReportInvalid  ParameterUnknown  ParameterInvalid
      AwsError (3)       OperationRefused  AccessDenied  CredentialsMissing  CredentialsExpired
                         EndpointUnreachable  CallFailed  RunCutShort
      DataError (4)      SnapshotInvalid  SnapshotIncomplete  SchemaMismatch  StoreLocked  StoreMissing
                         StoreRefused  CheckFailed  QueryNotFound  HeaderInvalid  LayoutUnknown
                         ObjectDamaged  FeedInvalid  FeedUnreachable  ItemUnknown
                         DataTooOld
      ModelError (5)
      ReportError (6)    NotebookFailed  ReportLocked
      GateTripped (7)
    PatchlibWarning      PartialCoverage  CheckWarned  SettingUnconfirmed

A message is one line: what happened, where, and what to do next. Anything outside this tree is a
bug and keeps its traceback (exit code 1).
"""

from __future__ import annotations

__all__ = [
    "AccessDenied",
    "AwsError",
    "CallFailed",
    "CheckFailed",
    "CheckWarned",
    "ConfigError",
    "CredentialsExpired",
    "CredentialsMissing",
    "DataError",
    "DataTooOld",
    "EndpointUnreachable",
    "FeedInvalid",
    "FeedUnreachable",
    "GateTripped",
    "HeaderInvalid",
    "ItemUnknown",
    "LayoutUnknown",
    "ModelError",
    "NotebookFailed",
    "ObjectDamaged",
    "OperationRefused",
    "ParameterInvalid",
    "ParameterUnknown",
    "PartialCoverage",
    "PatchlibError",
    "PatchlibWarning",
    "QueryNotFound",
    "ReportError",
    "ReportInvalid",
    "ReportLocked",
    "RunCutShort",
    "SchemaMismatch",
    "SettingInvalid",
    "SettingUnconfirmed",
    "SnapshotIncomplete",
    "SnapshotInvalid",
    "StoreLocked",
    "StoreMissing",
    "StoreRefused",
]


class PatchlibError(Exception):
    """A failure with a known cause.

    what:      the fault, in words a user knows.
    where:     the file, account, Region, setting or parameter concerned.
    next_step: what the reader can do about it.
    """

    exit_code = 1

    def __init__(self, what: str, *, where: str = "", next_step: str = "") -> None:
        self.what = " ".join(what.split())
        self.where = " ".join(where.split())
        self.next_step = " ".join(next_step.split())
        super().__init__(str(self))

    def __str__(self) -> str:
        place = f" ({self.where})" if self.where else ""
        step = f" {self.next_step}" if self.next_step else ""
        what = self.what.rstrip(".")
        return f"{what}{place}{'' if what.endswith('?') and not place else '.'}{step}"


class ConfigError(PatchlibError):
    """What the user asked for cannot be done as written."""

    exit_code = 2


class SettingInvalid(ConfigError):
    """A settings file holds an unknown key or an unusable value."""


class ReportInvalid(ConfigError):
    """A report definition is missing or does not fit its notebooks."""


class ParameterUnknown(ConfigError):
    """A parameter name that nothing declares."""


class ParameterInvalid(ConfigError):
    """A parameter value of the wrong type or outside its range."""


class AwsError(PatchlibError):
    """AWS, or what stands in for it, did not answer as needed."""

    exit_code = 3


class OperationRefused(AwsError):
    """An operation outside the catalogue was about to leave; nothing was sent."""


class AccessDenied(AwsError):
    """The caller may not do what the whole run depends on."""


class CredentialsMissing(AwsError):
    """No credentials were found, or they have expired."""


class CredentialsExpired(AwsError):
    """The caller's own credentials were good and no longer are: what is left can only be read after a new sign-in."""

    def __init__(self, code: str, message: str, *, where: str = "") -> None:
        self.code = code
        super().__init__(
            f"the caller's own credentials have expired: {code}: {message}",
            where=where,
            next_step="Sign in again (for example `aws sso login`), then go on with `patchlib extract --resume ID`.",
        )


class EndpointUnreachable(AwsError):
    """No answer from the endpoint."""


class CallFailed(AwsError):
    """One call ended without an answer, after its retries.

    state: what the coverage ledger says of it: denied, denied_by_organization, disabled, not_subscribed,
           role_missing, throttled, gone or error.
    code: AWS's error code, or the name of the network failure. message: AWS's own text.
    """

    def __init__(self, state: str, code: str, message: str, *, where: str, retries: int = 0) -> None:
        self.state = state
        self.code = code
        self.message = " ".join(message.split())
        self.retries = retries
        super().__init__(f"{code}: {self.message}", where=where)


class RunCutShort(AwsError):
    """An extraction that could read nothing, or was stopped before its end."""


class DataError(PatchlibError):
    """Snapshots, stores or queries are not in the state needed."""

    exit_code = 4


class SnapshotInvalid(DataError):
    """A snapshot's files do not fit its manifest."""


class SnapshotIncomplete(DataError):
    """A snapshot whose extraction was cut short."""


class SchemaMismatch(DataError):
    """A store or snapshot written by another version of the format."""


class StoreLocked(DataError):
    """Another process is writing the store."""


class StoreMissing(DataError):
    """There is no store at the path given."""


class StoreRefused(DataError):
    """A snapshot that must not enter this store."""


class CheckFailed(DataError):
    """A data check that stops found offending rows."""


class QueryNotFound(DataError):
    """No query of that name."""


class HeaderInvalid(DataError):
    """A query's header does not fit its SQL."""


class LayoutUnknown(DataError):
    """An object that is not laid out as its kind should be; nothing of it is taken."""


class ObjectDamaged(DataError):
    """A file or object that is there and cannot be read as text."""


class FeedInvalid(DataError):
    """A feed's file is not what its format promises; the rows of the last good one stay."""


class FeedUnreachable(DataError):
    """A feed's file could not be had; the rows of the last good one stay."""


class DataTooOld(DataError):
    """The data is older than a report may be made of; what was published before stays."""


class ItemUnknown(DataError):
    """The store has never held the node or patch that was asked for."""


class ModelError(PatchlibError):
    """A model cannot answer from the inputs given."""

    exit_code = 5


class ReportError(PatchlibError):
    """A report was not produced as asked."""

    exit_code = 6


class NotebookFailed(ReportError):
    """A cell raised; the executed notebook is kept."""


class ReportLocked(ReportError):
    """Another process is running the same report."""


class GateTripped(PatchlibError):
    """A report was produced and says that a limit it watches is broken."""

    exit_code = 7


class PatchlibWarning(UserWarning):
    """Something the reader must know, though the work went on."""


class PartialCoverage(PatchlibWarning):
    """Some cells could not be read."""


class CheckWarned(PatchlibWarning):
    """A data check that warns found offending rows."""


class SettingUnconfirmed(PatchlibWarning):
    """A setting names what nothing at hand confirms."""
