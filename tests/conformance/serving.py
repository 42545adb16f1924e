"""An Ohmstead that is asked, and mutants of it: a proxy that spoils what it says, so that each case has something to
catch."""

from __future__ import annotations

import asyncio
import base64
import itertools
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from importlib import import_module
from typing import Any

from msgspec.structs import replace
from websockets.asyncio.client import connect
from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed, InvalidStatus

from ohmstead.conformance import Case, Operator, Setup, chosen, run
from ohmstead.conformance.operator import Driver
from ohmstead.conformance.rows import Row, Told
from ohmstead.conformance.verdicts import Result
from ohmstead.ocpp.versions import BY_SUBPROTOCOL, VERSIONS, Version
from ohmstead.simulator.connection import Endpoint
from tests.acceptance.serving import Csms

IDENTITY, PASSWORD = "CONFORM", "a-long-secret-word"
PATIENCE = 5.0
USES_UP = frozenset({"TC_B_02_CSMS"})
"""A station that is let in must be kept out anew; so must contracts be made anew."""
SHORT = 0.3
"""Seconds of patience where a mutant says nothing at all."""
Frame = list[Any]
_numbers = itertools.count(1)
Spoil = Callable[[Frame, str], Frame | None]
"""A frame of the CSMS, and the action it answers; what goes out in its place, None for nothing."""


def of(module: str) -> list[tuple[Case, Version]]:
    """The cases that a module of `conformance.cases` has, written out or as rows, in every version."""
    found = import_module(f"ohmstead.conformance.cases.{module}")
    tables = [table for table in vars(found).values() if isinstance(table, list)]
    rows = {row.id for table in tables for row in table if isinstance(row, Row | Told)}
    pairs = [(one, version) for version in VERSIONS for one in chosen(version)]
    return [(one, version) for one, version in pairs if one.play.__module__ == found.__name__ or one.id in rows]


def once(pairs: list[tuple[Case, Version]]) -> list[tuple[Case, Version]]:
    """Each case in one version: what it catches is the same in all."""
    return list({one.id: (one, version) for one, version in pairs}.values())


def named(value: Any) -> str:
    return value.id if isinstance(value, Case) else value.name


class Bench:
    """One CSMS, and how it is told to make calls. It is prepared once; again only for cases that use something up."""

    def __init__(self, csms: Csms, driver: Driver) -> None:
        self.csms, self._driver = csms, driver
        self._operator = Operator(driver)

    async def prepare(self) -> Bench:
        await self._operator.prepare(IDENTITY, PASSWORD)
        self._operator.driver = replace(self._driver, prepare=())
        return self

    async def close(self) -> None:
        await self._operator.close()

    async def play(
        self, one: Case, version: Version, *, url: str | None = None, patience: float = PATIENCE, **more: Any
    ) -> Result:
        endpoint = Endpoint(url or self.csms.url, IDENTITY, version, PASSWORD)
        again = one.id in USES_UP or one.play.__module__.endswith("iso15118")
        operator = Operator(self._driver) if again else self._operator
        operator.__dict__.pop("new", None)
        try:
            setup = Setup(**{"endpoint": endpoint, "operator": operator, "patience": patience, **more})
            return (await run(setup, [one])).cases[0]
        finally:
            if again:
                await operator.close()

    async def play_mutant(
        self, one: Case, version: Version, spoil: Spoil, *, quiet: bool = False, **door: Any
    ) -> Result:
        """`quiet`: it leaves the case waiting, as some do always."""
        quiet = quiet or spoil in (mute, silent) or door.get("everybody", False) or "hears" in door
        patience = SHORT if quiet else PATIENCE
        async with proxy(self.csms.url, spoil, **door) as url:
            return await self.play(one, version, url=url, patience=patience)


# ---------------------------------------------------------------------- mutants


