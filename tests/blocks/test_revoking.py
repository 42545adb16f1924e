"""What is revoked is told to its CA: once, again while that is down, and with the CA's words where it refuses."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select, update

from ohmstead import runtime
from ohmstead.blocks.revoking import FIRST_WAIT, LONGEST_WAIT, pass_on
from ohmstead.domain.certificates import Certificate
from ohmstead.pki.external.pace import Paced
from ohmstead.pki.issuer import CannotIssue, IssuerDown, Issuers, ToRevoke
from ohmstead.store.resources import certificates
from ohmstead.store.statement import Statement
from ohmstead.store.tables import external_revocations
from tests.blocks.staging import SQLITE, Stage

pytestmark = [pytest.mark.anyio, SQLITE]
_r = external_revocations.c
_BY_EST = Statement(update(external_revocations).where(_r.certificate_id == 3).values(issued_by="est"))


class Ca:
    """An external one, in the mood that a test gives it."""

    def __init__(self, name: str = "vault") -> None:
        self.name = name
        self.mood: Exception | None = None
        self.told: list[ToRevoke] = []

    async def revoke(self, one: ToRevoke) -> None:
        if self.mood is not None:
            raise self.mood
        self.told.append(one)


class Est:
    name = "est"


@pytest.fixture
async def revoked(stage: Stage) -> Stage:
    """Four of one CA, for stations and for vehicles, and one of ours."""
    await stage.enter(2)
    for id, by in enumerate(["vault", "vault", "vault", "embedded"], 1):
        one = Certificate(
            subject="s", issuer="i", common_names=(), organizations=(), serial_number=f"a{id}", sha256="c",
            key_sha256="d", not_before=0, not_after=runtime.now() + 9,
        )  # fmt: skip
        async with stage.db.transaction() as tx:
            await certificates.add(
                tx, 1, id, 2, one, authority="A", chain=f"PEM {id}", csr_sha256=None, issued_by=by, now=id,
                use="v2g" if id == 3 else "charging_station",
            )  # fmt: skip
            await certificates.revoke(tx, 1, id, "key_compromise", runtime.now())
    return stage


async def states(stage: Stage) -> list[tuple[str, str | None]]:
    rows = await stage.rows(select(_r.state, _r.reason).order_by(_r.certificate_id))
    return [(row[0], row[1]) for row in rows]


async def passed(stage: Stage, **issuers: Any) -> int:
    given: Issuers = issuers
    return await pass_on(stage.db, given, runtime.now())


async def test_told_once_and_each_ca_its_own(revoked: Stage) -> None:
    stations, vehicles = Ca(), Ca()
    assert await passed(revoked, charging_station=stations, v2g=vehicles) == 3
    assert await passed(revoked, charging_station=stations, v2g=vehicles) == 0
    first = ToRevoke("a1", "PEM 1", "key_compromise")
    assert (stations.told[0], len(stations.told), len(vehicles.told)) == (first, 2, 1)
    assert await states(revoked) == [("done", None)] * 3


async def test_a_ca_that_is_down_is_told_later(revoked: Stage, clock: runtime.FakeClock) -> None:
    ca = Ca()
    ca.mood = IssuerDown("no route")
    assert await passed(revoked, charging_station=ca) == 0
    nobody = "The settings name vault no more: revoke it at that CA."
    assert await states(revoked) == [("waiting", "no route"), ("waiting", None), ("waiting", nobody)]
    ca.mood = None
    assert await passed(revoked, charging_station=ca, v2g=ca) == 1  # the second one only: the others wait
    clock.advance(FIRST_WAIT / 1e6)
    assert await passed(revoked, charging_station=ca, v2g=ca) == 2
    assert [one.serial_number for one in ca.told] == ["a2", "a1", "a3"]
    assert FIRST_WAIT < LONGEST_WAIT


async def test_what_it_does_not_take_stays_visible(revoked: Stage) -> None:
    ca = Ca()
    ca.mood = CannotIssue("who is this?")
    est: Any = Est()
    async with revoked.db.transaction() as tx:
        await tx.execute(_BY_EST)
    assert await passed(revoked, charging_station=ca, v2g=est) == 3
    unsupported = ("unsupported", "The protocol of est has no revocation: revoke it at the CA.")
    assert await states(revoked) == [("refused", "who is this?"), ("refused", "who is this?"), unsupported]


async def test_its_pace_holds(revoked: Stage) -> None:
    ca: Any = Ca()
    paced = Paced(ca, per_minute=1)
    assert [await passed(revoked, charging_station=paced), await passed(revoked, charging_station=paced)] == [1, 0]
    assert len(ca.told) == 1
