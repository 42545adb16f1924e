"""What a process of Ohmstead takes from its machine: a lock on its folder, sockets, as many files as it may have."""

from __future__ import annotations

import contextlib
import fcntl
import os
import resource
import socket
from collections.abc import Callable, MutableMapping
from pathlib import Path
from typing import IO

from ohmstead import runtime, tracing
from ohmstead.bus.line import Line, NoNats
from ohmstead.bus.nats import NatsBus
from ohmstead.nats_settings import Nats
from ohmstead.settings import Settings
from ohmstead.store import schema


class CannotStart(Exception):
    """Why `serve` ends before it began; one line: what, where, why, what next."""


def process_name() -> str:
    """This process among all that share a database."""
    return f"{socket.gethostname()}-{os.getpid()}"


def lock(data_dir: Path) -> IO[str]:
    """One `serve` for each data folder: SQLite's sessions live in this process."""
    file = (data_dir / "serve.lock").open("w")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        file.close()
        raise CannotStart(
            f"Another ohmstead serves {data_dir} already; stop it, or use PostgreSQL for several processes."
        ) from None
    return file


_handed_over: dict[tuple[str, int], socket.socket] = {}


def take_sockets(environment: MutableMapping[str, str], settings: Settings, first: int = 3) -> None:
    """Take the listening sockets that systemd hands over (sd_listen_fds(3)); `bound` gives those whose address is asked
    for. They stay open when this process ends, so that who comes meanwhile waits. Raises CannotStart for a socket that
    no setting names: who came there would wait for ever."""
    if environment.pop("LISTEN_PID", "") != str(os.getpid()):
        return
    for number in range(first, first + int(environment.pop("LISTEN_FDS", "0"))):
        sock = socket.socket(fileno=number)
        sock.set_inheritable(False)
        host, port = sock.getsockname()[:2]
        if (host, port) not in _addresses(settings):
            sock.close()
            raise CannotStart(f"systemd listens on {host} port {port}, which no setting names; change one of the two.")
        _handed_over[host, port] = sock


def _addresses(settings: Settings) -> set[tuple[str, int]]:
    door = settings.gateway
    asked = [door.bind, door.tls_bind, door.tls_basic_bind, door.tls_legacy_bind, settings.api.bind]
    asked += [settings.health.bind, settings.files.bind, settings.acme.http_bind]
    return {_host_and_port(bind) for bind in asked if bind}


def _host_and_port(bind: str) -> tuple[str, int]:
    host, _, port = bind.rpartition(":")
    return host.strip("[]") or "0.0.0.0", int(port)


def bound(bind: str, *, shared: bool = False) -> socket.socket:
    """A bound TCP socket for HOST:PORT, that of systemd where it handed one over; port 0 takes a free one. Other
    processes of the same user may listen there too when all ask for a `shared` one: the kernel gives each of them its
    part of the connections."""
    host, port = _host_and_port(bind)
    if (host, port) in _handed_over:
        return _handed_over[host, port].dup()
    # With the protocol named, asyncio sends what connections say at once; else answers wait 40 ms for an ACK (Nagle).
    sock = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if shared:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    try:
        sock.bind((host, port))
    except OSError as error:
        sock.close()
        raise CannotStart(f"Cannot listen on {bind}: {error.strerror}; choose another address.") from error
    sock.setblocking(False)
    return sock


def nats_bus(settings: Settings) -> NatsBus:
    """The bus of `bus_url`. Raises CannotStart where it cannot be used at all; servers that are away do not matter."""
    return NatsBus(_line("bus_url", settings.bus_url, settings.nats))


def nats_line(settings: Settings) -> Line:
    """The way on which the feed is published. Raises CannotStart as above."""
    return _line("events.nats", settings.events.nats, settings.nats)


def _line(key: str, urls: str, nats: Nats) -> Line:
    try:
        return Line(urls, nats, process_name())
    except (NoNats, OSError, ValueError) as error:
        raise CannotStart(f"{key}: {error}.") from None


def traced(settings: Settings) -> Callable[[], None]:
    """Make spans from now on, where the settings want them; the returned function ends that. Raises CannotStart."""
    if settings.tracing.endpoint:
        try:
            tracing.start(settings.tracing, process_name(), settings.role)
        except tracing.NoTracing as error:
            raise CannotStart(f"{error}.") from None
    return tracing.stop


async def postgres_lacks(url: str) -> str | None:
    """Why PostgreSQL cannot be used yet; None when it can."""
    try:
        found = await schema.revision(url)
    except Exception as error:
        return f"PostgreSQL does not answer: {error}"
    if found is not None and not schema.is_known(found):
        runtime.log.info("the schema is of a later release; it only adds to what this one knows", revision=found)
    elif found != schema.newest():
        return f"the schema is at revision {found or 'none'}, this release needs {schema.newest()}: ohmstead db upgrade"
    return None


def allow_many_sockets() -> None:
    """Let this process have as many files as it may: many systems begin with 1,024, and each station is one."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != hard:
        with contextlib.suppress(OSError, ValueError):  # macOS has a lower limit than it says
            resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
