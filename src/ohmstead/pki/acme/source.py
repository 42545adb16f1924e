"""The certificates that came by ACME, as the TLS ports of a process use them; until the first ones are there, a pair by
the embedded CA."""

from __future__ import annotations

from ohmstead.domain.certificates import Certificate
from ohmstead.pki.acme.keeping import opened, standing
from ohmstead.pki.server_certificates import Issued, Unusable, as_identity
from ohmstead.pki.tls import Identity
from ohmstead.runtime import log
from ohmstead.store import acme
from ohmstead.store.db import Db

LOOK_EVERY = 10.0
"""Seconds."""


class FromAcme:
    """Follows what the database keeps."""

    look_every = LOOK_EVERY

    def __init__(self, db: Db, server_key: bytes, until_then: Issued) -> None:
        self._db, self._key, self._until_then = db, server_key, until_then
        self._seen = 0
        """When what is known was kept; microseconds."""
        self._found: tuple[Identity, ...] = ()
        self._is_news = False
        self.failures = 0
        """How often the CA failed in a row, when it was looked at last."""

    async def look(self) -> None:
        """Read what was kept since. Raises DatabaseGone."""
        self.failures = (await standing(self._db)).failures
        row = await acme.newer(self._db, acme.CERTIFICATES, self._seen)
        if row is None or (kept := opened(self._key, row[0])) is None:
            return
        try:
            self._found = tuple(as_identity(one, "what came by ACME") for one in kept.pairs)
        except Unusable as error:
            log.error("a server certificate by ACME is left out", error=str(error))
        else:
            self._seen, self._is_news = row[1], True

    def make(self) -> tuple[Identity, ...]:
        self._is_news = False
        return self._found or self._until_then.make()

    def is_due(self, used: tuple[Certificate, ...]) -> bool:
        return self._is_news or (not self._found and self._until_then.is_due(used))
