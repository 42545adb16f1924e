"""What is revoked here is passed on to the external CA that issued it. The door here does not wait for that."""

from __future__ import annotations

from typing import NamedTuple

from ohmstead import runtime
from ohmstead.pki.issuer import CannotIssue, Issuer, IssuerDown, Issuers, Paces, ToRevoke, revoker
from ohmstead.store import revocations
from ohmstead.store.db import Db
from ohmstead.store.revocations import Due

FIRST_WAIT, LONGEST_WAIT = 10_000_000, 3600_000_000
"""Microseconds until a CA that is down is told again."""


class _Said(NamedTuple):
    """What came of telling a CA."""

    state: str
    reason: str | None = None


async def pass_on(db: Db, issuers: Issuers, now: int) -> int:
    """Tell the CAs what is due; how many revocations were dealt with. Told twice, a CA revokes once."""
    down: set[str] = set()  # uses
    told = 0
    for one in await revocations.due(db, now):
        issuer = issuers.get(one.use)
        pace: object = issuer
        if one.use in down or (isinstance(pace, Paces) and not pace.may_begin()):
            continue  # the rest keeps its place
        said = await _tell(issuer, one)
        wait = min(FIRST_WAIT << min(one.attempts, 20), LONGEST_WAIT) if said.state == "waiting" else 0
        await revocations.write(db, one, said.state, runtime.now() + wait, said.reason)
        if said.state == "waiting" and issuer is not None and issuer.name == one.issued_by:
            down.add(one.use)
        elif said.state in ("refused", "unsupported"):
            words = {"certificate": one.id, "issuer": one.issued_by, "reason": said.reason}
            runtime.log.warning("a revocation was not passed on", **words)
        told += said.state != "waiting"
    return told


async def _tell(issuer: Issuer | None, one: Due) -> _Said:
    if issuer is None or issuer.name != one.issued_by:
        return _Said("waiting", f"The settings name {one.issued_by} no more: revoke it at that CA.")
    by = revoker(issuer)
    if by is None:
        return _Said("unsupported", f"The protocol of {one.issued_by} has no revocation: revoke it at the CA.")
    if one.chain is None:
        return _Said("refused", "The certificate itself is not known here.")
    try:
        await by.revoke(ToRevoke(one.serial_number, one.chain, one.why or "unspecified"))
    except CannotIssue as cannot:
        return _Said("refused", str(cannot))
    except IssuerDown as error:
        return _Said("waiting", str(error))
    return _Said("done")
