"""What an external CA signed is looked at before any station gets it: it may have changed more than we asked for."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509.oid import NameOID

from ohmstead import runtime
from ohmstead.pki.certificate import UNREADABLE, describe, key_sha256, texts, to_pem
from ohmstead.pki.issuer import CannotIssue, Issued, Order

DEEPEST = 5
KEPT = 600.0
"""Seconds for which the CAs above are not asked for again."""


class Orphan(CannotIssue):
    """None of the CAs that are known signed it."""


class Above:
    """The CAs above what an issuer signs. They change, so who signed with an unknown one is asked once more."""

    def __init__(self, ask: Callable[[], Awaitable[list[x509.Certificate]]], given: list[x509.Certificate]) -> None:
        """`given`: what the settings name; then nobody is asked."""
        self._ask, self._given = ask, given
        self._told: list[x509.Certificate] = []
        self._until = 0.0

    async def judge(self, order: Order, signed: list[x509.Certificate], name: str) -> Issued:
        """Raises CannotIssue and IssuerDown."""
        try:
            return judge(order, [*signed, *await self._all()], name)
        except Orphan:
            self._until = 0.0
            return judge(order, [*signed, *await self._all()], name)

    async def _all(self) -> list[x509.Certificate]:
        if not self._given and runtime.monotonic() >= self._until:
            self._told, self._until = await self._ask(), runtime.monotonic() + KEPT
        return self._given or self._told


def judge(order: Order, certificates: Iterable[x509.Certificate], name: str) -> Issued:
    """The certificate that was ordered, with its chain, out of these in any order. Raises CannotIssue."""
    try:
        found = list(dict.fromkeys(certificates))
        wanted = _spki(order.public_key)
        leaf = next((one for one in found if _spki(one.public_key()) == wanted), None)
        if leaf is None:
            raise CannotIssue("The CA sent no certificate for the key of the request.")
        _check(order, leaf)
        chain = _chain(leaf, found)
        return Issued(
            describe(leaf), to_pem(one for one in chain if one.subject != one.issuer), key_sha256(chain[1]), name
        )
    except UNREADABLE as error:
        raise CannotIssue(f"What the CA sent cannot be read: {error}.") from None


def _check(order: Order, leaf: x509.Certificate) -> None:
    names, organizations = (texts(leaf.subject, kind) for kind in (NameOID.COMMON_NAME, NameOID.ORGANIZATION_NAME))
    if names != (order.common_name,):
        raise CannotIssue(f"The CA put the common name {', '.join(names)!r}; it must be {order.common_name!r}.")
    if organizations != (order.organization,):
        raise CannotIssue(
            f"The CA put the organization {', '.join(organizations)!r}; it must be {order.organization!r}."
        )
    for one in leaf.extensions:
        if isinstance(one.value, x509.BasicConstraints) and one.value.ca:
            raise CannotIssue("The CA made the station a CA.")


def _chain(leaf: x509.Certificate, found: list[x509.Certificate]) -> list[x509.Certificate]:
    """Leaf first, up to the root or to the last one that is there. Raises Orphan."""
    chain = [leaf]
    while len(chain) < DEEPEST and chain[-1].subject != chain[-1].issuer:
        above = next((one for one in found if one not in chain and _signed(chain[-1], one)), None)
        if above is None:
            break
        chain.append(above)
    if len(chain) == 1:
        raise Orphan("None of the CAs that it names signed the certificate; chain_file can name them.")
    return chain


def _signed(one: x509.Certificate, by: x509.Certificate) -> bool:
    try:
        one.verify_directly_issued_by(by)
    except (InvalidSignature, *UNREADABLE):
        return False
    return True


def _spki(key: object) -> bytes:
    return key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)  # type: ignore[attr-defined,no-any-return]
