"""Who may come in, and in which version."""

from __future__ import annotations

import asyncio
from base64 import b64encode

from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidStatus
from websockets.typing import Subprotocol

from ohmstead.conformance.case import ALL, V2, Broken, NotApplicable, add, case, wanted
from ohmstead.conformance.talk import Talk
from ohmstead.ocpp.versions import V16
from ohmstead.simulator.connection import CannotConnect


def needs_password(talk: Talk) -> str:
    if not isinstance(talk.endpoint.password, str):
        raise NotApplicable("the station has no password: it uses a client certificate, or nothing")
    return talk.endpoint.password


async def right_password(talk: Talk) -> None:
    needs_password(talk)
    await talk.boots()
    await talk.alive()


add("TC_A_01_CSMS", "Basic authentication: the right password", "A00.FR.204 B01.FR.02", V2, right_password)
add("TC_085_CSMS", "Basic authentication: the right password", "A00.FR.204", (V16,), right_password)


@case("TC_A_03_CSMS", "Basic authentication: a wrong password, and none", "A00.FR.204", ALL)
async def wrong_password(talk: Talk) -> None:
    password = needs_password(talk)
    await talk.refused(401, password=f"{password}x"[1:])
    await talk.refused(401, password=None)
    await talk.boots()


@case("TC_A_02_CSMS", "Basic authentication: the user name is not the identity", "A00.FR.204 A00.FR.207", ALL)
async def wrong_user(talk: Talk) -> None:
    password = needs_password(talk)
    endpoint = talk.endpoint
    user = b64encode(f"{endpoint.identity}X:{password}".encode()).decode()
    if await _offer(talk, [endpoint.version.subprotocol], user) is not None:
        raise Broken("the CSMS let the station in under the name of another")


async def _offer(talk: Talk, subprotocols: list[str], user: str | None = None) -> str | None:
    """The subprotocol that the CSMS chooses; "" when it chooses none, None when it does not let the station in."""
    endpoint = talk.endpoint
    if user is None and isinstance(endpoint.password, str):
        user = b64encode(f"{endpoint.identity}:{endpoint.password}".encode()).decode()
    try:
        async with connect(
            f"{endpoint.url.rstrip('/')}/{endpoint.identity}",
            subprotocols=[Subprotocol(name) for name in subprotocols],
            additional_headers={} if user is None else {"Authorization": f"Basic {user}"},
            ssl=endpoint.tls,
            proxy=None,
            open_timeout=talk.patience,
        ) as socket:
            if socket.subprotocol is not None:
                return socket.subprotocol
            try:
                async with asyncio.timeout(talk.patience):
                    await socket.recv()
            except ConnectionClosed:
                return None
            return ""
    except InvalidStatus:
        return None
    except (InvalidHandshake, OSError, TimeoutError) as error:
        raise CannotConnect(str(error)) from None


async def negotiation(talk: Talk) -> None:
    """OCPP-J 3.1.2: of what is offered the CSMS takes what it can speak; of nothing that it can speak, nothing."""
    own = talk.version.subprotocol
    wanted(await _offer(talk, [own]) == own, f"offered {own} alone, the CSMS must choose it")
    chose = await _offer(talk, ["ocpp0.1", own])
    wanted(chose == own, f"offered ocpp0.1 and {own}, the CSMS chose {chose or 'nothing'}")
    chose = await _offer(talk, ["ocpp0.1"])
    wanted(chose is None, f"offered ocpp0.1 alone, the CSMS chose {chose or 'nothing'} and kept the line")


add("TC_B_58_CSMS", "WebSocket subprotocol validation", "OCPP-J.3.1.2", V2, negotiation)
add("TC_088_CSMS", "WebSocket subprotocol negotiation", "OCPP-J.3.1.2", (V16,), negotiation)


@case("OHM_T13", "A wrong password does not disturb the station that is online", "A00.FR.207", ALL)
async def undisturbed(talk: Talk) -> None:
    password = needs_password(talk)
    await talk.boots()
    other = Talk(talk.endpoint, None, {}, talk.patience)
    await other.refused(401, password=f"{password}x"[1:])
    await talk.alive()


@case("OHM_T14", "A station that comes back needs no BootNotification", "OCPP-J.5.4", ALL)
async def comes_back(talk: Talk) -> None:
    await talk.boots()
    await talk.connect()
    await talk.alive()


@case("OHM_T07", "An unknown station is not let in", "OCPP-J.3.3", ALL)
async def unknown(talk: Talk) -> None:
    await talk.refused(None, identity=f"{talk.endpoint.identity}-unknown-7f3a")
