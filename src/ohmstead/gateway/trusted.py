"""Whom the TLS ports trust: the embedded CA, and the authorities that each tenant has added.

OpenSSL asks for certificates by all of them; admission judges by those of the station's own tenant alone. A change
makes new contexts, which know none of the old sessions; sockets that are open do not notice.
"""

from __future__ import annotations

import ssl
from collections.abc import Callable

from cryptography import x509

from ohmstead import runtime
from ohmstead.bus.local import Bell
from ohmstead.pki.certificate import UNREADABLE, from_pem, key_sha256
from ohmstead.pki.local_ca import LocalCa
from ohmstead.pki.server_certificates import ServerCertificates
from ohmstead.pki.trust import Trust, Unfit
from ohmstead.store.certificates import TRUST_TOPIC, station_authorities
from ohmstead.store.db import Db

LOOK_AGAIN = 60.0
"""Seconds after which the authorities are read again although no bell rang."""


class Trusted:
    """The trust of all tenants, as the database has it."""

    def __init__(self, ca: LocalCa, certificates: ServerCertificates, db: Db, *, rsa_key_exchange: bool) -> None:
        self._ca, self._certificates, self._db = ca, certificates, db
        self._rsa = rsa_key_exchange
        self._embedded = Trust([ca.root], ca.intermediates)
        self._of: dict[int, Trust] = {}
        self._read: tuple[int, ...] = ()
        self._everybody = self._embedded
        self._told: list[Callable[[ssl.SSLContext], None]] = []
        self.own_key = key_sha256(ca.issuing)
        """Of the embedded CA: what it issued is in the table of certificates."""
        self.former_keys = frozenset(map(key_sha256, ca.former))
        """Of its issuing CAs of before: they may be in foreign hands, so nothing counts that is not in that table."""

    def of(self, tenant_id: int) -> Trust:
        """Whom this tenant trusts."""
        return self._of.get(tenant_id, self._embedded)

    def asking(self, told: Callable[[ssl.SSLContext], None]) -> ssl.SSLContext:
        """A context that asks for a client certificate; `told` gets another one whenever the trust changes."""
        self._told.append(told)
        return self._certificates.context(self._everybody, rsa_key_exchange=self._rsa)

    def not_asking(self, *, legacy: bool = False) -> ssl.SSLContext:
        """A context that never asks for one; a `legacy` one also takes TLS 1.0 and 1.1."""
        return self._certificates.context(None, rsa_key_exchange=self._rsa, legacy=legacy)

    async def load(self) -> None:
        """Read the authorities; what is no CA is left out, and logged."""
        rows = await station_authorities(self._db)
        if (found := tuple(row[0] for row in rows)) == self._read:
            return
        anchors: dict[int, list[x509.Certificate]] = {}
        for number, tenant_id, pem in rows:
            try:
                Trust(read := from_pem(pem))
            except (Unfit, *UNREADABLE) as error:
                runtime.log.error("an authority is left out", id=number, error=repr(error))
            else:
                anchors.setdefault(tenant_id, []).extend(read)
        root, issuing = self._ca.root, self._ca.intermediates
        self._of = {tenant_id: Trust([root, *more], issuing) for tenant_id, more in anchors.items()}
        everybody = [one for more in anchors.values() for one in more]
        self._everybody, self._read = Trust([root, *everybody], issuing), found
        for told in self._told:
            told(self._certificates.context(self._everybody, rsa_key_exchange=self._rsa))

    async def keep(self) -> None:
        """Follow what operators add and remove, for ever."""
        with Bell(self._db.bus, TRUST_TOPIC) as bell:
            while True:
                await bell.wait(LOOK_AGAIN)
                try:
                    await self.load()
                except Exception as error:
                    runtime.log.warning("cannot read the authorities", error=repr(error))
