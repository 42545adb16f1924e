"""The control of sites: a turn for each grid connection every cycle, and at once when something changed.

One process has the lease. A turn reads what is known, decides (domain/control.py), and writes orders, accounts, events
and alerts in one transaction; orders are commands like any other, so a restart finds all of it as it was. A limit that
changes a thousand times a minute is looked at as often as a turn takes: what came meanwhile is seen by the next one.
"""

from __future__ import annotations

import asyncio
import contextlib
from typing import Any

import msgspec

from ohmstead import runtime
from ohmstead.blocks.alerts import Board, board_of
from ohmstead.blocks.charging_reports import SITE_TOPIC
from ohmstead.domain.alerts import Cause
from ohmstead.domain.allocation import Key
from ohmstead.domain.control import Ordered, noted, regulate
from ohmstead.domain.profiles import SECOND, VOLTAGE
from ohmstead.domain.regulation import Account, Decision, Order, Reset, Rules, Told
from ohmstead.energy.sites import Snapshot, load_roots, snapshot
from ohmstead.settings import Settings
from ohmstead.store import commands, energy, leases
from ohmstead.store.db import Db, Event, Tx, encode
from ohmstead.store.ids import ROWS, Ids
from ohmstead.store.resources import audit
from ohmstead.store.resources.commands import cancel
from ohmstead.store.sessions import CHANGED_ELSEWHERE, STATION_TOPIC, load_state

LEASE = "energy"
LEASE_S = 15
REST = 0.1
"""Seconds between two turns, however often something rings."""
WATCH, CALM = 1.0, 4.0
"""Seconds between two turns while something is on its way, and at least so many times as long as a turn takes."""
METER_S = 10
"""Seconds for a station to tell what its meter shows."""
SAMPLE_EVERY = 60 * SECOND
EXPIRES_S = 60


