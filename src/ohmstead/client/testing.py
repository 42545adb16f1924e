"""pytest fixtures for programs that use Ohmstead: a real server in a process of its own, and stations to go with it.

In your `conftest.py`: `pytest_plugins = ["ohmstead.client.testing"]`. Then

    def test_a_driver_charges(ohmstead_client, simulated_station):
        station = simulated_station("CS1", token="04A1B2C3")
        with ohmstead_client.commands.start("CS1", token="04A1B2C3", evse_id=1) as command:
            command.confirmed()
"""

from __future__ import annotations

import os
import secrets
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from ohmstead import runtime
from ohmstead.client import NotFound, OhmsteadError, SyncClient
from ohmstead.shapes.testbench import SimulatedStation

STARTS_WITHIN_S = 60.0


@dataclass(frozen=True)
class Running:
    """An Ohmstead that serves; `key` may do everything."""

    url: str
    key: str
    stations_url: str
    """Where stations connect, without their identity."""


@contextmanager
def running(**environment: str) -> Iterator[Running]:
    """A server with an empty database on free ports; it is gone afterwards, with all it knew. Its test bench is on."""
    ports = [_free_port() for _ in range(2)]
    key = secrets.token_urlsafe(32)
    with tempfile.TemporaryDirectory(prefix="ohmstead-", ignore_cleanup_errors=True) as folder:
        settings = {
            "OHMSTEAD_DATA_DIR": folder,
            "OHMSTEAD_API__BIND": f"127.0.0.1:{ports[0]}",
            "OHMSTEAD_API__BOOTSTRAP_KEY": key,
            "OHMSTEAD_GATEWAY__BIND": f"127.0.0.1:{ports[1]}",
            "OHMSTEAD_GATEWAY__TLS_BIND": "",
            "OHMSTEAD_TEST_BENCH__ENABLED": "true",
        }
        others = {name: value for name, value in os.environ.items() if not name.startswith("OHMSTEAD_")}
        with (Path(folder) / "log").open("w") as log:
            command = [sys.executable, "-m", "ohmstead", "serve"]
            process = subprocess.Popen(
                command, env={**others, **settings, **environment}, cwd=folder, stdout=log, stderr=log
            )
            try:
                one = Running(f"http://127.0.0.1:{ports[0]}", key, f"ws://127.0.0.1:{ports[1]}/ocpp")
                _await(one, process, Path(folder) / "log")
                yield one
            finally:
                process.terminate()
                process.wait()


def _free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def _await(one: Running, process: subprocess.Popen[bytes], log: Path) -> None:
    """Wait until it is ready. Raises RuntimeError with its log when it never is."""
    until = runtime.monotonic() + STARTS_WITHIN_S
    with SyncClient(one.url, one.key, retries=0) as client:
        while process.poll() is None and runtime.monotonic() < until:
            with suppress(OhmsteadError):
                client.health.ready()
                return
            time.sleep(0.05)
    raise RuntimeError(f"Ohmstead did not start: {log.read_text()[-2000:]}")


@pytest.fixture(scope="session")
def ohmstead() -> Iterator[Running]:
    """One server for all tests of the run."""
    with running() as one:
        yield one


@pytest.fixture
def ohmstead_client(ohmstead: Running) -> Iterator[SyncClient]:
    """A client that may do everything."""
    with SyncClient(ohmstead.url, ohmstead.key) as client:
        yield client


@pytest.fixture
def simulated_station(ohmstead_client: SyncClient) -> Iterator[Callable[..., SimulatedStation]]:
    """`simulated_station("CS1", token="04A1", ...)`: a station that is connected; `token` is let in; no driver comes
    unless `drivers=True`. Other fields are those of `POST /test-bench/stations`. It is switched off after the test."""
    made: list[str] = []

    def start(identity: str, *, token: str | None = None, **fields: Any) -> SimulatedStation:
        if token is not None:
            try:
                ohmstead_client.tokens.show(token)
            except NotFound:
                ohmstead_client.tokens.create(token=token, type="ISO14443")
        fields.setdefault("drivers", False)
        one = ohmstead_client.test_bench.simulate_station(id=identity, **fields)
        made.append(one.id)
        until = runtime.monotonic() + STARTS_WITHIN_S
        while not ohmstead_client.stations.show(one.id).online:
            if runtime.monotonic() > until:
                raise RuntimeError(f"the simulated station {one.id} did not connect")
            time.sleep(0.05)
        return one

    yield start
    for identity in made:
        ohmstead_client.test_bench.stop_simulating(identity)
