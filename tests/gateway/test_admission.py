"""Who may come in: the order of the checks, the status of each, and what is kept of a refusal."""

from __future__ import annotations

import base64
import json
from collections.abc import AsyncIterator
from typing import Any

import pytest

from ohmstead.gateway.admission import Admission
from ohmstead.gateway.handshake import Admitted, Refused, Request
from ohmstead.gateway.session import Session
from ohmstead.store import newcomers
from ohmstead.store.db import DatabaseGone, Db
from ohmstead.store.resources import oddities
from tests.playbook import TENANT, Playbook, playing

pytestmark = pytest.mark.anyio

PASSWORD = b"secret-password-1"


class Gate:
    """Admission of one playbook, asked as the listener would."""

    def __init__(self, book: Playbook) -> None:
        self.book = book
        self.admission = Admission(book.node, book.hub)

    async def add(self, identity: str = "CS1", password: bytes = PASSWORD, **fields: Any) -> None:
        hashed = self.book.node.passwords.hash(identity, password)
        await self.book.add_station(identity, password_hash=hashed, **fields)

    async def ask(
        self,
        path: str = "/ocpp/CS1",
        user: bytes | None = b"CS1:" + PASSWORD,
        offer: str | None = "ocpp2.0.1",
        **more: Any,
    ) -> Admitted | Refused:
        headers = {} if offer is None else {"sec-websocket-protocol": offer}
        if user is not None:
            headers["authorization"] = "Basic " + base64.b64encode(user).decode()
        request = Request("GET", path, headers, "192.0.2.1:5000", listener="plain", **more)
        answer = await self.admission.decide(request)
        if isinstance(answer, Refused):
            self.admission.refused(request, request.peer, answer.status, answer.reason)
        return answer

    async def refusal(self, **request: Any) -> tuple[int, str]:
        """Status, and the code under which it is kept, once."""
        before = len(await self.kept())
        answer = await self.ask(**request)
        assert isinstance(answer, Refused)
        kept = await self.kept()
        assert len(kept) == before + 1
        assert kept[0]["status"] == answer.status
        return answer.status, kept[0]["code"]

    async def kept(self) -> list[dict[str, Any]]:
        """What people can read of refusals, newest first."""
        await self.book.quiet()
        return (await oddities.refusals_page(self.book.db, TENANT, None, limit=100, cursor=None)).rows


@pytest.fixture
async def gate(book: Playbook) -> Gate:
    one = Gate(book)
    await one.add()
    return one


async def test_who_is_let_in(gate: Gate) -> None:
    answer = await gate.ask()
    assert isinstance(answer, Admitted)
    assert answer.subprotocol == "ocpp2.0.1"
    assert isinstance(answer.receiver, Session)
    assert answer.receiver.identity == "CS1"
    assert await gate.kept() == []


@pytest.mark.parametrize(
    ("path", "admitted"),
    [
        ("/ocpp/CS1", True),
        ("/ocpp/1.6/CS1", True),
        ("/ocpp/ocpp2.0.1/CS1", True),
        ("/ocpp/CS1/", False),
        ("/ocpp//CS1", False),
        ("/ocpp/CS1?token=1", True),
        ("/ocpp/%43S1", True),
        ("/ocpp/cs1", False),
        ("/CS1", False),
        ("/ocpp", False),
        ("/ocpp/", False),
        ("/ocpp/1.6", False),
        ("/ocpp/CS1/extra", False),
        ("/ocpp/CS%3A1", False),
        ("/ocpp/..", False),
        ("/ocpp/%2e%2e", False),
        ("/ocpp/a%2Fb", False),
        ("/ocpp/%00", False),
        ("/ocpp/%ff", False),
        ("/ocpp/" + "A" * 49, False),
    ],
)
async def test_paths(gate: Gate, path: str, admitted: bool) -> None:
    answer = await gate.ask(path)
    assert isinstance(answer, Admitted) == admitted
    if isinstance(answer, Refused):
        assert answer.status == (401 if path == "/ocpp/cs1" else 404)


