"""A year of certificates in a few minutes: a fleet as frames in memory, with the real CA and a clock that we move.

Real are the database, the door's judgement, sessions, dispatch, the group commit, the CA and both jobs (renewals and
signing). The stations are plain and only know the wire: keys of their own, signing requests, TLS client certificates as
they would be shown. What is not there is sockets and waiting.
"""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from random import Random
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID
from sqlalchemy import select

from ohmstead import blocks, runtime
from ohmstead.blocks import Numbers
from ohmstead.blocks.renewal import renew_due
from ohmstead.blocks.signing import sign_waiting
from ohmstead.bus.local import LocalBus
from ohmstead.domain.certificates import DAY
from ohmstead.domain.renewal import HOUR, SILENCE
from ohmstead.gateway.admission import Admission
from ohmstead.gateway.handshake import Admitted, Request
from ohmstead.gateway.hub import Hub
from ohmstead.gateway.node import Node
from ohmstead.pki import csr
from ohmstead.pki.certificate import key_sha256
from ohmstead.pki.issuer import Issued, IssuerDown, Order
from ohmstead.pki.local_ca import LocalCa, open_ca
from ohmstead.pki.trust import Trust
from ohmstead.settings import Pki, Settings
from ohmstead.settings import Stations as StationSettings
from ohmstead.shapes.site import SiteNew
from ohmstead.store import ids, schema
from ohmstead.store import renewals as store
from ohmstead.store.lazy import Lazy
from ohmstead.store.resources import certificates, sites, stations
from ohmstead.store.sessions import Passwords
from ohmstead.store.sqlite import Sqlite
from ohmstead.store.statement import Statement
from ohmstead.store.tables import certificates as table
from ohmstead.store.tables import renewals
from ohmstead.store.tables.meta import DEFAULT_TENANT
from ohmstead.store.writer import Writer

ORGANIZATION = "Ohmstead"
VERSIONS = ("ocpp1.6", "ocpp2.0.1", "ocpp2.1")
BEHAVIOURS = ("keeps_old", "rejects_after_reboot", "slots_full", "wrong_cn", "no_answer")
PER_SITE, AT_ONCE = 5, 50
REPAIRED_AFTER = 3 * DAY
"""After which a technician has done what the reason said."""
TROUBLE = ("failed", "manual", "expired")
_c, _r = table.c, renewals.c
_CERTIFICATES = Statement(
    select(_c.station_id, _c.id, _c.state, _c.created_at, _c.not_after, _c.csr_sha256, _r.state, _r.reason, _c.seen_at)
    .select_from(table.outerjoin(renewals, _r.certificate_id == _c.id))
    .order_by(_c.id)
)
_IN_TROUBLE = Statement(select(_r.station_id).where(_r.state.in_(TROUBLE)))


@dataclass
class Plan:
    """What the year brings."""

    count: int
    sites: int = 40
    odd_percent: float = 10.0
    """Stations of each of the five behaviours, together so many percent."""
    hopeless_percent: float = 10.0
    """Of those: stations that no technician ever repairs."""
    away_percent: float = 5.0
    outages: int = 3
    restarts: int = 3
    days: int = 365
    roll_outs: tuple[int, ...] = (40, 150, 270)
    """Days of the past year around which the certificates were issued: a year later they end in heaps."""
    step: int = HOUR
    """Between two looks of the jobs."""
    visits: int = 6 * HOUR
    """Between two tries of those that were refused, and two visits of technicians."""
    seed: int = 1


class Moody:
    """The CA, with outages."""

    name = "embedded"

    def __init__(self, ca: LocalCa) -> None:
        self.ca, self.down, self.refused = ca, False, 0

    async def issue(self, order: Order) -> Issued:
        if self.down:
            self.refused += 1
            raise IssuerDown("no route to the CA")
        return await self.ca.issue(order)


