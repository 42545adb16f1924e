"""Whether our own door would take what another CA signed."""

from __future__ import annotations

import pytest

from ohmstead import runtime
from ohmstead.pki.anchors import check_trusted, station_trust
from ohmstead.pki.certificate import describe
from ohmstead.pki.external.judging import judge
from ohmstead.pki.issuer import CannotIssue
from ohmstead.pki.local_ca import LocalCa
from ohmstead.store.db import Db
from ohmstead.store.resources import certificates
from tests.pki.external.servers import ROOT, SUB, order, sign

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
