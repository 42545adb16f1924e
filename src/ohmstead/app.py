"""The only file that knows everything: settings -> database, bus, gateway, API, jobs.

Start in the order of need, stop in the other: sockets drain first, the API last, so that an operator can watch.
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import socket
from pathlib import Path
from typing import TYPE_CHECKING

from ohmstead import blocks, jobs, runtime, vendors
from ohmstead.api import admin_key
from ohmstead.api.app import create_site
from ohmstead.api.challenge_door import ChallengeDoor
from ohmstead.api.context import Context
from ohmstead.api.file_door import FileDoor
from ohmstead.api.httpd import Httpd
from ohmstead.api.pages import Pages
from ohmstead.blocks import Numbers
from ohmstead.bus import Bus
from ohmstead.bus.local import LocalBus
from ohmstead.bus.postgres import PostgresBus
from ohmstead.energy.control import Control
from ohmstead.energy.planner import Planner
from ohmstead.gateway.admission import Admission
from ohmstead.gateway.doors import PLAIN, TLS_LEGACY, WITH_TLS, binds, listener
from ohmstead.gateway.hub import Hub
from ohmstead.gateway.listener import Listener
from ohmstead.gateway.metrics import publish
from ohmstead.gateway.node import Node
from ohmstead.gateway.presence import Presence
from ohmstead.gateway.trusted import Trusted
from ohmstead.keyfiles import server_key
from ohmstead.ocpp.signing import SigningKey
from ohmstead.outbound.mirrors import open_mirrors
from ohmstead.outbound.outgoing import outgoing
from ohmstead.pki.external.line import UnusableIssuer
from ohmstead.pki.external.opening import close_issuers, open_issuers
from ohmstead.pki.inquiry import Inquiry
from ohmstead.pki.issuer import Issuers
from ohmstead.pki.local_ca import BrokenCa, LocalCa, open_ca
from ohmstead.pki.opening import Uncertified, open_certificates
from ohmstead.pki.revocation import authorities
from ohmstead.pki.server_certificates import ServerCertificates, server_names
from ohmstead.pki.signing_key import open_signing_key
from ohmstead.plugcharge.opening import PlugAndCharge, open_for_vehicles, open_plug_and_charge
from ohmstead.process import CannotStart, bound, lock, nats_bus, nats_line, postgres_lacks, process_name, traced
from ohmstead.settings import Settings
from ohmstead.shapes.tables import BadFile
from ohmstead.store import ids, schema
from ohmstead.store.db import DatabaseGone, Db
from ohmstead.store.fleet import forget_connections, leave
from ohmstead.store.lazy import Lazy
from ohmstead.store.postgres import LANES, Postgres
from ohmstead.store.sessions import Passwords
from ohmstead.store.sqlite import Sqlite
from ohmstead.store.writer import Writer
from ohmstead.testbench import Workbench

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

GATEWAY_ROLES = frozenset({"all", "gateway"})
API_ROLES = frozenset({"all", "api"})
WORKER_ROLES = frozenset({"all", "worker"})
COLLECT_AFTER = (20_000, 20, 50)
"""Thresholds of the garbage collector: messages make many objects and no cycles; Python's own 700 is too often."""
LOOK_AGAIN = 2.0
"""Seconds between two looks whether PostgreSQL can be used."""
DRAIN, LAST_COMMIT = 30.0, 10.0
"""Seconds that a stop gives sockets to close (beyond what its rate takes), and writes that wait for a database in
trouble."""


