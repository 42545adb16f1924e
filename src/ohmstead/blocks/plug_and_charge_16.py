"""Plug & Charge with stations of OCPP 1.6: messages of 2.0.1 inside of DataTransfer.

Two dialects. The whitepaper "Using ISO 15118 Plug & Charge with OCPP 1.6" of the Open Charge Alliance takes the
messages of 2.0.1 nearly as they are; the has2be extension 1.3 renames fields and writes certificates in hex. A station
shows its dialect by what it sends; a call of ours goes in the first, and in the second where the station knows no such
vendor.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from functools import partial
from typing import Any

import msgspec
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from msgspec import UNSET
from msgspec.structs import replace

from ohmstead import blocks
from ohmstead.blocks import Call
from ohmstead.blocks.authorization import STATUS_16
from ohmstead.blocks.command import AFTER, BEFORE, Ask, Calls, Learnt, Outcome, Unsupported, after, before, given
from ohmstead.blocks.data_transfer import Declined, on_data, text_of
from ohmstead.ocpp import codec
from ohmstead.ocpp.versions import V16, V201
from ohmstead.pki.certificate import from_pem, to_pem
from ohmstead.store.bulk import Changed
from ohmstead.store.db import Db

OCA, HAS2BE = "org.openchargealliance.iso15118pnc", "iso15118"
"""The vendors' ids of the dialects."""
FROM_STATIONS = ("Authorize", "Get15118EVCertificate", "GetCertificateStatus", "SignCertificate")
_RENAMED = {
    "15118CertificateHashData": "iso15118CertificateHashData",
    "15118SchemaVersion": "iso15118SchemaVersion",
    "typeOfCertificate": "certificateType",
    "cert": "certificateChain",
}
"""A field of has2be -> that of 2.0.1."""
_BACK = {name: theirs for theirs, name in _RENAMED.items()}
Json = dict[str, Any]


# ---------------------------------------------------------------------- from the station


async def _handled(vendor_id: str, action: str, call: Call, data: Json) -> Json:
    """Handled as if a station of 2.0.1 had said it."""
    words = {_RENAMED.get(name, name): value for name, value in data.items()} if vendor_id == HAS2BE else data
    bare = action == "Authorize" and isinstance(words.get("idToken"), str)
    if bare:  # the whitepaper's own words; others write the object of 2.0.1 here too
        words = words | {"idToken": {"idToken": words["idToken"], "type": "eMAID"}}
    if action == "Get15118EVCertificate":  # the extension knows no other
        words = {"action": "Install"} | words
    try:
        request, _ = codec.decode_request(V201, action, msgspec.json.encode(words))
    except codec.Refused as refused:
        raise Declined(str(refused)) from None
    inner = copy.copy(call)
    inner.version, inner.action = V201, action
    answer: Json = msgspec.json.decode(codec.encode(await blocks.HANDLERS[V201.name, action](inner, request)))
    call.state, call.entry = inner.state, inner.entry
    if bare:
        answer["idTokenInfo"] = _id_tag_info(answer["idTokenInfo"])
    return _narrowed(action, answer) if vendor_id == HAS2BE else answer


def _id_tag_info(info: Json) -> Json:
    """idTokenInfo of the whitepaper, which is idTagInfo of 1.6."""
    said = {"status": STATUS_16.get(info["status"], "Invalid"), "expiryDate": info.get("cacheExpiryDateTime")}
    said["parentIdTag"] = info.get("groupIdToken", {}).get("idToken")
    return {name: value for name, value in said.items() if value is not None}


def _narrowed(action: str, answer: Json) -> Json:
    """has2be's answers have no statusInfo, and of a certificate say only whether it is revoked."""
    answer.pop("statusInfo", None)
    if action == "Authorize":
        good = answer.get("certificateStatus", "Accepted") in ("Accepted", "ContractCancelled")
        answer["certificateStatus"] = "Accepted" if good else "CertificateRevoked"
        known = ("status", "cacheExpiryDateTime")
        answer["idTokenInfo"] = {name: answer["idTokenInfo"][name] for name in known if name in answer["idTokenInfo"]}
    return answer