class Control:
    """Keeps all sites inside their limits; `me` names this process."""

    def __init__(self, db: Db, settings: Settings, me: str) -> None:
        self._db, self._settings, self._me = db, settings, me
        self._rung: set[str] = set()
        self._bell = asyncio.Event()
        self._sampled: dict[int, int] = {}
        self._watched: dict[int, float] = {}
        """Grid connection -> when it is looked at again, because something is on its way."""
        self._ids = Ids(db, ROWS, 20)
        own = settings.energy
        self.rules = Rules(lapse_s=own.lapse, raise_every_s=own.raise_every, along_plan_s=own.along_plan)

    async def run(self) -> None:
        """Control for ever."""
        leave = self._db.bus.listen(SITE_TOPIC, self._hear)
        looked = -self._settings.energy.cycle
        try:
            while True:
                due = runtime.monotonic() - looked >= self._settings.energy.cycle
                if due:
                    looked = runtime.monotonic()
                try:
                    await self.look(every=due)
                except Exception as error:
                    runtime.log.warning("the control of sites waits", error=repr(error))
                await asyncio.sleep(REST)
                left = min([looked + self._settings.energy.cycle, *self._watched.values()]) - runtime.monotonic()
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(max(0.05, left)):
                        await self._bell.wait()
        finally:
            leave()
            with contextlib.suppress(Exception):
                await leases.release(self._db, LEASE, self._me)

    def _hear(self, key: str) -> None:
        self._rung.add(key)
        self._bell.set()

    async def look(self, *, every: bool = True) -> None:
        """A turn for each grid connection, or for those that rang."""
        rung, self._rung = self._rung, set()
        self._bell.clear()
        watched = {root for root, due in self._watched.items() if due <= runtime.monotonic()}
        self._watched = {root: due for root, due in self._watched.items() if root not in watched}
        if not self._settings.stations.makes("limits") or not (every or rung or watched):
            return
        roots = await load_roots(self._db)
        if not roots.trees:
            return
        now = runtime.now()
        if not await leases.take(self._db, LEASE, self._me, now, now + LEASE_S * SECOND):
            return
        wanted = {*watched, *(roots.of(int(one)) for one in rung)}
        for root in [one for one in roots.trees if every or one in wanted]:
            began = runtime.monotonic()
            try:
                decision = await self.turn(await snapshot(self._db, root, roots.trees[root], runtime.now()))
                if decision.watch:
                    took = runtime.monotonic() - began
                    self._watched[root] = runtime.monotonic() + max(WATCH, CALM * took)
            except Exception as error:
                runtime.log.exception("no turn for a site", site=root, error=repr(error))

    async def turn(self, found: Snapshot) -> Decision:
        """One turn of one grid connection."""
        now = runtime.now()
        ids = [one.command_id for evse in found.evses for one in evse.account.sent]
        answers = await energy.states_of(self._db, ids)
        decision = regulate(found.nodes, found.evses, answers, now, self.rules, found.safe_nodes)
        boards = await self._boards(found, decision, now)
        numbers = [await self._ids.take() for _ in decision.resets]
        accounts = dict(decision.accounts)
        async with self._db.transaction() as tx:
            for id in sorted(decision.cancels):
                if answers.get(id) == "queued":
                    await self._take_back(tx, found, decision, id, now)
            for board in boards:
                await self._tell_board(tx, board)
            for order in decision.orders:
                accounts[order.key] = await self._ask(tx, found, order, accounts[order.key], now)
            for key in decision.asks:
                await self._ask_meter(tx, found, key, now)
            for reset, number in zip(decision.resets, numbers, strict=True):
                await self._reset(tx, found, reset, number, now)
            await self._keep(tx, found, accounts, now)
            for told in decision.told:
                if told.kind.startswith("limit."):
                    tx.emit(_event(found.tenant_id, told, now))
            await self._sample(tx, found, decision, now)
        return decision

    async def _ask(self, tx: Tx, found: Snapshot, order: Order, account: Account, now: int) -> Account:
        identity, evse_id = order.key
        id = commands.new_id(now)
        await commands.add(
            tx, id=id, tenant_id=found.tenant_id, station_id=found.identities[identity], identity=identity,
            type="set_charging_profile", body=body_of(order, evse_id), now=now, expires_at=now + EXPIRES_S * SECOND,
        )  # fmt: skip
        return noted(account, Ordered(order, id), now)

    async def _ask_meter(self, tx: Tx, found: Snapshot, key: Key, now: int) -> None:
        """Let the station tell what its meter shows, whatever its intervals are."""
        message = "MeterValues" if found.versions[key[0]] == "1.6" else "TransactionEvent"
        body = {"type": "trigger", "message": message, "evse_id": key[1], "if_offline": "fail"}
        await commands.add(
            tx, id=commands.new_id(now), tenant_id=found.tenant_id, station_id=found.identities[key[0]],
            identity=key[0], type="trigger", body=encode({**body, "expires_in": METER_S}), now=now,
            expires_at=now + METER_S * SECOND,
        )  # fmt: skip

    async def _reset(self, tx: Tx, found: Snapshot, reset: Reset, number: int, now: int) -> None:
        """Reboot a station that obeys no limit, as its operator allows; `number` is that of the audit's line."""
        identity, evse_id = reset.key
        body = {"type": "reset", "when": reset.when, "if_offline": "fail", "expires_in": EXPIRES_S}
        await commands.add(
            tx, id=commands.new_id(now), tenant_id=found.tenant_id, station_id=found.identities[identity],
            identity=identity, type="reset", body=encode(body), now=now, expires_at=now + EXPIRES_S * SECOND,
        )  # fmt: skip
        told = {"when": reset.when, "why": f"EVSE {evse_id} obeys no limit"}
        await audit.add(tx, found.tenant_id, number, now, "control of sites", "command.create", identity, told)

    async def _take_back(self, tx: Tx, found: Snapshot, decision: Decision, id: str, now: int) -> None:
        identity = next(
            key[0] for key, account in decision.accounts.items() if any(one.command_id == id for one in account.sent)
        )
        row = {"id": id, "identity": identity, "type": "set_charging_profile"}
        await cancel(tx, found.tenant_id, row, now)

    async def _keep(self, tx: Tx, found: Snapshot, accounts: dict[Key, Account], now: int) -> None:
        """Store the accounts that changed."""
        for evse in found.evses:
            account = accounts[evse.key]
            if account != evse.account:
                place = (found.site_of[evse.station], evse.station, evse.key[1])
                await tx.execute_all([energy.account_put(found.tenant_id, *place, account, now)])

    async def _boards(self, found: Snapshot, decision: Decision, now: int) -> list[tuple[int, Board]]:
        """Alerts that begin and end: who obeys no limit."""
        boards: dict[int, Board] = {}
        for told in decision.told:
            if told.kind not in ("alarm", "calmed"):
                continue
            number = found.identities[told.key[0]]
            if number not in boards:
                boards[number] = await board_of(self._db, (await load_state(self._db, number)).station, now)
            subject = f"disobedient/{told.key[1]}"
            if told.kind == "alarm":
                await boards[number].raised(_cause(told, subject, now), self._ids.take)
            else:
                boards[number].cleared(subject, "csms")
        return list(boards.items())

    async def _tell_board(self, tx: Tx, board: tuple[int, Board]) -> None:
        number, learnt = board[0], board[1].learnt()
        await tx.execute(CHANGED_ELSEWHERE, station=number)
        await tx.execute_all(learnt.rows)
        for event in learnt.events:
            tx.emit(event)
        tx.ring(STATION_TOPIC, str(number))

    async def _sample(self, tx: Tx, found: Snapshot, decision: Decision, now: int) -> None:
        if now - self._sampled.get(found.root.id, 0) < SAMPLE_EVERY:
            return
        self._sampled[found.root.id] = now
        for site in found.sites:
            mine = [evse for evse in found.evses if found.site_of[evse.station] == site.id]
            measured = sum(evse.measured_w or 0.0 for evse in mine if evse.transaction_id is not None)
            rows: list[Any] = [
                [*evse.key, share.limit_a, evse.measured_w, share.code, share.text, evse.rating_a, evse.drawn_on]
                for evse in mine
                if (share := decision.plan.shares[evse.key]).code != "idle"
            ]
            limit, load, sources = found.limits[site.id], found.loads[site.id], found.sources.get(site.id)
            await tx.execute_all([energy.sampled(site, now, limit, measured, load, rows, sources)])


