"""Whether a connected station is still welcome, and as what."""

from __future__ import annotations

import json
from typing import Any

import pytest
from msgspec.structs import replace
from sqlalchemy import update

from ohmstead import runtime
from ohmstead.domain.certificates import Accepted, Certificate
from ohmstead.gateway.credentials import Shown
from ohmstead.gateway.welcome import admitted, arriving, unwelcome, write_shown
from ohmstead.runtime import FakeClock
from ohmstead.store import certificates as known
from ohmstead.store.db import Db, Write
from ohmstead.store.resources import certificates
from ohmstead.store.sessions import State
from ohmstead.store.statement import Statement
from ohmstead.store.tables import certificates as table
from tests.blocks.staging import station

NOW = 1_764_000_000_000_000
CERTIFICATE = Certificate(
    subject="CN=SN1,O=Ohmstead",
    issuer="CN=Issuing",
    common_names=("SN1",),
    organizations=("Ohmstead",),
    serial_number="5a",
    sha256="aa",
    key_sha256="its own key",
    not_before=NOW - 1,
    not_after=NOW + 1,
)
VALID, EXPIRED = Accepted(CERTIFICATE, "A"), Accepted(CERTIFICATE, "A", renewal_only=True)
BY_PASSWORD = station(security_profile=1, password_hash="h", serial_number="SN1")
BY_CERTIFICATE = station(security_profile=3, password_hash="h", serial_number="SN1", certificate_cn="serial_number")


def state(accepted: Accepted | None = None, renewal_asked: bool = False, **fields: Any) -> State:
    return State(
        station=station(**fields), connectors={}, transactions={}, certificate=accepted, renewal_asked=renewal_asked
    )


@pytest.mark.parametrize(
    ("accepted", "stored", "seen"),
    [
        (None, "accepted", "accepted"),
        (VALID, "accepted", "accepted"),
        (EXPIRED, "accepted", "pending"),  # A00.FR.429
        (EXPIRED, "pending", "pending"),
        (EXPIRED, "rejected", "rejected"),
        (VALID, "rejected", "rejected"),
    ],
)
def test_as_what_a_station_is_admitted(accepted: Accepted | None, stored: Any, seen: str) -> None:
    now = admitted(state(registration=stored), state(accepted))
    assert (now.station.registration, now.certificate) == (seen, accepted)


@pytest.mark.parametrize("renewal_asked", [True, False])
def test_the_station_is_read_anew_and_the_certificate_is_the_one_it_came_with(renewal_asked: bool) -> None:
    loaded = replace(state(vendor="new", registration="accepted"), transactions={"t": None})  # type: ignore[dict-item]
    now = admitted(loaded, state(VALID, renewal_asked, vendor="old", registration="pending"))
    assert now == replace(loaded, certificate=VALID, renewal_asked=renewal_asked)


def test_with_what_a_station_arrives() -> None:
    one = arriving(BY_CERTIFICATE, Shown(VALID, is_new=True))
    assert (one.certificate, one.came_with, one.profile) == (VALID, 3, 3)
    one = arriving(BY_PASSWORD, None)
    assert (one.certificate, one.profile) == (None, 1)
    assert admitted(state(security_profile=2), one).profile == 1  # whatever is stored: it came with this one


@pytest.mark.anyio
@pytest.mark.parametrize("late", [True, False])
async def test_who_keeps_its_line_after_it_took_another_certificate(
    stored: Db, monkeypatch: pytest.MonkeyPatch, late: bool
) -> None:
    """It is told to come in anew, once: who came in since may have its reasons."""
    clock = FakeClock(NOW)
    monkeypatch.setattr(runtime, "clock", clock)
    came = arriving(BY_CERTIFICATE, Shown(VALID, is_new=False))
    clock.advance(1)
    fresh = replace(CERTIFICATE, serial_number="5b", sha256="bb")
    async with stored.transaction() as tx:
        await certificates.add(tx, 1, 2, 1, fresh, authority="A", chain="", csr_sha256="s", issued_by="x", now=clock.at)
    for state, seconds, stays in (("issued", 600, True), ("installed", 0, not late)):
        async with stored.transaction() as tx:
            await tx.execute(Statement(update(table).where(table.c.id == 2).values(state=state)))
        clock.advance(seconds - (400 if not late and seconds else 0))
        why = await unwelcome(BY_CERTIFICATE, came, stored)
        assert (why is None) is stays, why
    again = arriving(BY_CERTIFICATE, Shown(VALID, is_new=False))
    clock.advance(86_400)
    assert await unwelcome(BY_CERTIFICATE, again, stored) is None