for _vendor in (OCA, HAS2BE):
    for _action in FROM_STATIONS:
        on_data(_vendor, _action, Json)(partial(_handled, _vendor, _action))


# ---------------------------------------------------------------------- to the station


def by_data(ask: Ask, calls: Callable[[Ask], Calls]) -> Calls:
    """A command's calls of 2.0.1, each inside of a DataTransfer. Raises Unsupported where the station takes none."""
    inner, vendor_id = calls(replace(ask, version=V201)), OCA
    try:
        request = next(inner)
        while True:
            answer = yield _wrapped(ask, vendor_id, request)
            if answer.status == "UnknownVendorId" and vendor_id == OCA:
                vendor_id = HAS2BE
                continue
            if answer.status != "Accepted" or answer.data is UNSET:
                raise Unsupported(f"The station takes no Plug & Charge of OCPP 1.6: DataTransfer was {answer.status}.")
            request = inner.send(_answer(_action_of(request), answer.data))
    except StopIteration as end:
        outcome: Outcome = end.value
        return outcome


def _action_of(request: Any) -> str:
    return type(request).__name__.removesuffix("Request")


def _wrapped(ask: Ask, vendor_id: str, request: Any) -> Any:
    words: Json = msgspec.json.decode(codec.encode(request))
    if vendor_id == HAS2BE:
        if "certificateChain" in words:
            ders = [one.public_bytes(Encoding.DER) for one in from_pem(words["certificateChain"])]
            words["certificateChain"] = b"".join(ders).hex()
        words = {_BACK.get(name, name): value for name, value in words.items()}
    return ask.v.DataTransferRequest(vendor_id=vendor_id, message_id=_action_of(request), data=text_of(words))


def _answer(action: str, data: str) -> Any:
    """The answer of 2.0.1 in the data of a station's answer. Raises Unsupported."""
    try:
        return codec.decode_response(V201, action, data)[0]
    except codec.Refused as refused:
        raise Unsupported(f"The station's answer to {action} in DataTransfer is not valid: {refused}") from None


# ---------------------------------------------------------------------- what is learnt, as if they were calls of 2.0.1


@before("DataTransfer")
def _sent(ask: Ask, request: Any, now: int) -> list[Changed]:
    inner = _inner(ask, request)
    hook = None if inner is None else BEFORE.get(request.message_id)
    return [] if hook is None else list(hook(replace(ask, version=V201), inner, now))


@after("DataTransfer")
async def _answered(ask: Ask, db: Db, request: Any, answer: Any, now: int) -> Learnt:
    inner = _inner(ask, request)
    hook = None if inner is None else AFTER.get(request.message_id)
    if hook is None or (answer is not None and answer.status == "UnknownVendorId"):
        return Learnt()
    said = None
    if answer is not None and answer.status == "Accepted" and answer.data is not UNSET:
        try:
            said = _answer(request.message_id, answer.data)
        except Unsupported:
            pass  # the command ends with it; here it is an answer that taught nothing
    return await hook(replace(ask, version=V201), db, inner, said, now)


def _inner(ask: Ask, request: Any) -> Any:
    """The request of 2.0.1 inside of a DataTransfer of ours; None where there is none."""
    if ask.version is not V16 or request.vendor_id not in (OCA, HAS2BE) or given(request.message_id) is None:
        return None
    try:
        words: Json = msgspec.json.decode(request.data)
        if request.vendor_id == HAS2BE:
            words = {_RENAMED.get(name, name): value for name, value in words.items()}
            if "certificateChain" in words:
                words["certificateChain"] = _pem_of(bytes.fromhex(words["certificateChain"]))
        return codec.decode_request(V201, request.message_id, msgspec.json.encode(words))[0]
    except (codec.Refused, msgspec.MsgspecError, TypeError, ValueError):
        return None


def _pem_of(ders: bytes) -> str:
    """Certificates in DER, one after the other, each with a length of two bytes, as PEM."""
    found = []
    while ders:
        end = 4 + int.from_bytes(ders[2:4], "big")
        found.append(x509.load_der_x509_certificate(ders[:end]))
        ders = ders[end:]
    return to_pem(found)