@dataclass
class Box:
    """A charging station. What it holds are pairs of a key and a chain (PEM)."""

    world: World
    number: int
    identity: str
    site: int
    behaviour: str
    hopeless: bool
    held: tuple[Any, str] | None = None
    fresh: tuple[Any, str] | None = None
    """Accepted, and not used yet."""
    key: Any = None
    """Of the request that is under way."""
    session: Any = None
    away: bool = False
    refused: int = 0
    """Status of the last connection that failed; 0: none."""
    repaired: bool = False
    trouble_since: int | None = None
    rejected: int = 0
    asked: int = 0
    ending: bool = False
    _ids: Iterator[int] = field(default_factory=lambda: iter(range(1, 1 << 30)))

    @property
    def odd(self) -> str:
        return "" if self.repaired else self.behaviour

    # ---- the line

    async def connect(self) -> None:
        assert self.held is not None
        own, *above = x509.load_pem_x509_certificates(self.held[1].encode())
        der = [one.public_bytes(Encoding.DER) for one in (own, *above)]
        headers = {"sec-websocket-protocol": VERSIONS[self.number % 3]}
        request = Request(
            "GET", f"/ocpp/{self.identity}", headers, "127.0.0.1:1", certificate=der[0], tls=True, chain=tuple(der[1:])
        )
        answer = await self.world.admission.decide(request)
        if not isinstance(answer, Admitted):
            self.refused = answer.status
            return
        self.refused, self.ending = 0, False
        self.session = answer.receiver
        self.session.opened(self)
        self.call("BootNotification", self._boot())

    def _boot(self) -> dict[str, Any]:
        if self.number % 3 == 0:
            return {"chargePointModel": "M", "chargePointVendor": "V", "chargePointSerialNumber": self.identity}
        station = {"model": "M", "vendorName": "V", "serialNumber": self.identity}
        return {"reason": "PowerUp", "chargingStation": station}

    def leave(self) -> None:
        session, self.session = self.session, None
        if session is not None:
            session.closed(1006, "the line broke")

    def call(self, action: str, payload: Any) -> None:
        self._say([2, str(next(self._ids)), action, payload])

    def _say(self, message: Any) -> None:
        if self.session is not None:
            asyncio.get_running_loop().call_soon(self._text, self.session, json.dumps(message).encode())

    def _text(self, session: Any, frame: bytes) -> None:
        if self.session is session:
            session.text(frame)

    # ---- `Transport`, as the session sees it

    def send(self, frame: bytes) -> None:
        message = json.loads(frame)
        if message[0] == 2:
            self._called(message[1], message[2], message[3])

    def close(self, code: int, reason: str) -> None:
        if not self.ending:
            self.ending = True
            asyncio.get_running_loop().call_soon(self.leave)

    def abort(self) -> None:
        self.close(1006, "")

    def ping(self) -> None:
        if self.session is not None:
            self.session.pong()

    def pause_reading(self) -> None: ...

    def resume_reading(self) -> None: ...

    # ---- what it is told

    def _called(self, id: str, action: str, payload: dict[str, Any]) -> None:
        answer = {"status": "Accepted"}
        if action in ("TriggerMessage", "ExtendedTriggerMessage"):
            self.asked += 1
            if self.odd != "no_answer":
                asyncio.get_running_loop().call_soon(self._request)
        elif action == "CertificateSigned":
            answer = self._signed(payload)
        else:
            answer = {"status": "NotSupported"}
        self._say([3, id, answer])

    def _request(self) -> None:
        self.key = ec.generate_private_key(ec.SECP256R1())
        payload: dict[str, Any] = {"csr": self.world.request(self.key, self._name())}
        if self.number % 3:
            payload["certificateType"] = "ChargingStationCertificate"
        if self.number % 3 == 2:
            payload["requestId"] = self.asked
        self.call("SignCertificate", payload)

    def _name(self) -> str:
        return f"{self.identity}-WRONG" if self.odd == "wrong_cn" else self.identity

    def _signed(self, payload: dict[str, Any]) -> dict[str, Any]:
        rebooted = self.odd == "rejects_after_reboot" and not self.rejected
        if self.key is None or rebooted or self.odd == "slots_full":
            self.rejected += 1
            return {"status": "Rejected"}
        self.fresh, self.key = (self.key, payload["certificateChain"]), None
        if self.odd != "keeps_old":
            self.use_fresh()
        return {"status": "Accepted"}

    def use_fresh(self) -> None:
        """Connect anew with the new certificate."""
        if self.fresh is not None:
            self.held, self.fresh = self.fresh, None
            self.rejected = 0
            self.world.reconnect(self)


