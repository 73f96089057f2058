"""Clients of a sandbox endpoint over both transports, and the instant they all live in."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from functools import cache
from typing import Any

import boto3
import botocore.loaders
import botocore.session
import pytest
from botocore.config import Config

from patchlib.sandbox.endpoint import Endpoint
from patchlib.sandbox.http import serve
from patchlib.sandbox.inprocess import attach

Connect = Callable[..., Any]

ACCOUNT = "111111111111"


@pytest.fixture(scope="session")
def as_of() -> datetime:
    """The present of the tests' endpoints."""
    return datetime(2026, 11, 2, 6, tzinfo=UTC)


@cache
def _loader() -> botocore.loaders.Loader:
    """One loader, so that each test reads no service model again."""
    return botocore.loaders.create_loader()


def _session() -> boto3.Session:
    core = botocore.session.get_session()
    core.register_component("data_loader", _loader())
    return boto3.Session(botocore_session=core)


@pytest.fixture(params=["http", "in process"])
def connect(request: pytest.FixtureRequest) -> Iterator[Connect]:
    """`connect(endpoint, service, account_id=, region=, attempts=, credentials=)`: a boto3 client of an endpoint."""
    with ExitStack() as stack:

        def connecting(
            endpoint: Endpoint,
            service: str,
            *,
            account_id: str = ACCOUNT,
            region: str = "eu-west-1",
            attempts: int = 1,
            credentials: dict[str, Any] | None = None,
        ) -> Any:
            session, url = _session(), None
            if request.param == "http":
                url = stack.enter_context(serve(endpoint))
            else:
                attach(session, endpoint)
            keys = credentials or {"AccessKeyId": f"AKIA{account_id}TEST", "SecretAccessKey": "any"}
            return session.client(
                service,
                region_name=region,
                endpoint_url=url,
                aws_access_key_id=keys["AccessKeyId"],
                aws_secret_access_key=keys["SecretAccessKey"],
                aws_session_token=keys.get("SessionToken"),
                config=Config(
                    retries={"total_max_attempts": attempts, "mode": "standard"}, s3={"addressing_style": "path"}
                ),
            )

        yield connecting