@pytest.mark.parametrize(
    ("request_", "status", "code"),
    [
        ({"path": "/ocpp/NOBODY", "user": b"NOBODY:" + PASSWORD}, 401, "unknown_station"),
        ({"user": None}, 401, "no_credentials"),
        ({"user": b"CS1"}, 401, "bad_credentials"),
        ({"user": b"CS2:" + PASSWORD}, 401, "wrong_user"),
        ({"user": b"cs1:" + PASSWORD}, 401, "wrong_user"),
        ({"user": b"CS1:"}, 401, "wrong_password"),
        ({"user": b"CS1:" + PASSWORD + b"x"}, 401, "wrong_password"),
        ({"tls": True}, 403, "transport"),
        ({"offer": None}, 400, "subprotocol"),
        ({"offer": "ocpp0.1"}, 400, "subprotocol"),
        ({"offer": "ocpp2.0"}, 400, "subprotocol"),
    ],
)
async def test_refusals(gate: Gate, request_: dict[str, Any], status: int, code: str) -> None:
    assert await gate.refusal(**request_) == (status, code)


async def test_what_a_stranger_is_told(gate: Gate) -> None:
    unknown = await gate.ask("/ocpp/NOBODY")
    wrong = await gate.ask(user=b"CS1:wrong")
    assert isinstance(unknown, Refused)
    assert unknown == wrong
    assert unknown.headers["WWW-Authenticate"].startswith("Basic ")
    reasons = [row["reason"] for row in await gate.kept()]
    assert reasons[0] == "The password is wrong."
    assert "POST /stations" in reasons[1]
    assert all("wrong" not in str(row["target"]) for row in await gate.kept())


async def test_withdrawn_versions_are_explained(gate: Gate) -> None:
    answer = await gate.ask(offer="ocpp2.0, ocpp1.5")
    assert isinstance(answer, Refused)
    assert "use ocpp2.0.1; OCPP 1.5 is SOAP" in answer.reason


async def test_an_archived_station(gate: Gate) -> None:
    await gate.book.change_station(archived_at=1)
    assert await gate.refusal() == (401, "unknown_station")
    assert "was archived" in (await gate.kept())[0]["reason"]


@pytest.mark.parametrize(
    ("profile", "tls", "status", "code"),
    [
        (0, False, 403, "profile"),
        (2, False, 403, "transport"),
        (3, False, 403, "transport"),
        (3, True, 403, "no_certificate"),
    ],
)
async def test_profiles(gate: Gate, profile: int, tls: bool, status: int, code: str) -> None:
    await gate.book.change_station(security_profile=profile)
    assert await gate.refusal(tls=tls) == (status, code)


async def test_profile_2_over_tls(gate: Gate) -> None:
    await gate.book.change_station(security_profile=2)
    assert isinstance(await gate.ask(tls=True), Admitted)
    assert await gate.refusal(tls=True, user=b"CS1:wrong") == (401, "wrong_password")


async def test_profile_0_where_it_is_allowed(sqlite_db: Db) -> None:
    async with playing(sqlite_db, {"allow_profile_0": True}) as book:
        gate = Gate(book)
        await gate.add(security_profile=0)
        assert isinstance(await gate.ask(user=None, offer="ocpp1.6"), Admitted)
        assert await gate.refusal(user=None, offer="ocpp2.0.1") == (403, "profile")  # 2.x has no profile 0


@pytest.mark.parametrize(
    ("liked", "offer", "let_in"), [("2.0.1", "ocpp1.6, ocpp2.0.1", False), ("1.6", "ocpp2.0.1, ocpp1.6", True)]
)
async def test_profile_0_is_for_the_version_that_is_spoken(sqlite_db: Db, liked: str, offer: str, let_in: bool) -> None:
    """Not for the first one offered: a kind may do better in another."""
    async with playing(sqlite_db, {"allow_profile_0": True}) as book:
        gate = Gate(book)
        await gate.add(security_profile=0)
        await gate.book.change_station(capabilities=json.dumps({"ocpp_versions": [liked]}))
        assert isinstance(await gate.ask(user=None, offer=offer), Admitted) is let_in


async def test_a_profile_below_the_least(sqlite_db: Db) -> None:
    async with playing(sqlite_db, {"min_security_profile": 2}) as book:
        gate = Gate(book)
        await gate.add()
        assert await gate.refusal() == (403, "profile")