@pytest.fixture
async def stored(sqlite_db: Db) -> Db:
    """The certificate 5a of authority A, as one of station 1."""
    async with sqlite_db.transaction() as tx:
        await certificates.add(tx, 1, 1, 1, CERTIFICATE, authority="A", chain="", csr_sha256="", issued_by="x", now=NOW)
    return sqlite_db


def moving(step: str) -> str:
    return json.dumps({"step": step, "was": 1, "to": 2, "command_id": "c", "started_at": 0, "deadline": None})


GO = "its security profile or credentials were changed: it must connect again"


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("then", "changes", "why"),
    [
        (BY_PASSWORD, {}, None),
        (BY_PASSWORD, {"registration": "rejected", "strictness": "strict", "site_id": 7}, None),
        (BY_PASSWORD, {"archived_at": NOW}, "this station was archived"),
        (BY_PASSWORD, {"archived_at": NOW, "password_hash": "other"}, "this station was archived"),
        (BY_PASSWORD, {"password_hash": "other"}, GO),
        (BY_PASSWORD, {"password_hash": None}, GO),
        (BY_PASSWORD, {"security_profile": 2}, GO),
        (BY_PASSWORD, {"security_profile": 3}, GO),
        (BY_PASSWORD, {"next_password_hash": "next", "next_password_waits": "restart"}, None),
        (BY_PASSWORD, {"serial_number": "SN2", "certificate_cn": "identity", "allow_expired_certificate": 9}, None),
        (BY_CERTIFICATE, {}, None),
        (BY_CERTIFICATE, {"password_hash": "other"}, None),
        (BY_CERTIFICATE, {"serial_number": "SN2"}, GO),
        (BY_CERTIFICATE, {"certificate_cn": "identity"}, GO),
        (BY_CERTIFICATE, {"allow_expired_certificate": 9}, GO),
        (BY_CERTIFICATE, {"security_profile": 2}, GO),
        (BY_CERTIFICATE, {"archived_at": NOW}, "this station was archived"),
        # on its way to another profile (A05) it may have either, and at its end the new one only
        (BY_PASSWORD, {"upgrade": moving("proof")}, None),
        (BY_PASSWORD, {"upgrade": moving("settling"), "security_profile": 2}, GO),
        (replace(BY_PASSWORD, security_profile=2), {"upgrade": moving("reset"), "security_profile": 1}, None),
        (replace(BY_PASSWORD, security_profile=2), {"upgrade": moving("failed"), "security_profile": 1}, GO),
    ],
)
async def test_why_a_station_must_go(stored: Db, then: Any, changes: dict[str, Any], why: str | None) -> None:
    accepted = VALID if then is BY_CERTIFICATE else None
    now = State(station=replace(then, **changes), connectors={}, transactions={}, certificate=accepted)
    assert await unwelcome(then, now, stored) == why


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("serial", "authority", "tenant", "goes"),
    [("5a", "A", 1, True), ("5b", "A", 1, False), ("5a", "B", 1, False), ("5a", "A", 2, False)],
)
async def test_a_station_goes_when_its_own_certificate_is_revoked(
    stored: Db, serial: str, authority: str, tenant: int, goes: bool
) -> None:
    accepted = Accepted(replace(CERTIFICATE, serial_number=serial), authority)
    then = replace(BY_CERTIFICATE, tenant_id=tenant)
    now = State(station=then, connectors={}, transactions={}, certificate=accepted)
    assert await unwelcome(then, now, stored) is None
    async with stored.transaction() as tx:
        assert await certificates.revoke(tx, 1, 1, "key_compromise", NOW)
    assert await unwelcome(then, now, stored) == ("its certificate was revoked" if goes else None)


@pytest.mark.parametrize("is_new", [True, False])
@pytest.mark.parametrize("accepted", [VALID, EXPIRED])
def test_a_certificate_is_kept_each_time_and_told_the_first(accepted: Accepted, is_new: bool) -> None:
    write = Write(1, 1, 0, 0)
    write_shown(write, BY_CERTIFICATE, Shown(accepted, is_new), 7, NOW)
    ((statement, row),) = write.changed
    assert statement is known.SHOWN
    assert (row["id"], row["serial_number"], row["authority_key"], row["seen_at"]) == (7, "5a", "A", NOW)
    told = [(one.type, one.subject, one.at, json.loads(one.data)) for one in write.events]
    data = {
        "station_id": "CS1", "serial_number": "5a", "sha256": "aa", "issuer": "CN=Issuing",
        "renewal_only": accepted.renewal_only,
    }  # fmt: skip
    assert told == ([("ohmstead.certificate.seen", "CS1", NOW, data)] if is_new else [])
