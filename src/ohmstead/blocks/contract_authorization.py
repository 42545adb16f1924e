"""C07: who charges by contract: the certificate is judged first, here, then the token of its contract.

chain verified, token accepted      Accepted, and the token's status
chain verified, token not good      ContractCancelled, and the token's status (C07.FR.13)
expired                             CertificateExpired, Expired (.15)
revoked                             CertificateRevoked, Invalid (.16)
anything that cannot be verified    CertChainError, Invalid (.17)
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.x509.oid import NameOID

from ohmstead import runtime
from ohmstead.blocks import Call
from ohmstead.blocks.certificate_status import hash_data_of
from ohmstead.blocks.command import given
from ohmstead.domain import emaid
from ohmstead.domain.installed import HashData
from ohmstead.pki.certificate import UNREADABLE
from ohmstead.pki.status import Doubtful, State, hash_data, is_issuer, responder
from ohmstead.pki.trust import Unfit, check_authority
from ohmstead.store import contracts
from ohmstead.store.contracts import Contract, foreign
from ohmstead.web.fetching import Unreached

DEEPEST = 4


class Unverified(Exception):
    """The certificate authorises nobody; `status` in the specification's words."""

    def __init__(self, status: str, token_status: str, reason: str) -> None:
        super().__init__(reason)
        self.status, self.token_status = status, token_status


async def contract_of(call: Call, req: Any) -> Contract | None:
    """The contract by whose certificate an Authorize asks; None where it comes without. Raises Unverified."""
    pem, hashed = given(req.certificate), given(req.iso15118_certificate_hash_data)
    if call.plug_and_charge is None or (pem is None and hashed is None):
        return None
    # hash data is not needed where the certificate itself is there (C07.FR.01)
    contract = await (_by_hashes(call, hashed, req.id_token.id_token) if pem is None else _by_chain(call, pem))
    if emaid.normal(req.id_token.id_token) != contract.emaid:
        text = f"The certificate is of {contract.emaid}, not of {req.id_token.id_token}."
        raise Unverified("CertChainError", "Invalid", text)
    return contract


async def _by_hashes(call: Call, hashed: Sequence[Any], token: str) -> Contract:
    """The contract of a certificate that the station has validated, by the hash data of its chain: one that we issued,
    or of another operator, whose responders are asked (C07.FR.05). Raises Unverified."""
    assert call.plug_and_charge is not None
    issuer = call.plug_and_charge.ca.mo.subs[1].certificate
    entries = [(hash_data_of(one), one.responder_url) for one in hashed]
    for one, _ in entries:
        if is_issuer(issuer, one):
            return await _issued(call, one.key[-1])
    known = await _trusted(call)
    if not any(is_issuer(above, one) for above in known for one, _ in entries):
        text = "None of the certificates was issued by an authority known here."
        raise Unverified("CertChainError", "Invalid", text)
    _must_be_good(await asyncio.gather(*(_state(call, one, url, known) for one, url in entries)))
    found = emaid.normal(token)
    if found is None:
        raise Unverified("CertChainError", "Invalid", f"{token!r} is no eMAID.")
    contract = await contracts.find(call.db, call.station.tenant_id, found)
    return foreign(found) if contract is None else _holding(contract, call.now)


async def _trusted(call: Call) -> list[x509.Certificate]:
    """Authorities of contracts that are trusted here: ours, and those that were added with the use mo."""
    assert call.plug_and_charge is not None
    found = [call.plug_and_charge.ca.mo.root.certificate]
    for text in await contracts.authorities(call.db, call.station.tenant_id, "mo"):
        found.append(x509.load_pem_x509_certificate(text.encode()))
    return found