async def test_the_key_of_16_in_bytes(gate: Gate) -> None:
    key = bytes(range(16))
    await gate.add("CS2", key.hex().encode())
    await gate.add("CS3", key.hex().upper().encode())
    for identity in (b"CS2", b"CS3"):
        asked = {"path": f"/ocpp/{identity.decode()}", "user": identity + b":" + key}
        assert isinstance(await gate.ask(**asked, offer="ocpp1.6"), Admitted)
        assert await gate.refusal(**asked, offer="ocpp2.0.1") == (401, "wrong_password")


async def test_a_database_in_trouble(gate: Gate, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gate.book.db, "trouble", "disk full")
    answer = await gate.ask()
    assert isinstance(answer, Refused)
    assert (answer.status, answer.reason) == (503, "busy")
    assert "Retry-After" in answer.headers
    assert "disk full" in (await gate.kept())[0]["reason"]


async def test_a_database_that_is_gone(gate: Gate, monkeypatch: pytest.MonkeyPatch) -> None:
    async def gone(*_: Any, **__: Any) -> Any:
        raise DatabaseGone("gone")

    with monkeypatch.context() as patch:
        patch.setattr(gate.book.db, "fetch", gone)
        answer = await gate.ask()
    assert isinstance(answer, Refused)
    assert (answer.status, answer.headers["Retry-After"]) == (503, "10")
    assert gate.admission._kept == set()


async def test_what_was_refused_before_it_could_be_judged(gate: Gate) -> None:
    request = Request("POST", "/ocpp/CS1", {}, "192.0.2.1:5000")
    gate.admission.refused(request, "192.0.2.1:5000", 405, "A WebSocket upgrade is a GET request.")
    gate.admission.refused(None, "192.0.2.2:5000", 0, "TLS: unknown ca")
    kept = await gate.kept()
    assert [(row["peer"], row["status"], row["code"], row["target"]) for row in kept] == [
        ("192.0.2.2:5000", 0, "handshake", None),
        ("192.0.2.1:5000", 405, "handshake", "/ocpp/CS1"),
    ]
    assert gate.book.node.counts.refused["handshake"] == 2


# ---------------------------------------------------------------------- unknown stations


@pytest.fixture
async def open_gate(sqlite_db: Db) -> AsyncIterator[Gate]:
    async with playing(sqlite_db, {"unknown_stations": "pending"}) as book:
        yield Gate(book)


async def test_an_unknown_station_is_kept_pending(open_gate: Gate) -> None:
    answer = await open_gate.ask()
    assert isinstance(answer, Admitted)
    row = await open_gate.book.row()
    assert (row["registration"], row["security_profile"]) == ("pending", 1)
    assert isinstance(await open_gate.ask(), Admitted)
    assert await open_gate.refusal(user=b"CS1:other-password") == (401, "wrong_password")


async def test_an_unknown_station_over_tls(open_gate: Gate) -> None:
    assert isinstance(await open_gate.ask(tls=True), Admitted)
    assert (await open_gate.book.row())["security_profile"] == 2


@pytest.mark.parametrize(
    ("request_", "status", "code"),
    [
        ({"user": None}, 401, "no_credentials"),
        ({"user": b"CS2:" + PASSWORD}, 401, "wrong_user"),
        ({"user": b"CS1:short"}, 401, "bad_credentials"),
        ({"user": b"CS1:" + b"x" * 65}, 401, "bad_credentials"),
        ({"offer": "chat"}, 400, "subprotocol"),
        ({"path": "/ocpp/a%20b"}, 404, "identity"),
    ],
)
async def test_unknown_stations_that_are_not_kept(
    open_gate: Gate, request_: dict[str, Any], status: int, code: str
) -> None:
    assert await open_gate.refusal(**request_) == (status, code)
    assert await open_gate.book.db.fetch(newcomers.WAITING, tenant=TENANT) in ([(0,)], [[0]])


async def test_an_archived_station_does_not_come_back_as_a_new_one(open_gate: Gate) -> None:
    await open_gate.ask()
    await open_gate.book.change_station(archived_at=1)
    assert await open_gate.refusal() == (401, "unknown_station")


async def test_too_many_unknown_stations(open_gate: Gate, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(newcomers, "MOST_WAITING", 1)
    assert isinstance(await open_gate.ask(), Admitted)
    assert await open_gate.refusal(path="/ocpp/CS2", user=b"CS2:" + PASSWORD) == (503, "too_many_unknown")
