"""A connected station stays as long as what let it in is still so."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace

from ohmstead.domain.certificates import Accepted, Certificate
from ohmstead.gateway.credentials import Shown
from ohmstead.gateway.welcome import admitted, unwelcome, write_shown
from ohmstead.store.sessions import State, load_state
from tests.playbook import Playbook

pytestmark = pytest.mark.anyio
ONE = Certificate(
    subject="CN=CS1", issuer="CN=CA", common_names=("CS1",), organizations=(), serial_number="ab", sha256="c" * 64,
    key_sha256="d" * 64, not_before=0, not_after=9,
)  # fmt: skip


async def state(book: Playbook, **fields: Any) -> State:
    await book.add_station(**fields)
    return await load_state(book.db, 1)


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({}, None),
        ({"serial_number": "SN2"}, None),  # nothing rests on it at profile 1
        ({"archived_at": 5}, "archived"),
        ({"password_hash": "other"}, "credentials were changed"),
        ({"password_hash": "other", "former_password_hash": "older"}, "credentials were changed"),
        ({"security_profile": 2}, "security profile or credentials"),
    ],
)
async def test_whether_it_may_stay(book: Playbook, change: dict[str, Any], why: str | None) -> None:
    then = await state(book)
    reason = await unwelcome(then.station, replace(then, station=replace(then.station, **change)), book.db)
    assert (reason is None) if why is None else (why in (reason or ""))


async def test_a_password_that_was_rotated_away_keeps_its_socket(book: Playbook) -> None:
    came_in = await state(book)
    then = replace(came_in.station, password_hash="old")
    now = replace(then, password_hash="new", former_password_hash="old")
    assert await unwelcome(then, replace(came_in, station=now), book.db) is None


async def test_a_certificate_that_expired_keeps_it_pending(book: Playbook) -> None:
    loaded = await state(book)
    for expired, registration in ((True, "pending"), (False, "accepted")):
        before = replace(loaded, certificate=Accepted(ONE, "ca", expired=expired))
        now = admitted(loaded, before)
        assert (now.station.registration, now.certificate) == (registration, before.certificate)


async def test_what_it_showed_is_told_once_and_revoked_later(book: Playbook) -> None:
    await book.add_station()
    session = (await book.connect()).session
    for is_new in (True, False):
        await session.commit(
            lambda w, new=is_new: write_shown(w, session.station, Shown(Accepted(ONE, "ca"), new), 5, 7)
        )
    assert (await book.feed()).count("certificate.seen") == 1
    came_in = replace(session.state, certificate=Accepted(ONE, "ca"))
    assert await unwelcome(session.station, came_in, book.db) is None
    from ohmstead.store.resources import certificates

    async with book.db.transaction() as tx:
        assert await certificates.revoke(tx, 1, 5, "keyCompromise", 9)
    assert await unwelcome(session.station, came_in, book.db) == "its certificate was revoked"
