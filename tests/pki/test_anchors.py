"""Whether our own door would take what another CA signed."""

from __future__ import annotations

import pytest
from sqlalchemy import update

from ohmstead import runtime
from ohmstead.pki.anchors import check_trusted, rests_on, station_trust
from ohmstead.pki.certificate import describe, key_sha256, to_pem
from ohmstead.pki.external.judging import judge
from ohmstead.pki.issuer import CannotIssue
from ohmstead.pki.local_ca import LocalCa
from ohmstead.store.db import Db
from ohmstead.store.resources import certificates, stations
from ohmstead.store.statement import Statement
from ohmstead.store.tables import certificates as table
from tests.pki.external.servers import ROOT, SUB, order, sign
from tests.pki.making import ca, station

pytestmark = [pytest.mark.anyio, pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)]


async def test_a_ca_that_nobody_added_locks_nobody_out(db: Db, local_ca: LocalCa) -> None:
    asked = order()
    issued = judge(asked, [sign(asked.request), SUB.x509, ROOT.x509], "est")
    await check_trusted(db, 1, await local_ca.issue(asked))
    with pytest.raises(CannotIssue, match="Foreign Sub-CA,O=Trustworthy is not trusted here"):
        await check_trusted(db, 1, issued)
    async with db.transaction() as tx:
        await certificates.add_authority(
            tx, 1, 9, describe(ROOT.x509), name="Foreign", pem=ROOT.pem, uses=["station"], now=runtime.now()
        )
    await check_trusted(db, 1, issued)
    assert (await station_trust(db, 1, local_ca)).anchors == (local_ca.root, ROOT.x509)
    assert (await station_trust(db, 2, None)).anchors == ()


async def test_who_rests_on_an_authority(db: Db, local_ca: LocalCa) -> None:
    """CS1 by a sub-CA of the root, CS2 by a root that signs itself, CS3 as CS1 but at profile 2."""
    other, now = ca("Other Root"), runtime.now()
    leaves = {
        1: (sign(order("CS1").request), SUB.x509, 3),
        2: (station(other, "CS2").x509, other.x509, 3),
        3: (sign(order("CS3").request), SUB.x509, 2),
    }
    async with db.transaction() as tx:
        for number, (leaf, above, profile) in leaves.items():
            await stations.add(
                tx, 1, number, now, identity=f"CS{number}", registration="accepted", security_profile=profile
            )
            await certificates.add(
                tx, 1, number, number, describe(leaf), authority=key_sha256(above), chain=to_pem([leaf, above]),
                csr_sha256=str(number), issued_by="est", now=now,
            )  # fmt: skip
        await tx.execute(Statement(update(table).values(state="seen")))
        for number, root in ((9, ROOT), (10, other)):
            await certificates.add_authority(
                tx, 1, number, describe(root.x509), name="R", pem=root.pem, uses=["station"], now=now
            )
    assert [(one.stations, one.example) for one in await rests_on(db, 1, local_ca, ROOT.x509)] == [(1, "CS1")]
    assert [(one.stations, one.example) for one in await rests_on(db, 1, local_ca, other.x509)] == [(1, "CS2")]
    assert await rests_on(db, 2, local_ca, ROOT.x509) == []  # another tenant
    async with db.transaction() as tx:  # the sub-CA itself is trusted too: nobody needs the root
        await certificates.add_authority(
            tx, 1, 11, describe(SUB.x509), name="S", pem=SUB.pem, uses=["station"], now=now
        )
    assert await rests_on(db, 1, local_ca, ROOT.x509) == []
