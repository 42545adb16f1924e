"""3. Security, profile 1 (S01-S05): Basic authentication."""

from __future__ import annotations

import base64
from typing import Any

import pytest
import websockets

from tests.acceptance.serving import PASSWORD, SUBPROTOCOLS, Csms, Station

pytestmark = pytest.mark.anyio


def connecting(csms: Csms, path: str, authorization: bytes | str | None, version: str = "2.0.1") -> Any:
    """`authorization` is user:password, or as text the whole header."""
    if isinstance(authorization, bytes):
        authorization = f"Basic {base64.b64encode(authorization).decode()}"
    return websockets.connect(
        f"{csms.url}/{path}",
        subprotocols=[websockets.Subprotocol(SUBPROTOCOLS[version])],
        additional_headers={} if authorization is None else {"Authorization": authorization},
        proxy=None,
    )


async def refusal(csms: Csms, path: str, authorization: bytes | str | None) -> str:
    """How `GET /refusals` names a connection that was refused with 401."""
    with pytest.raises(websockets.InvalidStatus) as refused:
        async with connecting(csms, path, authorization):
            pass
    assert refused.value.response.status_code == 401
    assert refused.value.response.headers["WWW-Authenticate"].startswith("Basic ")
    assert b"Unauthorized" in (refused.value.response.body or b"")  # and no more than that
    page = await csms.until(
        lambda: csms.get("refusals"), lambda page: page["data"] and page["data"][0]["station_id"] == path
    )
    word: str = page["data"][0]["code"]
    return word


async def test_S01_the_right_password(csms: Csms, known: str) -> None:
    async with connecting(csms, known, f"{known}:{PASSWORD}".encode()) as socket:
        assert (await Station(socket).boot())["status"] == "Accepted"
    shown = await csms.get(f"stations/{known}")
    assert (shown["security_profile"], shown["security_profile_name"]) == (1, "basic")


async def test_S02_the_identity_of_another(csms: Csms, known: str) -> None:
    await csms.add_station(f"{known}-other")
    assert await refusal(csms, known, f"{known}-other:{PASSWORD}".encode()) == "wrong_user"


async def test_S03_a_wrong_password(csms: Csms, known: str) -> None:
    assert await refusal(csms, known, f"{known}:wrong-password".encode()) == "wrong_password"


@pytest.mark.parametrize(
    ("header", "code"),
    [
        (None, "no_credentials"),
        ("", "no_credentials"),
        ("Bearer abc", "no_credentials"),
        ("Basic", "bad_credentials"),
        ("Basic !!!", "bad_credentials"),
        (b"no colon", "bad_credentials"),
        (b":", "wrong_user"),
    ],
)
async def test_S03_no_password(csms: Csms, known: str, header: bytes | str | None, code: str) -> None:
    assert await refusal(csms, known, header) == code


async def test_S04_a_password_with_colons_and_umlauts(csms: Csms, known: str) -> None:
    password = "Grüße:aus:Zürich:⚡"
    await csms.patch(f"stations/{known}", {"password": password})
    async with connecting(csms, known, f"{known}:{password}".encode()) as socket:
        assert (await Station(socket).boot())["status"] == "Accepted"
    assert await refusal(csms, known, f"{known}:Grüße".encode()) == "wrong_password"


@pytest.mark.parametrize("spelling", [str.lower, str.upper])
async def test_S05_the_key_of_16_is_sent_as_bytes(csms: Csms, known: str, spelling: Any) -> None:
    key = bytes(range(20))
    await csms.patch(f"stations/{known}", {"password": spelling(key.hex())})
    async with connecting(csms, known, known.encode() + b":" + key, "1.6") as socket:
        assert (await Station(socket).boot())["status"] == "Accepted"
    # some send the text; a 2.x station always does
    async with connecting(csms, known, f"{known}:{spelling(key.hex())}".encode(), "1.6") as socket:
        await Station(socket).boot()
    with pytest.raises(websockets.InvalidStatus):
        async with connecting(csms, known, known.encode() + b":" + key, "2.0.1"):
            pass


async def test_a_new_password_ends_the_connection(csms: Csms, known: str) -> None:
    async with csms.station(known) as station:
        await csms.patch(f"stations/{known}", {"password": "another-password"})
        await station.socket.wait_closed()
        assert station.socket.close_code == 1008
    assert await refusal(csms, known, f"{known}:{PASSWORD}".encode()) == "wrong_password"


async def test_an_archived_station_is_put_out_and_kept_out(csms: Csms, known: str) -> None:
    async with csms.station(known) as station:
        assert (await csms.api.delete(f"stations/{known}")).status_code == 204
        await station.socket.wait_closed()
        assert station.socket.close_code == 1008
    assert await refusal(csms, known, f"{known}:{PASSWORD}".encode()) == "unknown_station"


async def test_a_raised_profile_shuts_the_plain_port(csms: Csms, known: str) -> None:
    """A05.FR.07, where the profile was set by hand."""
    async with csms.station(known) as station:
        await csms.patch(f"stations/{known}", {"security_profile": 2})
        await station.socket.wait_closed()
        assert station.socket.close_code == 1008
    with pytest.raises(websockets.InvalidStatus) as refused:
        async with connecting(csms, known, f"{known}:{PASSWORD}".encode()):
            pass
    assert refused.value.response.status_code == 403


async def test_S22_a_profile_is_not_lowered_in_passing(csms: Csms, known: str) -> None:
    """A00.FR.005: what is expected of a station goes down only when that is meant."""
    await csms.patch(f"stations/{known}", {"security_profile": 2})
    answer = await csms.api.patch(f"stations/{known}", json={"security_profile": 1})
    assert answer.status_code == 409
    assert "force" in answer.json()["detail"]
    assert (await csms.get(f"stations/{known}"))["security_profile"] == 2