def body_of(order: Order, evse_id: int) -> str:
    """The command that puts an order to its station."""
    schedule: dict[str, Any] = {"unit": "A", "periods": [{"start_s": 0, "limit": round(order.limit_a, 1)}]}
    if order.setpoint_w is not None:  # Q03: a setpoint, and no limit
        period = {"start_s": 0, "operation_mode": "CentralSetpoint", "setpoint": order.setpoint_w}
        schedule = {"unit": "W", "periods": [period]}
    profile: dict[str, Any] = {"purpose": order.purpose, "schedules": [schedule]}
    if order.duration_s is not None:
        duration_s = order.duration_s
        if order.tail is not None:
            begin = order.tail.edges[0] - order.duration_s * SECOND
            schedule["periods"] += [
                {"start_s": (start - begin) // SECOND, "limit": round(amps, 1)} for start, _, amps in order.tail.steps()
            ]
            duration_s = (order.tail.end - begin) // SECOND
        if order.phase is not None:  # K01.FR.19
            schedule["periods"] = [
                {**one, "number_phases": 1, "phase_to_use": order.phase} for one in schedule["periods"]
            ]
        schedule["duration_s"] = duration_s
        # 2.1 lets an order end with the connection too
        profile |= {"max_offline_duration_s": duration_s, "invalid_after_offline_duration": True}
    if order.purpose == "TxProfile":
        profile["transaction_id"] = order.transaction_id
    where = 0 if order.purpose == "ChargingStationMaxProfile" else evse_id
    command = {"type": "set_charging_profile", "evse_id": where, "profile": profile, "if_offline": "fail"}
    command |= {name: True for name, value in (("on_top", order.on_top), ("sole", order.sole)) if value}
    if order.tail is not None:
        command["may_shorten"] = True
    return encode({**command, "expires_in": EXPIRES_S})


def _event(tenant_id: int, told: Told, now: int) -> Event:
    data = {
        "station_id": told.key[0], "evse_id": told.key[1], "limit_a": told.limit_a,
        "measured_a": None if told.measured_a is None else round(told.measured_a, 2),
        "limit_w": round(told.limit_a * VOLTAGE * 3), "at": runtime.rfc3339(now),
    }  # fmt: skip
    return Event(tenant_id, f"ohmstead.{told.kind}", told.key[0], now, msgspec.json.encode(data).decode())


def _cause(told: Told, subject: str, now: int) -> Cause:
    measured = "what it draws is not known" if told.measured_a is None else f"it draws {told.measured_a:.1f} A"
    text = f"EVSE {told.key[1]} obeys no limit, or its meter stands still: {told.limit_a:g} A ordered, {measured}."
    return Cause(subject=subject, source="csms", code="disobedient", severity=4, text=text, at=now,
                 detail={"evse_id": told.key[1], "limit_a": told.limit_a})  # fmt: skip
