"""Clients: one per account, Region and service, with current credentials, and no longer than their cell is read."""

from __future__ import annotations

import gc
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import botocore.client
import pytest

from patchlib.clients import Clients
from patchlib.extract import extract
from patchlib.snapshot import CellRecord
from patchlib.sources import SOURCES
from tests import estate


class _Client:
    """A client as far as it is held and let go."""

    def __init__(self, credentials: Any) -> None:
        self.credentials, self.is_closed = credentials, False

    def close(self) -> None:
        self.is_closed = True


@pytest.fixture
def clients() -> Clients:
    """Clients of nothing."""
    return Clients(lambda _account, _region, _service, credentials: _Client(credentials))


def test_a_client_is_made_once(clients: Clients) -> None:
    """Also when many threads ask for it at the same time."""
    with ThreadPoolExecutor(8) as pool:
        made = set(pool.map(lambda _: clients.get("1", "eu-west-1", "ssm", None), range(200)))
    assert len(made) == len(clients) == 1
    assert clients.get("1", "eu-west-1", "ec2", None) not in made


def test_renewed_credentials_get_a_client_of_their_own(clients: Clients) -> None:
    """A client made with credentials that were forgotten meanwhile is not what the next call finds."""
    old, new = object(), object()
    before = clients.get("1", "eu-west-1", "ssm", old)
    after = clients.get("1", "eu-west-1", "ssm", new)
    assert (before.credentials, after.credentials) == (old, new)
    assert clients.get("1", "eu-west-1", "ssm", new) is after
    assert len(clients) == 1


def test_a_released_cell_holds_no_socket(clients: Clients) -> None:
    """Its clients are closed; those of other cells stay; asked again, a new one is made."""
    mine, other = clients.get("1", "eu-west-1", "ssm", None), clients.get("1", "us-east-1", "ssm", None)
    clients.release("1", "eu-west-1")
    assert (mine.is_closed, other.is_closed, len(clients)) == (True, False, 1)
    assert not clients.get("1", "eu-west-1", "ssm", None).is_closed


class _Held(estate.Told):
    """Counts the clients that are alive whenever a cell's last source is done."""

    def __init__(self) -> None:
        super().__init__()
        self.most = 0

    def done(self, record: CellRecord) -> None:
        super().done(record)
        if record.source == "ssm_patch":
            alive = sum(isinstance(each, botocore.client.BaseClient) for each in gc.get_objects())
            self.most = max(self.most, alive)


def test_a_run_holds_the_clients_of_the_cells_under_way_only(tmp_path: Path) -> None:
    """Read one after the other, four cells never hold more than one cell asks for, and the one of STS."""
    gc.collect()
    others = sum(isinstance(each, botocore.client.BaseClient) for each in gc.get_objects())
    told, settings = _Held(), estate.SETTINGS.model_copy(update={"threads": 1})
    reader = estate.reader(estate.endpoint(), settings)
    extract(settings, tmp_path, reader=reader, progress=told, clock=lambda: 0.0)
    gc.collect()
    assert 1 < told.most - others <= 1 + len({source.service for source in SOURCES})
    assert sum(isinstance(each, botocore.client.BaseClient) for each in gc.get_objects()) - others <= 3
