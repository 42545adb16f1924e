"""Certificates of stations towards vehicles (SECC), for sandboxes: two sub-CAs of the operator below our V2G root.

    <data_dir>/pki/plugcharge/   cpo-sub1.pem, cpo-sub2.pem
                                 cpo.key   sealed: of the second one, which issues

ISO 15118-2 wants short lives for them, for a vehicle learns of a revocation from what the station staples.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from cryptography.x509.oid import AuthorityInformationAccessOID, NameOID

from ohmstead.keyfiles import write_private
from ohmstead.pki import keys, revocation
from ohmstead.pki.certificate import describe, from_pem, key_sha256, to_pem
from ohmstead.pki.issuer import CannotIssue, Issued, Order
from ohmstead.pki.local_ca import lock
from ohmstead.plugcharge.contract_ca import DAY, ContractCa, Pair, authority, issue_certificate

LIFE = 60 * DAY


class SeccCa:
    """An Issuer, with the words of an authority about what it revoked."""

    name = "embedded_v2g"

    def __init__(self, subs: list[x509.Certificate], key: ec.EllipticCurvePrivateKey, responder: str) -> None:
        """`subs`: the one that issues first."""
        self.issuing, self._subs, self._key, self._responder = subs[0], subs, key, responder

    async def issue(self, order: Order) -> Issued:
        if not isinstance(order.public_key, ec.EllipticCurvePublicKey):
            raise CannotIssue("The key is not on a curve.")
        parts = ((NameOID.COMMON_NAME, order.common_name), (NameOID.ORGANIZATION_NAME, order.organization))
        subject = [*parts, (NameOID.DOMAIN_COMPONENT, "CPO")]
        name = x509.Name([x509.NameAttribute(kind, text) for kind, text in subject])
        asks = x509.AccessDescription(
            AuthorityInformationAccessOID.OCSP, x509.UniformResourceIdentifier(self._responder)
        )
        leaf = issue_certificate(
            name, order.public_key, Pair(self.issuing, self._key), self._key, LIFE, None,
            [x509.AuthorityInformationAccess([asks])],
        )  # fmt: skip
        return Issued(describe(leaf), to_pem([leaf, *self._subs]), key_sha256(self.issuing), self.name)

    def crl(self, revoked: Iterable[revocation.Revoked], now: int, url: str = "") -> bytes:
        return revocation.crl(self.issuing, self._key, revoked, now, url)

    def ocsp(self, one: revocation.Asked, *, known: bool, revoked: revocation.Revoked | None, now: int) -> bytes:
        return revocation.answer(self.issuing, self._key, one, known, revoked, now)


def open_secc_ca(folder: Path, server_key: bytes, ca: ContractCa, public_url: str) -> SeccCa:
    """The sub-CAs of this folder, made now if there are none. Raises ValueError when the key cannot be opened."""
    password, sealed = keys.passphrase(server_key), folder / "cpo.key"
    with lock(folder / ".cpo.lock"):
        if not sealed.exists():
            first = authority("Ohmstead CPO Sub-CA 1", "CPO", ca.v2g.root, 1)
            second = authority("Ohmstead CPO Sub-CA 2", "CPO", first, 0)
            for name, pair in (("cpo-sub1", first), ("cpo-sub2", second)):
                (folder / f"{name}.pem").write_text(to_pem([pair.certificate]))
            write_private(sealed, keys.to_pem(second.key, password))
    subs = [from_pem((folder / f"cpo-sub{number}.pem").read_text())[0] for number in (2, 1)]
    key = load_pem_private_key(sealed.read_bytes(), password)
    if not isinstance(key, ec.EllipticCurvePrivateKey) or key.public_key() != subs[0].public_key():
        raise ValueError(f"{sealed} is not the key of cpo-sub2.pem; restore both from a backup.")
    return SeccCa(subs, key, f"{public_url}/api/v1/pki/ocsp/{SeccCa.name}")