async def _by_chain(call: Call, pem: str) -> Contract:
    """The contract of a chain, leaf first, that ends at a trusted authority. Raises Unverified."""
    assert call.plug_and_charge is not None
    try:
        chain = x509.load_pem_x509_certificates(pem.encode())
    except ValueError as error:
        raise Unverified("CertChainError", "Invalid", f"The certificate cannot be read: {error}.") from None
    path = _verify(chain, await _trusted(call), call.now)
    leaf = path[0]
    if leaf.issuer == call.plug_and_charge.ca.mo.subs[1].certificate.subject:
        return await _issued(call, f"{leaf.serial_number:x}")
    names = leaf.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    found = emaid.normal(str(names[0].value)) if names else None
    if found is None:
        raise Unverified("CertChainError", "Invalid", "The certificate names no contract (eMAID).")
    asked = await _check_revocation(call, path)
    known = await contracts.find(call.db, call.station.tenant_id, found)
    if known is not None:
        return _holding(known, call.now)
    if not asked:
        raise Unverified("CertChainError", "Invalid", "Whether the certificate is revoked cannot be found out.")
    return foreign(found)


async def _check_revocation(call: Call, path: Sequence[x509.Certificate]) -> bool:
    """Ask the responders that the certificates of a chain of others name, all at once; whether the contract's own named
    one. Raises Unverified for what is revoked, and where a responder vouches for nothing (C07.FR.16, .17)."""
    pairs = [(one, above, url) for one, above in pairwise(path) if (url := responder(one)) is not None]
    asked = (_state(call, hash_data(one, above), url, [above]) for one, above, url in pairs)
    _must_be_good(await asyncio.gather(*asked))
    return bool(pairs) and pairs[0][0] is path[0]


def _must_be_good(states: Sequence[State]) -> None:
    """Raises Unverified."""
    if "revoked" in states:
        raise Unverified("CertificateRevoked", "Invalid", "A certificate of the chain is revoked.")
    if any(state != "good" for state in states):
        raise Unverified("CertChainError", "Invalid", "Whether a certificate is revoked cannot be found out now.")


async def _state(call: Call, hashed: HashData, url: str, issuers: Sequence[x509.Certificate]) -> State:
    if call.inquiry is None:
        return "unknown"
    try:
        status = (await call.inquiry.ocsp(hashed, url, issuers)).status
    except (Unreached, Doubtful):
        return "unknown"
    return status.state if status.verified else "unknown"


def _verify(
    chain: Sequence[x509.Certificate], roots: Sequence[x509.Certificate], now: int
) -> tuple[x509.Certificate, ...]:
    """Each certificate is signed by the next, the last one by a root, those above the first are CAs, and all are valid
    now: the chain with its root. Raises Unverified."""
    moment, path = runtime.to_datetime(now), list(chain[:DEEPEST])
    root = next((one for one in roots if _issued_by(path[-1], one)), None)
    if root is None and path[-1] in roots:
        root = path.pop()
    if root is None or not path or len(chain) > DEEPEST:
        raise Unverified("CertChainError", "Invalid", "The chain does not end at a trusted authority.")
    for one, above in zip(path, [*path[1:], root], strict=True):
        if not _issued_by(one, above):
            raise Unverified("CertChainError", "Invalid", "A certificate of the chain is not signed by the next one.")
    for one in (*path, root):
        if moment > one.not_valid_after_utc:
            raise Unverified("CertificateExpired", "Expired", "A certificate of the chain has expired.")
        if moment < one.not_valid_before_utc:
            raise Unverified("CertChainError", "Invalid", "A certificate of the chain is not valid yet.")
    return (*path, root)


def _issued_by(one: x509.Certificate, above: x509.Certificate) -> bool:
    try:
        one.verify_directly_issued_by(above)
        check_authority(above)
    except (InvalidSignature, Unfit, *UNREADABLE):
        return False
    return True


async def _issued(call: Call, serial_number: str) -> Contract:
    """The contract of a certificate of ours. Raises Unverified."""
    known = await contracts.by_serial(call.db, call.station.tenant_id, serial_number)
    if known is None:
        raise Unverified("CertChainError", "Invalid", "This certificate was never issued.")
    until, contract = known
    if until <= call.now:
        raise Unverified("CertificateExpired", "Expired", "The contract certificate has expired.")
    return _holding(contract, call.now)


def _holding(contract: Contract, now: int) -> Contract:
    if contract.state != "active":
        raise Unverified("CertificateRevoked", "Invalid", f"The contract {contract.emaid} is revoked.")
    if not contract.holds(now):
        raise Unverified("CertificateExpired", "Expired", f"The contract {contract.emaid} is over.")
    return contract