class World:
    """All of it; `living` makes one."""

    kind: type[Box] = Box

    def __init__(self, plan: Plan, folder: Path, db: Sqlite, ca: LocalCa, clock: runtime.FakeClock) -> None:
        self.plan, self.folder, self.db, self.ca, self.clock = plan, folder, db, ca, clock
        self.dice = Random(plan.seed)
        self.moody = Moody(ca)
        self.former_keys: frozenset[str] = frozenset()
        self.trusts, self.own_key = Trust([ca.root], [ca.issuing]), key_sha256(ca.issuing)
        self.settings = Settings(
            pki=Pki(organization=ORGANIZATION, renewals_at_once=AT_ONCE, renewals_at_once_per_site=PER_SITE),
            stations=StationSettings(unasked_calls=()),
        )
        self.boxes: list[Box] = []
        self.numbers = ids.Ids(db, ids.ROWS, 100)
        self.coming: set[int] = set()
        """Boxes that connect anew, by their place."""
        self.most_at_once = self.most_per_site = 0

    # ---- what stations need

    def of(self, tenant_id: int) -> Trust:
        """As `Trusted` of the gateway."""
        return self.trusts

    def request(self, key: Any, name: str) -> str:
        subject = x509.Name(
            [x509.NameAttribute(NameOID.COMMON_NAME, name), x509.NameAttribute(NameOID.ORGANIZATION_NAME, ORGANIZATION)]
        )
        made = x509.CertificateSigningRequestBuilder(subject).sign(key, hashes.SHA256())
        return made.public_bytes(Encoding.PEM).decode()

    def reconnect(self, box: Box) -> None:
        self.coming.add(box.number)

    # ---- our process

    async def begin(self) -> None:
        """Our process starts."""
        numbers = Numbers(
            *(ids.Ids(self.db, name) for name in (ids.FRAMES, ids.TRANSACTIONS, ids.TRANSACTIONS_16, ids.ROWS))
        )
        self.writer, lazy = Writer(self.db, 0), Lazy(self.db)
        self.node = Node("node", self.settings, self.db, (self.writer,), lazy, numbers, Passwords(b"k" * 32), None)
        self.writer.start()
        self.hub = Hub(self.node)
        self.admission = Admission(self.node, self.hub, self)  # type: ignore[arg-type]

    async def end(self) -> None:
        for box in self.boxes:
            box.leave()
        await self.hub.close()
        await self.writer.close()

    async def restart(self) -> None:
        """Our process dies anywhere in its work, and comes again; its stations come too."""
        work = runtime.spawn(self.work(), "work that is cut")
        for _ in range(self.dice.randrange(300)):
            await asyncio.sleep(0)
        await runtime.end(work)
        await self.end()
        await self.begin()
        for box in self.boxes:
            if not box.away:
                self.coming.add(box.number)
        await self.settle()

    async def settle(self) -> None:
        """Let everything happen that can happen now."""
        calm = 0
        while calm < 3:
            await asyncio.sleep(0)
            coming, self.coming = self.coming, set()
            for number in sorted(coming):
                box = self.boxes[number]
                box.leave()
                if not box.away:
                    await box.connect()
            if self.hub._tasks:
                await asyncio.wait(list(self.hub._tasks), timeout=5)
                calm = 0
            else:
                calm = 0 if coming else calm + 1

    async def work(self) -> None:
        """Both jobs, until nothing more follows from what they did."""
        asked = await renew_due(self.db, self.settings, self.numbers, runtime.now())
        if asked:
            busy = await store.in_flight(self.db, 0)
            self.most_at_once = max(self.most_at_once, sum(busy.values()))
            self.most_per_site = max(self.most_per_site, *busy.values())
        if asked or self.coming:
            await self.settle()
        issuers = {"charging_station": self.moody}
        if await sign_waiting(self.db, issuers, self.settings, self.numbers, runtime.now()):
            await self.settle()

    # ---- the fleet

    async def populate(self) -> None:
        """Stations with certificates of the past year, from three roll-outs: so their ends lie in heaps."""
        plan, beginning = self.plan, self.clock.at
        async with self.db.transaction() as tx:
            site_ids = [await _site(tx, n) for n in range(plan.sites)]
        for n in range(plan.count):
            odd = self.dice.random() * 100 < plan.odd_percent
            behaviour = BEHAVIOURS[n % len(BEHAVIOURS)] if odd else ""
            hopeless = odd and self.dice.random() * 100 < plan.hopeless_percent
            self.boxes.append(self.kind(self, n, f"CS{n:05d}", site_ids[n % plan.sites], behaviour, hopeless))
        issued = sorted((beginning - 365 * DAY + self._rolled_out(), box.number) for box in self.boxes)
        for at, number in issued:
            self.clock.at = at
            await self._register(self.boxes[number])
        self.clock.at = beginning
        self.coming = {box.number for box in self.boxes}
        await self.settle()

    def _rolled_out(self) -> int:
        """Microseconds into the past year."""
        day = self.dice.choice(self.plan.roll_outs) + self.dice.gauss(0, 12)
        return int(max(3.0, min(360.0, day)) * DAY)

    async def _register(self, box: Box) -> None:
        key = ec.generate_private_key(ec.SECP256R1())
        order = csr.order(self.request(key, box.identity), common_name=box.identity, organization=ORGANIZATION)
        issued, number, now = await self.ca.issue(order), await self.numbers.take(), runtime.now()
        async with self.db.transaction() as tx:
            assert await stations.add(
                tx, DEFAULT_TENANT, box.number + 1, now, identity=box.identity, registration="accepted",
                security_profile=3, certificate_cn="identity", site_id=box.site, serial_number=box.identity,
                allow_expired_certificate=60,
            )  # fmt: skip
            await certificates.add(
                tx, DEFAULT_TENANT, number, box.number + 1, issued.certificate, authority=issued.authority,
                chain=issued.chain, csr_sha256=order.sha256, issued_by="embedded", now=now,
            )  # fmt: skip
        box.held = (key, issued.chain)

    # ---- the year

    async def live(self) -> None:
        """Hour by hour."""
        plan, beginning = self.plan, self.clock.at
        away = self._absences(beginning)
        outages = self._spans(beginning, plan.outages, 2 * DAY)
        restarts = sorted(beginning + self.dice.randrange(plan.days) * DAY + 5 * HOUR for _ in range(plan.restarts))
        while self.clock.at < beginning + plan.days * DAY:
            self.clock.advance(plan.step / 1e6)
            now = self.clock.at
            self.moody.down = any(begin <= now < end for begin, end in outages)
            for number, (begin, end) in away.items():
                self._come_or_go(self.boxes[number], begin <= now < end)
            if restarts and now >= restarts[0]:
                restarts.pop(0)
                await self.restart()
            else:
                await self.work()
            if now % plan.visits < plan.step:
                await self.repair(now)
        self.moody.down = False
        for _ in range(2):  # who was just asked has answered, or was silent
            self.clock.advance(2 * SILENCE / 1e6)
            await self.work()

    def _absences(self, beginning: int) -> dict[int, tuple[int, int]]:
        """Some are offline for weeks."""
        count = round(self.plan.count * self.plan.away_percent / 100)
        found = {}
        for number in self.dice.sample(range(self.plan.count), count):
            begin = beginning + self.dice.randrange(max(1, self.plan.days - 20)) * DAY
            found[number] = (begin, begin + self.dice.randrange(14, 42) * DAY)
        return found

    def _spans(self, beginning: int, count: int, length: int) -> list[tuple[int, int]]:
        starts = [beginning + self.dice.randrange(self.plan.days) * DAY for _ in range(count)]
        return [(start, start + length) for start in starts]

    def _come_or_go(self, box: Box, away: bool) -> None:
        if away != box.away:
            box.away = away
            self.coming.add(box.number)

    async def repair(self, now: int) -> None:
        """Who was refused tries again; technicians do what the reasons say, three days after they were first said."""
        for (station_id,) in await self.db.fetch_many(_IN_TROUBLE):
            box = self.boxes[station_id - 1]
            if box.repaired or not box.behaviour or box.hopeless:
                continue
            box.trouble_since = box.trouble_since or now
            if now - box.trouble_since >= REPAIRED_AFTER:
                box.repaired = True
                box.use_fresh()
        self.coming |= {box.number for box in self.boxes if box.session is None and not box.away}
        await self.settle()

    async def _rows(self) -> list[Any]:
        return list(await self.db.fetch_many(_CERTIFICATES))

    # ---- what came of it

    async def expiries(self) -> dict[int, int]:
        """Week (from the beginning of the clock's year on) -> certificates in use that end in it."""
        rows = [row for row in await self._rows() if row[2] == "seen"]
        last = {row[0]: row[4] for row in rows}
        return dict(sorted(Counter((end - self.clock.at) // (7 * DAY) for end in last.values()).items()))

    async def account(self) -> dict[str, Any]:
        """Everything that must hold, and what was counted."""
        rows, now = await self._rows(), self.clock.at
        by_station: dict[int, list[Any]] = {}
        for row in rows:
            by_station.setdefault(row[0], []).append(row)
        requests = Counter(row[5] for row in rows)
        wrong = [f"{count} certificates of one request" for count in requests.values() if count > 1]
        listed = 0
        reasons: Counter[str] = Counter()
        for box in self.boxes:
            mine = by_station[box.number + 1]
            wrong += _twice(box, mine)
            current = max((row for row in mine if row[2] == "seen"), key=lambda row: row[4], default=None)
            if current is None:
                wrong.append(f"{box.identity}: no certificate is in use")
            elif current[4] < now or (box.refused and not box.away):
                listed += 1
                reasons[f"{current[6]}: {box.behaviour or 'ordinary'}"] += 1
                if current[6] not in TROUBLE and current[6] != "offline":
                    wrong.append(f"{box.identity}: ended, and no reason is given ({current[6]}, {current[7]})")
                if box.refused and not box.hopeless and not box.away:
                    wrong.append(f"{box.identity} ({box.behaviour}) is locked out: {current[7]}")
        if self.most_at_once > AT_ONCE or self.most_per_site > PER_SITE:
            wrong.append(f"{self.most_at_once} at once, {self.most_per_site} at a site")
        used = sum(row[8] is not None for row in rows)
        return {
            "stations": len(self.boxes), "renewed": used - len(self.boxes),
            "issued": len(rows) - len(self.boxes), "listed_with_a_reason": listed, "reasons": dict(reasons),
            "most_at_once": self.most_at_once, "most_at_once_at_a_site": self.most_per_site,
            "ca_refusals": self.moody.refused, "wrong": wrong,
        }  # fmt: skip


def _twice(box: Box, mine: list[Any]) -> list[str]:
    """Two certificates for one need: within 200 days, though the first was taken and used."""
    good = [row for row in mine if row[8] is not None]
    return [
        f"{box.identity}: issued again after {(later[3] - earlier[3]) // DAY} days"
        for earlier, later in pairwise(good)
        if later[3] - earlier[3] < 200 * DAY
    ]


async def _site(tx: Any, n: int) -> int:
    number = 500_000_000 + n
    await sites.add(tx, DEFAULT_TENANT, number, SiteNew(name=f"Site {n}"), runtime.now())
    return number


@asynccontextmanager
async def living(plan: Plan, folder: Path, world_of: type[World] | None = None) -> AsyncIterator[World]:
    """A fleet at the beginning of its year, in this empty folder."""
    blocks.discover()
    before, runtime.clock = runtime.clock, (clock := runtime.FakeClock())
    clock.at -= 400 * DAY
    path = folder / "ohmstead.db"
    await schema.upgrade(f"sqlite:///{path}")
    db = Sqlite(path, LocalBus())
    await db.start()
    try:
        ca = open_ca(folder / "pki", b"s" * 32, ORGANIZATION, ["localhost"])
        clock.at += 400 * DAY
        world = (world_of or World)(plan, folder, db, ca, clock)
        await world.begin()
        await world.populate()
        yield world
        await world.end()
    finally:
        runtime.clock = before
        await db.close()
