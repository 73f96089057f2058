"""The only door to AWS: sessions, roles, a rate budget and the read-only guard.

One botocore session is shared by all clients: a session per account costs 45 times the memory.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

import boto3
import botocore
import botocore.config
import botocore.exceptions
import botocore.parsers
import botocore.session

from patchlib import __version__
from patchlib.budget import RateBudget
from patchlib.clients import Clients
from patchlib.documents import Documents
from patchlib.errors import (
    AccessDenied,
    AwsError,
    CallFailed,
    CredentialsExpired,
    CredentialsMissing,
    EndpointUnreachable,
    OperationRefused,
)
from patchlib.meter import Meter, Tally
from patchlib.objects import ObjectUnreadable, take_text
from patchlib.roles import Roles
from patchlib.settings import Settings
from patchlib.wire import failure_state, is_aws, is_expired, iso_instant, refuse_damaged

__all__ = ["Answer", "Caller", "Reader"]

# Where a partition is asked when no Region is named anywhere.
_FALLBACK_REGIONS = {"aws-cn": "cn-north-1", "aws-us-gov": "us-gov-west-1"}
_FALLBACK_REGION = "us-east-1"
# The caller's own credentials, whatever account they belong to; no account has this id.
_OWN = ""
# Standard mode alone loses one result in ten under a bucket of 20/s with its 3 attempts; behind the budget,
# 5 attempts lose none. https://docs.aws.amazon.com/sdkref/latest/guide/feature-retry-behavior.html
_ATTEMPTS = 5
_DAMAGED_TRIES = 2

# Operations that patchlib asks of STS, always in the home Region, and its words for a caller that it does not know.
_STS_OPERATIONS = {"AssumeRole", "GetCallerIdentity"}
_UNKNOWN_CALLER = {"InvalidClientTokenId", "UnrecognizedClientException"}
_DAMAGED = (
    botocore.parsers.ResponseParserError,
    botocore.exceptions.FlexibleChecksumError,
    botocore.exceptions.IncompleteReadError,
    botocore.exceptions.ReadTimeoutError,
    botocore.exceptions.ResponseStreamingError,
)
# The one stream that is read: an object, as text.
_STREAMED = {("s3", "GetObject")}
_REFUSED = {"denied", "denied_by_organization", "disabled", "not_subscribed"}
_FAILURES = (botocore.exceptions.BotoCoreError, botocore.parsers.ResponseParserError)
_ON_THE_WAY = (botocore.exceptions.HTTPClientError, botocore.exceptions.ConnectionError)
_NO_CREDENTIALS = (
    botocore.exceptions.NoCredentialsError,
    botocore.exceptions.PartialCredentialsError,
    botocore.exceptions.ProfileNotFound,
    botocore.exceptions.CredentialRetrievalError,
    botocore.exceptions.SSOError,
    botocore.exceptions.TokenRetrievalError,
)


@dataclass(frozen=True)
class Caller:
    """Who asks, of which endpoint, and what time that endpoint says it is [UTC]."""

    account_id: str
    arn: str
    endpoint: str
    is_aws: bool
    answered_at: datetime

    @property
    def partition(self) -> str:
        """aws, aws-cn or aws-us-gov."""
        return self.arn.split(":")[1]


@dataclass(frozen=True)
class Answer:
    """One page as the API gave it, instants as ISO text, with when it was answered and after how many retries."""

    response: dict[str, Any]
    answered_at: str
    retries: int


class Reader:
    """Calls AWS on behalf of the extraction: only catalogue operations, each within its budget."""

    def __init__(
        self,
        settings: Settings,
        allowed: frozenset[tuple[str, str]],
        *,
        session: botocore.session.Session | None = None,
        budget: RateBudget | None = None,
        raw_operations: frozenset[tuple[str, str]] = frozenset(),
    ) -> None:
        """session: for tests. raw_operations: those whose answers are taken as documents, for their weight.

        Raises ValueError for a raw operation whose answer is more than a JSON document.
        """
        self._settings = settings
        self._allowed = allowed
        self._core = session or botocore.session.get_session()
        self._core.get_component("response_parser_factory").set_parser_defaults(timestamp_parser=iso_instant)
        # A global endpoint's tokens are not good in Regions that are opted into (IAM User Guide, "Manage AWS STS in an
        # AWS Region", read 2026-11-25).
        self._core.set_config_variable("sts_regional_endpoints", "regional")
        self._core.register("before-call", self._guard)
        self._core.register("after-call", refuse_damaged)
        self._core.register("before-parse", Documents(raw_operations).take)
        try:
            self._session = boto3.Session(botocore_session=self._core)
        except botocore.exceptions.ProfileNotFound as error:
            raise _no_credentials(error) from error
        self.budget = budget or RateBudget(settings.rates)
        self._meter = Meter(self.budget)
        self._clients = Clients(self._make_client)
        self._roles = Roles(settings, self._sts, lambda: self.caller().partition)
        self._caller: Caller | None = None
        # Addresses asked that are not AWS's; a per-service AWS_ENDPOINT_URL_SSM is seen here and not in STS's answer.
        self.foreign_endpoints: set[str] = set()
        self._config = botocore.config.Config(
            retries={"mode": "standard", "max_attempts": _ATTEMPTS},
            connect_timeout=10,
            read_timeout=60,
            max_pool_connections=settings.threads + 2,
            user_agent_extra=f"patchlib/{__version__}",
        )

    @property
    def home_region(self) -> str:
        """The Region for what is asked once: the setting, else the usual chain, else one of the Regions' partition."""
        # The SDKs' common variable; botocore itself knows only AWS_DEFAULT_REGION.
        named = os.environ.get("AWS_REGION") or self._core.get_config_variable("region")
        chosen = self._settings.home_region or named
        if chosen is None and self._settings.regions != "enabled":
            partition = self._core.get_partition_for_region(str(self._settings.regions[0]))
            chosen = _FALLBACK_REGIONS.get(partition)
        return str(chosen or _FALLBACK_REGION)

    def caller(self) -> Caller:
        """The identity behind the credentials; asked once.

        Raises CredentialsMissing, EndpointUnreachable or AccessDenied: without it nothing can be read.
        """
        if self._caller is None:
            self._caller = self._ask_caller()
        return self._caller

    def call(self, account_id: str, region: str, service: str, operation: str, params: Mapping[str, Any]) -> Answer:
        """One call of one operation.

        Raises CallFailed with the state for the ledger, and CredentialsExpired when the caller's own credentials
        were good before and no call can be made any more.
        """
        where = f"{account_id} {region} {service}:{operation}"
        with self._meter.counting((account_id, region, service, operation)) as tally:
            try:
                return _answer(self._send(account_id, region, service, operation, params, tally), tally)
            except botocore.exceptions.ClientError as error:
                self._refuse_expired(error, account_id, where)
                raise _failed(error, where, tally) from error
            except ObjectUnreadable as error:
                raise CallFailed("error", error.code, str(error), where=where, retries=tally.retries) from error
            except _FAILURES as error:
                if self._caller is not None and isinstance(error, _NO_CREDENTIALS):
                    raise CredentialsExpired(type(error).__name__, str(error), where=where) from error
                raise CallFailed(
                    "error", type(error).__name__, str(error), where=where, retries=tally.retries
                ) from error

    def _refuse_expired(self, error: botocore.exceptions.ClientError, account_id: str, where: str) -> None:
        """Raise CredentialsExpired when it is the caller's own credentials that are refused, and not a role's."""
        code, by_sts = error.response["Error"].get("Code") or "", error.operation_name in _STS_OPERATIONS
        own = error.operation_name == "AssumeRole" or self._is_own(account_id)
        # STS in the home Region has known the caller before, so there the token that it does not know is no more.
        if self._caller is not None and own and (is_expired(code) or (by_sts and code in _UNKNOWN_CALLER)):
            raise CredentialsExpired(code, error.response["Error"].get("Message") or "", where=where) from error

    def _send(
        self, account_id: str, region: str, service: str, operation: str, params: Mapping[str, Any], tally: Tally
    ) -> Any:
        used = self._roles.known(account_id)
        try:
            return self._ask(account_id, region, service, operation, params, tally)
        except botocore.exceptions.ClientError as error:
            expired = is_expired(error.response["Error"].get("Code") or "") and error.operation_name == operation
            if not expired or used is None:
                raise
        # A role's credentials can end before their stated expiry (session revoked, clock skew): once more with new.
        self._roles.forget(account_id, used)
        return self._ask(account_id, region, service, operation, params, tally)

    def _ask(
        self, account_id: str, region: str, service: str, operation: str, params: Mapping[str, Any], tally: Tally
    ) -> Any:
        damaged = rounds = 0
        while True:
            rounds += 1
            try:
                # The client inside: its role's credentials are an answer too, and may arrive damaged.
                method = getattr(self._client(account_id, region, service), botocore.xform_name(operation))
                return take_text(method(**params))
            except _DAMAGED:
                # botocore retries what fails on the way, but not what arrives damaged: ask once more, for the
                # credentials as for the answer.
                damaged += 1
                if damaged > _DAMAGED_TRIES:
                    raise
            except (botocore.exceptions.ClientError, *_ON_THE_WAY) as error:
                # botocore stops retrying when a client's calls have failed much, so that retries do not pile up. Ours
                # spend budget and cannot: the attempts that it withholds are made.
                if max(tally.sent, rounds) > _ATTEMPTS or not _is_withheld(error):
                    raise

    def _guard(self, model: Any, **_: Any) -> None:
        asked = (model.service_model.service_name, model.name)
        if asked not in self._allowed or (model.has_streaming_output and asked not in _STREAMED):
            raise OperationRefused(
                "patchlib only reads AWS and this operation is not in its catalogue, or answers with a stream",
                where=":".join(asked),
                next_step="Nothing was sent; report this as a bug.",
            )

    def release(self, account_id: str, region: str) -> None:
        """Let go of what a cell's calls have held in memory and in sockets, once it has been read."""
        self._clients.release(account_id, region)

    def _client(self, account_id: str, region: str, service: str) -> Any:
        # Before the clients' lock: STS may have to be asked, and other accounts do not wait for its answer.
        role = None if self._is_own(account_id) else self._roles.credentials(account_id)
        return self._clients.get(account_id, region, service, role)

    def _make_client(self, account_id: str, region: str, service: str, role: Any) -> Any:
        own = role or self._core.get_credentials()
        if own is None:
            raise botocore.exceptions.NoCredentialsError
        # create_client takes only frozen keys, and those would not refresh; the session's credentials do.
        previous = self._core._credentials
        self._core._credentials = own
        try:
            client = self._session.client(service, region_name=region, config=self._config)
            self._meter.attach(client, account_id, region)
            if not is_aws(client.meta.endpoint_url):
                self.foreign_endpoints.add(client.meta.endpoint_url)
            return client
        finally:
            self._core._credentials = previous

    def _is_own(self, account_id: str) -> bool:
        """Whether an account is read with the caller's own credentials: its own, unless a role is named for it."""
        if account_id == _OWN or self._caller is None or self._settings.role_of(account_id) is None:
            return True
        return account_id == self._caller.account_id and account_id not in self._settings.roles

    def _sts(self) -> Any:
        return self._client(_OWN, self.home_region, "sts")

    def _ask_caller(self) -> Caller:
        try:
            client = self._sts()
            response = _whole(client.get_caller_identity)
        except _NO_CREDENTIALS as error:
            raise _no_credentials(error) from error
        except botocore.exceptions.ClientError as error:
            raise _first_call_failed(error, self.home_region) from error
        except _FAILURES as error:
            raise EndpointUnreachable(
                f"no answer from AWS STS: {error}",
                where=self.home_region,
                next_step="Check the network, AWS_REGION and AWS_ENDPOINT_URL.",
            ) from error
        endpoint = client.meta.endpoint_url
        return Caller(
            account_id=response["Account"],
            arn=response["Arn"],
            endpoint=endpoint,
            is_aws=is_aws(endpoint),
            answered_at=parsedate_to_datetime(response["ResponseMetadata"]["HTTPHeaders"]["date"]).astimezone(UTC),
        )


