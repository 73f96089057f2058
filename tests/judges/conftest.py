"""moto's server with an organisation made through boto3, extracted once from the command line."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from moto.rds.models import DBCluster, DBInstance
from moto.server import ThreadedMotoServer

from patchlib.cli import main
from patchlib.snapshot import Manifest, open_snapshot
from tests import estate
from tests.judges.moto_resources import make_resources


@dataclass(frozen=True)
class MotoRun:
    """What boto3 made in moto, and what the command line then extracted and loaded."""

    made: dict[str, Any]
    snapshot: Path
    store: Path

    @property
    def manifest(self) -> Manifest:
        """The snapshot's manifest."""
        return open_snapshot(self.snapshot)


def _environment(url: str) -> dict[str, str]:
    return {
        "AWS_ENDPOINT_URL": url,
        "AWS_ACCESS_KEY_ID": "testing",
        "AWS_SECRET_ACCESS_KEY": "testing",
        "AWS_REGION": "us-east-1",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
    }


@pytest.fixture(scope="session")
def _moto(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, MotoRun]]:
    """moto's server, and one extraction of everything that it keeps, by `patchlib extract`."""
    folder = tmp_path_factory.mktemp("moto")
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    url = f"http://{host}:{port}"
    with pytest.MonkeyPatch.context() as patched:
        # moto restores up to the moment at which it is asked, so that no two answers are the same.
        for kind in (DBCluster, DBInstance):
            patched.setattr(kind, "latest_restorable_time", estate.AS_OF)
        try:
            yield url, _extracted(url, folder)
        finally:
            server.stop()


def _extracted(url: str, folder: Path) -> MotoRun:
    """The run; environment and working directory are its own only while it lasts."""
    with pytest.MonkeyPatch.context() as patched:
        _enter(patched, url)
        patched.setattr("botocore.endpoint.time.sleep", lambda _seconds: None)
        patched.chdir(folder)
        made = make_resources()
        settings = folder / "patchlib.toml"
        settings.write_text('regions = ["us-east-1"]\n[rates]\ndefault = 10000\nceiling = 10000\nburst = 1000\n')
        with pytest.raises(SystemExit) as ended:
            main(["extract", "--settings", str(settings), "--store", "moto.duckdb"])
        assert ended.value.code == 0
    (snapshot,) = (folder / "data" / "local" / "snapshots").iterdir()
    return MotoRun(made, snapshot, folder / "moto.duckdb")


def _enter(patched: pytest.MonkeyPatch, url: str) -> None:
    for name, value in _environment(url).items():
        patched.setenv(name, value)
    patched.delenv("AWS_PROFILE", raising=False)


@pytest.fixture
def moto_run(_moto: tuple[str, MotoRun], monkeypatch: pytest.MonkeyPatch) -> MotoRun:
    """The run, with an environment in which boto3 still reaches moto."""
    url, run = _moto
    _enter(monkeypatch, url)
    return run