class Server:
    """One process of Ohmstead. `start` returns when it serves."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.data_dir = Path(settings.data_dir)
        self.starting: list[str] = ["starting"]
        """Why this process cannot do its work yet; empty when it can."""
        self._opened = contextlib.AsyncExitStack()
        self._tasks: list[asyncio.Task[None]] = []
        self._has_database = False
        self.ca: LocalCa | None = None
        self.issuers: Issuers = {}
        self.certificates: ServerCertificates | None = None
        self.signing_key: SigningKey | None = None
        self.hub: Hub | None = None
        self.listeners: list[Listener] = []
        self.httpd: Httpd | None = None
        self.files: Httpd | None = None
        """Where files have an address of their own."""
        self.ports: dict[str, int] = {}
        """Those that stations connect to, by name (gateway/doors.py)."""
        self.bench = Workbench(settings, self.ports, self._api_port) if settings.test_bench.enabled else None

    @property
    def gateway_port(self) -> int:
        """The plain port; 0 when it is closed."""
        return self.ports.get(PLAIN, 0)

    def _api_port(self) -> int:
        return 0 if self.httpd is None else self.httpd.port

    @property
    def is_sqlite(self) -> bool:
        return self.settings.database_url.startswith(schema.SQLITE)

    async def start(self) -> None:
        """Open the ports. Raises CannotStart, and then leaves nothing behind."""
        self._opened.callback(traced(self.settings))
        try:
            await self._start()
        except BaseException:
            await self.stop()
            raise

    async def _start(self) -> None:
        self.data_dir.mkdir(parents=True, exist_ok=True)
        if self.is_sqlite:
            self._opened.callback(lock(self.data_dir).close)
            await schema.upgrade(self.settings.database_url)
        blocks.discover()
        try:
            self.catalogue = vendors.catalogue(self.settings.stations.vendor_files)
        except BadFile as error:
            raise CannotStart(str(error)) from None
        self.server_key = server_key(self.data_dir)
        self.bus, self.db = self._store()
        await self.bus.start()
        self._opened.push_async_callback(self.bus.close)
        self._opened.push_async_callback(self._close_database)
        if self.is_sqlite:
            await self._open_database()
        role = self.settings.role
        await self._open_pki()
        self.context = Context(
            self.settings, self.db, self.bus, self.server_key, self._not_ready,
            seen=self._seen, ca=self.ca, issuers=self.issuers, bench=self.bench, catalogue=self.catalogue,
        )  # fmt: skip
        if role in GATEWAY_ROLES:
            await self._certify()
        doors = self._doors() if role in GATEWAY_ROLES else {}
        bind = self.settings.api.bind if role in API_ROLES else self.settings.health.bind
        if bind:
            site = Pages(create_site(self.context), shown=role in API_ROLES, settings=self.settings.console)
            self.httpd = self._open_http(site, bind, self._close_api)
        if role in API_ROLES and self.settings.files.bind:
            self.files = self._open_http(FileDoor(self.context), self.settings.files.bind)
        if role in API_ROLES and self.settings.acme.http_bind:
            self._open_http(ChallengeDoor(self.context), self.settings.acme.http_bind)
        self._opened.push_async_callback(self._cancel_tasks)
        self.beginning = runtime.spawn(self._begin(doors), "begin")
        self._tasks.append(self.beginning)
        if self.is_sqlite:
            await self.beginning

    def _open_http(self, door: object, bind: str, stop: Callable[[Httpd], Awaitable[None]] = Httpd.stop) -> Httpd:
        made = Httpd(door, self._bound(bind))
        made.start()
        self._opened.push_async_callback(stop, made)
        return made

    async def _open_database(self) -> None:
        await self.db.start()
        self._has_database = True

    async def _close_database(self) -> None:
        if self._has_database:
            await self.db.close()

    async def _open_pki(self) -> None:
        await asyncio.to_thread(self._read_pki)
        self._opened.push_async_callback(close_issuers, self.issuers)

    def _read_pki(self) -> None:
        names = server_names(self.settings.gateway.public_name)
        folder, organization = self.data_dir / "pki", self.settings.pki.organization
        if self.settings.role == "worker" and not folder.exists():
            # it would make a CA of its own, and sign with what no station trusts
            runtime.log.warning("the embedded CA does not sign here: copy the folder of the API", folder=str(folder))
        else:
            try:
                lists = self.settings.crl_url if self.settings.pki.crl_in_certificates else ""
                self.ca = open_ca(folder, self.server_key, organization, names, lists)
                self.signing_key = open_signing_key(folder, self.server_key, self.ca, organization)
            except BrokenCa as error:
                raise CannotStart(str(error)) from None
        try:
            for_vehicles = None if self.ca is None else open_for_vehicles(self.settings, self.server_key)
            self.issuers = open_issuers(self.settings, self.ca, for_vehicles)
        except (UnusableIssuer, ValueError) as error:
            raise CannotStart(str(error)) from None

    async def _certify(self) -> None:
        """The certificates of the TLS ports. What is wrong with them ends the start: raises CannotStart."""
        open_ = binds(self.settings.gateway)
        if not open_.keys() & WITH_TLS:
            return
        assert self.ca is not None
        try:
            self.certificates = await asyncio.to_thread(
                open_certificates, self.settings, self.ca, self.db, self.server_key, legacy=TLS_LEGACY in open_
            )
        except Uncertified as error:
            raise CannotStart(str(error)) from None

    def _doors(self) -> dict[str, socket.socket]:
        """The sockets for stations, bound before anything begins, so that a port in use ends the start."""
        doors = {}
        for name, bind in binds(self.settings.gateway).items():
            doors[name] = door = self._bound(bind)
            self._opened.callback(door.close)
            self.ports[name] = door.getsockname()[1]
        return doors

    def _bound(self, bind: str) -> socket.socket:
        return bound(bind, shared=not self.is_sqlite)

    def _store(self) -> tuple[Bus, Db]:
        self.line = nats_line(self.settings) if self.settings.events.nats else None
        url, bus_url = self.settings.database_url, self.settings.bus_url
        bus: Bus = LocalBus() if bus_url == "local:" else PostgresBus(url)
        if bus_url.startswith(("nats:", "tls:")):
            bus = nats_bus(self.settings)
        if self.is_sqlite:
            return bus, Sqlite(Path(url.removeprefix(schema.SQLITE)), bus)
        return bus, Postgres(url, bus, process_name())

    async def _begin(self, doors: dict[str, socket.socket]) -> None:
        """Wait for a database that is up to date, then open the doors and start the jobs."""
        while not self._has_database:
            reason = await postgres_lacks(self.settings.database_url)
            if reason is None:
                try:
                    await self._open_database()
                except DatabaseGone as error:
                    reason = str(error)
            if reason is not None:
                self.starting[:] = [reason]
                runtime.log.warning("not ready", reason=reason)
                await asyncio.sleep(LOOK_AGAIN)
        role = self.settings.role
        if role in API_ROLES:
            await admin_key.ensure(self.context)
        if role in GATEWAY_ROLES:
            await self._open_gateway(doors)
        if role in WORKER_ROLES:
            await self._begin_jobs()
            for name, one in (("control of sites", Control), ("plans of sites", Planner)):
                self._tasks.append(runtime.spawn(one(self.db, self.settings, process_name()).run(), name))
            for name, work in outgoing(self.db, self.settings, self.server_key, self.line, process_name()):
                self._tasks.append(runtime.spawn(work, name))
        self.starting.clear()
        gc.collect()
        gc.freeze()
        gc.set_threshold(*COLLECT_AFTER)

    async def _begin_jobs(self) -> None:
        lead = None
        if not self.is_sqlite:
            lead = jobs.Lead(self.db, process_name())
            await lead.ask()
            self._tasks.append(runtime.spawn(lead.keep(), "lead"))
        work = jobs.all_jobs(self.db, self.settings, self.issuers, self.server_key)
        self._tasks += [runtime.spawn(jobs.run(job, lead), job.name) for job in work]

    async def _open_gateway(self, doors: dict[str, socket.socket]) -> None:
        trusted = await self._trusted() if doors.keys() & WITH_TLS else None
        node = await self._node()
        self.hub = Hub(node)
        self._opened.push_async_callback(self._close_gateway, node, self.hub)
        publish(node, self.hub, self.certificates)
        if not self.is_sqlite:
            presence = Presence(self.hub)
            await presence.show()
            self._tasks.append(runtime.spawn(presence.run(), "presence"))
        admission = Admission(node, self.hub, trusted)
        for name, door in doors.items():
            one = listener(name, admission, self.settings.gateway.max_message, trusted)
            self.listeners.append(one)
            self._tasks.append(runtime.spawn(one.serve(door), f"listener {name}"))
        self._tasks.append(runtime.spawn(self.hub.run(), "hub"))

    async def _trusted(self) -> Trusted:
        """What the TLS ports need; it stays fresh by itself."""
        assert self.ca is not None
        assert self.certificates is not None
        rsa_key_exchange, certificates = self.settings.gateway.tls_rsa_key_exchange, self.certificates
        await certificates.renew_if_due()  # what was kept before counts from the first handshake on
        trusted = Trusted(self.ca, certificates, self.db, rsa_key_exchange=rsa_key_exchange)
        await trusted.load()
        self._tasks.append(runtime.spawn(certificates.keep_fresh(), "server certificates"))
        self._tasks.append(runtime.spawn(trusted.keep(), "trust"))
        return trusted

    async def _node(self) -> Node:
        """What the sessions share, its writers running."""
        name = "local" if self.is_sqlite else process_name()
        await forget_connections(self.db, name)
        writers = tuple(Writer(self.db, lane) for lane in range(1 if self.is_sqlite else LANES))
        numbers = Numbers(
            frames=ids.Ids(self.db, ids.FRAMES, 10_000),
            transactions=ids.Ids(self.db, ids.TRANSACTIONS),
            transactions_16=ids.Ids(self.db, ids.TRANSACTIONS_16, 100),
            rows=ids.Ids(self.db, ids.ROWS, 100),
        )
        lazy = Lazy(self.db)
        lazy.start()
        for writer in writers:
            writer.start()
        passwords = Passwords(self.server_key)
        mirrors = open_mirrors(self.settings, self.db, lazy, numbers.rows, passwords, self.server_key)
        self._opened.push_async_callback(mirrors.close)
        self._tasks.append(runtime.spawn(mirrors.run(), "forwarding"))
        inquiry = Inquiry(self.settings.pki, self.db, authorities(self.ca, *self.issuers.values()))
        self._opened.push_async_callback(inquiry.close)
        return Node(
            name, self.settings, self.db, writers, lazy, numbers, passwords, self.signing_key,
            plug_and_charge=await self._plug_and_charge(), catalogue=self.catalogue,
            links=self.context.links, inquiry=inquiry, mirrors=mirrors,
            shown=tuple if self.certificates is None else self.certificates.chains,
        )  # fmt: skip

    async def _plug_and_charge(self) -> PlugAndCharge:
        try:
            opened = await asyncio.to_thread(open_plug_and_charge, self.settings, self.server_key, self.db)
        except ValueError as error:
            raise CannotStart(f"Plug & Charge cannot begin: {error}") from None
        self._opened.push_async_callback(opened.provider.close)
        return opened

    async def _not_ready(self) -> list[str]:
        reasons = list(self.starting)
        if not reasons and self.db.trouble is not None:
            reasons.append(f"the database does not take writes: {self.db.trouble}")
        return reasons

    def _seen(self, station_id: int) -> int | None:
        """When a station that is connected to this process last said anything."""
        session = None if self.hub is None else self.hub.current.get(station_id)
        return None if session is None else session.seen_at

    # ------------------------------------------------------------------ the end

    async def stop(self) -> None:
        """Drain the sockets, store what is queued, close: what was opened last ends first."""
        if self.bench is not None:
            await self.bench.close()
        await runtime.end(*self._tasks[:1])  # nothing more begins
        await self._opened.aclose()

    async def _close_gateway(self, node: Node, hub: Hub) -> None:
        rate = self.settings.gateway.drain_rate
        seconds = max((len(one.connections) for one in self.listeners), default=0) / rate
        await _within(DRAIN + seconds, _drain(self.listeners, rate))
        for one in self.listeners:
            one.close()
        await hub.close()
        for writer in node.writers:
            await _within(LAST_COMMIT, writer.close())
        await _within(LAST_COMMIT, node.lazy.close())
        if not self.is_sqlite:
            with contextlib.suppress(DatabaseGone):
                await leave(self.db, node.name)

    async def _cancel_tasks(self) -> None:
        await runtime.end(*self._tasks)

    async def _close_api(self, httpd: Httpd) -> None:
        self.context.closing.set()
        await httpd.stop()


async def _within(seconds: float, work: Awaitable[None]) -> None:
    """Wait for the end of something, but not for ever: a database in trouble must not hold up the end."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await work


async def _drain(listeners: list[Listener], rate: int) -> None:
    await asyncio.gather(*(one.drain(rate=rate) for one in listeners))