def _whole(ask: Callable[[], Any]) -> Any:
    """An answer that arrives whole, at the second try if need be."""
    try:
        return ask()
    except _DAMAGED:
        return ask()


def _is_withheld(error: Exception) -> bool:
    """Whether botocore may have withheld attempts, its retry quota used up: an answer says so in its metadata."""
    if isinstance(error, botocore.exceptions.ClientError):
        return bool(error.response.get("ResponseMetadata", {}).get("RetryQuotaReached"))
    return True  # a connection that breaks leaves no answer to say it in; only the number of requests tells


def _no_credentials(error: Exception) -> CredentialsMissing:
    step = "Sign in (for example `aws sso login`) or set AWS_PROFILE."
    return CredentialsMissing(f"no usable AWS credentials: {error}", next_step=step)


def _answer(response: dict[str, Any], tally: Tally) -> Answer:
    metadata = response.pop("ResponseMetadata", {})
    date = metadata.get("HTTPHeaders", {}).get("date")
    return Answer(response, iso_instant(date) if date else "", tally.retries)


def _failed(error: botocore.exceptions.ClientError, where: str, tally: Tally | None = None) -> CallFailed:
    # An empty element of an XML error is None to botocore.
    code = error.response["Error"].get("Code") or "Unknown"
    message = error.response["Error"].get("Message") or ""
    state = failure_state(code, message)
    if state == "denied" and error.operation_name == "AssumeRole":
        # STS does not tell a role that is not there from one that does not trust the caller.
        state = "role_missing"
    return CallFailed(state, code, message, where=where, retries=tally.retries if tally else 0)


def _first_call_failed(error: botocore.exceptions.ClientError, region: str) -> AwsError:
    failed = _failed(error, region)
    step = "Check the credentials, AWS_PROFILE and AWS_REGION (a Region of the caller's own partition)."
    if failed.state in _REFUSED or is_expired(failed.code):
        return AccessDenied(f"AWS STS refused the caller: {failed.code}: {failed.message}", next_step=step)
    return EndpointUnreachable(f"AWS STS failed: {failed.code}: {failed.message}", where=region, next_step=step)
