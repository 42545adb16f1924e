"""J: signed meter values, byte for byte as stations sent them, and whether their signatures hold.

A signature that holds says that the values are what that key signed. Whose key it is must be known from elsewhere (a
register of meters): so its fingerprint is shown.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any, Literal, NamedTuple

import msgspec
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import load_der_public_key

from ohmstead.domain import ocmf
from ohmstead.ocpp import signing
from ohmstead.shapes.transaction import SignedReading, SignedValue

_payload = msgspec.json.Decoder(dict[str, Any])
Verdict = Literal["valid", "invalid", "unreadable", "not_checked"]
HASHES: dict[str, hashes.HashAlgorithm] = {"SHA256": hashes.SHA256(), "SHA384": hashes.SHA384()}


class _Signed(NamedTuple):
    at: str
    context: str | None
    format: str
    data: str
    key: str


def signed_values(frames: Iterable[tuple[str, str]]) -> list[SignedValue]:
    """The signed values in these messages (action, frame), in their order. A key that was sent once counts for what
    comes after it."""
    found, key = [], ""
    for action, frame in frames:
        for one in _in_message(action, _payload.decode(signing.payload_of(frame))):
            key = one.key or key
            found.append(_judged(one, key))
    return found


def _in_message(action: str, payload: dict[str, Any]) -> Iterator[_Signed]:
    for value in payload.get("meterValue") or payload.get("transactionData") or ():
        for sample in value.get("sampledValue", ()):
            at, context = str(value["timestamp"]), sample.get("context")
            signed = sample.get("signedMeterValue")
            if signed is None and sample.get("format") == "SignedData":
                signed = _of_16(str(sample.get("value", "")))
            if signed is not None:
                told = [str(signed.get(name, "")) for name in ("encodingMethod", "signedMeterData", "publicKey")]
                yield _Signed(at, context, *told)


def _of_16(text: str) -> dict[str, Any]:
    """1.6 puts the object of 2.x into the value as JSON (OCA's note), or the bare data."""
    try:
        return _payload.decode(text)
    except msgspec.DecodeError:
        return {"signedMeterData": text, "encodingMethod": "OCMF" if text.startswith("OCMF|") else ""}


def _judged(one: _Signed, key: str) -> SignedValue:
    verdict: Verdict = "not_checked"
    reason: str | None = f"no check for the format {one.format!r}"
    readings: list[SignedReading] = []
    fingerprint = serial = None
    try:
        if one.format.upper().startswith("OCMF"):
            data = ocmf.parse(_text(one.data))
            serial, readings = data.meter_serial, [_reading(each) for each in data.readings]
            if key:
                der = ocmf.public_key(key)
                fingerprint = hashlib.sha256(der).hexdigest()
                verdict, reason = _checked(data, der)
            else:
                reason = "the station sent no public key"
    except ocmf.Unreadable as error:
        verdict, reason = "unreadable", str(error)
    return SignedValue(
        at=datetime.fromisoformat(one.at),
        context=one.context,
        format=one.format,
        data=one.data,
        public_key=key or None,
        key_fingerprint=fingerprint,
        meter_serial=serial,
        verdict=verdict,
        reason=reason,
        readings=readings,
    )


def _text(data: str) -> str:
    """signedMeterData is base64 of the data set; some stations send the set itself."""
    if data.startswith("OCMF|"):
        return data
    try:
        return base64.b64decode(data, validate=True).decode()
    except ValueError as error:
        raise ocmf.Unreadable(f"it is no base64 of text: {error}") from None


def _checked(data: ocmf.Ocmf, der: bytes) -> tuple[Verdict, str | None]:
    algorithm = HASHES.get(data.algorithm.rpartition("-")[2])
    if algorithm is None:
        return "not_checked", f"no check for {data.algorithm}"
    try:
        key = load_der_public_key(der)
        if not isinstance(key, ec.EllipticCurvePublicKey):
            return "unreadable", "the public key is of no elliptic curve"
        key.verify(data.signature, data.signed, ec.ECDSA(algorithm))
    except InvalidSignature:
        return "invalid", "the signature does not fit the values"
    except (ValueError, UnsupportedAlgorithm) as error:
        return "unreadable", f"the public key cannot be read: {error}"
    return "valid", None


def _reading(one: ocmf.Reading) -> SignedReading:
    return SignedReading(
        at=one.at, kind=one.kind, value=one.value, unit=one.unit, identifier=one.identifier, good=one.good
    )