@asynccontextmanager
async def proxy(
    upstream: str, spoil: Spoil, *, everybody: bool = False, any_offer: bool = False, hears: Callable[[str], str] = str
) -> AsyncIterator[str]:
    """A CSMS that spoils its frames; one that lets everybody in as the right station; one that takes any offer; one
    that hears something else than the station says."""

    async def handle(station: ServerConnection) -> None:
        assert station.request is not None
        path = station.request.path.rpartition("/")[2]
        authorization = station.request.headers.get("Authorization")
        if everybody:
            path = IDENTITY
            authorization = "Basic " + base64.b64encode(f"{IDENTITY}:{PASSWORD}".encode()).decode()
        offered = station.subprotocol if station.subprotocol in BY_SUBPROTOCOL else "ocpp2.0.1"
        headers = {} if authorization is None else {"Authorization": authorization}
        try:
            async with connect(f"{upstream}/{path}", subprotocols=[offered], additional_headers=headers) as csms:  # type: ignore[list-item]
                await _between(station, csms, spoil, hears)
        except InvalidStatus:
            await station.close(1008)

    def select(_: ServerConnection, offers: Any) -> Any:
        return offers[0] if any_offer else next((one for one in offers if one in BY_SUBPROTOCOL), None)

    async with serve(handle, "127.0.0.1", 0, select_subprotocol=select, max_size=None) as server:
        yield f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}/ocpp"


async def _between(station: Any, csms: Any, spoil: Spoil, hears: Callable[[str], str] = str) -> None:
    actions: dict[str, str] = {}

    async def up() -> None:
        async for text in station:
            with suppress(ValueError, LookupError, TypeError, RecursionError):
                frame = json.loads(text)
                if frame[0] == 2:
                    actions[frame[1]] = frame[2]
            await csms.send(hears(text))
        await csms.close()

    async def down() -> None:
        async for text in csms:
            frame = json.loads(text)
            spoilt = spoil(frame, actions.get(frame[1], ""))
            if spoilt is not None:
                await station.send(json.dumps(spoilt))
        await station.close()

    with suppress(ConnectionClosed):
        await asyncio.gather(up(), down())


def bogus(frame: Frame, action: str) -> Frame:
    """Answers say something that no schema knows, apart from a boot's."""
    return [3, frame[1], {"bogus": True}] if frame[0] == 3 and action != "BootNotification" else frame


def late_boot(frame: Frame, action: str) -> Frame:
    """A boot is accepted without an interval."""
    return [3, frame[1], frame[2] | {"interval": 0}] if frame[0] == 3 and action == "BootNotification" else frame


def other(frame: Frame, action: str) -> Frame:
    """Calls are not those that were asked for."""
    return [2, frame[1], frame[2], _changed(frame[2], frame[3])] if frame[0] == 2 else frame


def _changed(action: str, payload: Any) -> Any:
    if not payload:
        return {"customData": {}}
    name, value = next(iter(payload.items()))
    return {**payload, name: value + 1 if type(value) is int else [value] if isinstance(value, str) else None}


def turned(frame: Frame, action: str) -> Frame:
    """What is accepted is refused, and the other way round."""
    if frame[0] != 3 or action == "BootNotification":
        return frame
    payload = json.loads(json.dumps(frame[2]))
    for name in ("idTokenInfo", "idTagInfo"):
        if name in payload:
            payload[name]["status"] = "Invalid" if payload[name]["status"] == "Accepted" else "Accepted"
    return [3, frame[1], payload]


def without_group(frame: Frame, action: str) -> Frame:
    """Nobody belongs to a group."""
    if frame[0] == 3 and "idTokenInfo" in frame[2]:
        return [3, frame[1], frame[2] | {"idTokenInfo": {"status": frame[2]["idTokenInfo"]["status"]}}]
    return frame


def vague(frame: Frame, action: str) -> Frame:
    """Every error has the same code."""
    return [4, frame[1], "InternalError", "", {}] if frame[0] == 4 else frame


def polite(frame: Frame, action: str) -> Frame:
    """Whatever is wrong is taken."""
    return [3, frame[1], {}] if frame[0] == 4 else frame


def talkative(frame: Frame, action: str) -> Frame:
    """An error is said about everything."""
    return [4, "-1", "InternalError", "x" * 300, {}] if frame[0] == 3 and action == "Heartbeat" else frame


def mute(frame: Frame, action: str) -> Frame | None:
    """It never makes a call."""
    return None if frame[0] == 2 else frame


def silent(frame: Frame, action: str) -> Frame | None:
    """It answers nothing but boots."""
    return frame if frame[0] == 2 or action == "BootNotification" else None


def renumbered(frame: Frame, action: str) -> Frame:
    """No answer is like another."""
    if frame[0] != 3 or action not in ("StartTransaction", "TransactionEvent"):
        return frame
    number = next(_numbers)
    more = {"transactionId": number} if action == "StartTransaction" else {"chargingPriority": number % 9}
    return [3, frame[1], frame[2] | more]


def untouched(frame: Frame, action: str) -> Frame:
    """Nothing is spoilt: the mutant is the door."""
    return frame
