"""The only door to AWS: sessions, roles, a rate budget and the read-only guard.

One botocore session is shared by all clients (a session per account costs 45 times the memory); clients
are made in one thread at a time, because making them is not thread safe, and used by many.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

import boto3
import botocore
import botocore.config
import botocore.credentials
import botocore.exceptions
import botocore.parsers
import botocore.session

from patchlib import __version__
from patchlib.budget import RateBudget
from patchlib.documents import Documents
from patchlib.errors import (
    AccessDenied,
    AwsError,
    CallFailed,
    CredentialsMissing,
    EndpointUnreachable,
    OperationRefused,
)
from patchlib.meter import Meter, Tally
from patchlib.settings import Settings
from patchlib.wire import failure_state, is_aws, iso_instant, refuse_damaged

__all__ = ["Answer", "Caller", "Reader"]

_FALLBACK_REGION = "us-east-1"
# Standard mode alone loses one result in ten under a bucket of 20/s with its 3 attempts; behind the budget,
# 5 attempts lose none. https://docs.aws.amazon.com/sdkref/latest/guide/feature-retry-behavior.html
_ATTEMPTS = 5

_EXPIRED = {"ExpiredToken", "ExpiredTokenException", "RequestExpired"}
_FAILURES = (botocore.exceptions.BotoCoreError, botocore.parsers.ResponseParserError)
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
        self._core.register("before-call", self._guard)
        self._core.register("after-call", refuse_damaged)
        self._core.register("before-parse", Documents(raw_operations).take)
        try:
            self._session = boto3.Session(botocore_session=self._core)
        except botocore.exceptions.ProfileNotFound as error:
            raise _no_credentials(error) from error
        self.budget = budget or RateBudget(settings.rates)
        self._meter = Meter(self.budget)
        self._lock = threading.RLock()
        self._clients: dict[tuple[str, str, str], Any] = {}
        self._credentials: dict[str, Any] = {}
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
        """The Region for what is asked once: the setting, else the usual chain, else us-east-1."""
        return str(self._settings.home_region or self._core.get_config_variable("region") or _FALLBACK_REGION)

    def caller(self) -> Caller:
        """The identity behind the credentials; asked once.

        Raises CredentialsMissing, EndpointUnreachable or AccessDenied: without it nothing can be read.
        """
        if self._caller is None:
            self._caller = self._ask_caller()
        return self._caller

    def call(self, account_id: str, region: str, service: str, operation: str, params: Mapping[str, Any]) -> Answer:
        """One call of one operation; raises CallFailed with the state for the ledger."""
        where = f"{account_id} {region} {service}:{operation}"
        with self._meter.counting((account_id, region, service, operation)) as tally:
            try:
                return _answer(self._send(account_id, region, service, operation, params), tally)
            except botocore.exceptions.ClientError as error:
                raise _failed(error, where, tally) from error
            except _FAILURES as error:
                raise CallFailed(
                    "error", type(error).__name__, str(error), where=where, retries=tally.retries
                ) from error

    def _send(self, account_id: str, region: str, service: str, operation: str, params: Mapping[str, Any]) -> Any:
        used = self._credentials.get(account_id)
        try:
            return self._ask(account_id, region, service, operation, params)
        except botocore.exceptions.ClientError as error:
            if error.response["Error"]["Code"] not in _EXPIRED or used is None:
                raise
        # A role's credentials can end before their stated expiry (session revoked, clock skew): once more with new.
        self._forget(account_id, used)
        return self._ask(account_id, region, service, operation, params)

    def _ask(self, account_id: str, region: str, service: str, operation: str, params: Mapping[str, Any]) -> Any:
        method = getattr(self._client(account_id, region, service), botocore.xform_name(operation))
        try:
            return method(**params)
        except botocore.parsers.ResponseParserError:
            # botocore retries what fails on the way, but not what arrives damaged: ask once more.
            return method(**params)

    def _guard(self, model: Any, **_: Any) -> None:
        asked = (model.service_model.service_name, model.name)
        if asked not in self._allowed:
            raise OperationRefused(
                "patchlib only reads AWS and this operation is not in its catalogue",
                where=":".join(asked),
                next_step="Nothing was sent; report this as a bug.",
            )

    def _client(self, account_id: str, region: str, service: str) -> Any:
        with self._lock:
            key = (account_id, region, service)
            if key not in self._clients:
                self._clients[key] = self._make_client(account_id, region, service)
            return self._clients[key]

    def _make_client(self, account_id: str, region: str, service: str) -> Any:
        own = self._core.get_credentials() if self._is_own(account_id) else self._role(account_id)
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
        return self._settings.role is None or self._caller is None or account_id == self._caller.account_id

    def _role(self, account_id: str) -> Any:
        """Refreshing credentials of the reader role in an account; the first use asks STS."""
        if account_id not in self._credentials:
            arn = f"arn:{self.caller().partition}:iam::{account_id}:role/{self._settings.role}"
            extra = {"ExternalId": self._settings.external_id} if self._settings.external_id else {}

            def refresh() -> dict[str, str]:
                sts = self._client(self.caller().account_id, self.home_region, "sts")
                taken = sts.assume_role(RoleArn=arn, RoleSessionName="patchlib", **extra)["Credentials"]
                return {
                    "access_key": taken["AccessKeyId"],
                    "secret_key": taken["SecretAccessKey"],
                    "token": taken["SessionToken"],
                    "expiry_time": taken["Expiration"],
                }

            self._credentials[account_id] = botocore.credentials.RefreshableCredentials.create_from_metadata(
                metadata=refresh(), refresh_using=refresh, method="sts-assume-role"
            )
        return self._credentials[account_id]

    def _forget(self, account_id: str, expired: Any) -> None:
        with self._lock:
            if self._credentials.get(account_id) is not expired:
                return  # another thread has already renewed them
            del self._credentials[account_id]
            self._clients = {key: kept for key, kept in self._clients.items() if key[0] != account_id}

    def _ask_caller(self) -> Caller:
        try:
            client = self._client("", self.home_region, "sts")
            response = client.get_caller_identity()
        except _NO_CREDENTIALS as error:
            raise _no_credentials(error) from error
        except botocore.exceptions.ClientError as error:
            raise _first_call_failed(error, self.home_region) from error
        except botocore.exceptions.BotoCoreError as error:
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


def _no_credentials(error: Exception) -> CredentialsMissing:
    step = "Sign in (for example `aws sso login`) or set AWS_PROFILE."
    return CredentialsMissing(f"no usable AWS credentials: {error}", next_step=step)


def _answer(response: dict[str, Any], tally: Tally) -> Answer:
    metadata = response.pop("ResponseMetadata", {})
    date = metadata.get("HTTPHeaders", {}).get("date")
    return Answer(response, iso_instant(date) if date else "", tally.retries)


def _failed(error: botocore.exceptions.ClientError, where: str, tally: Tally | None = None) -> CallFailed:
    code = error.response["Error"].get("Code", "Unknown")
    message = error.response["Error"].get("Message", "")
    return CallFailed(failure_state(code), code, message, where=where, retries=tally.retries if tally else 0)


def _first_call_failed(error: botocore.exceptions.ClientError, region: str) -> AwsError:
    failed = _failed(error, region)
    step = "Check the credentials, AWS_PROFILE and AWS_REGION."
    if failed.state in {"denied", "disabled"} or failed.code in _EXPIRED:
        return AccessDenied(f"AWS STS refused the caller: {failed.code}: {failed.message}", next_step=step)
    return EndpointUnreachable(f"AWS STS failed: {failed.code}: {failed.message}", where=region, next_step=step)
