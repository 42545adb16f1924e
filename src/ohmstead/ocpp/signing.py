"""Signed messages (OCPP 2.x, Part 4 chapter 7), without any I/O: a payload into a flattened JWS, and out of it again.

    [2, id, "BootNotification-Signed", {"payload": ..., "protected": ..., "signature": ...}]
    [3, id, {"payload": ..., "protected": ..., "signature": ...}]

`open_` looks at form and protected header, which hold whoever signed: the algorithm is one of three, action and message
type are those of the frame. `Opened.signed_by` says whether a key has signed it. A key that comes inside of a message
(jwk, jku, x5c, x5u) is never looked at, and neither is a header outside of the signature.

A signed frame is kept as the plain one with its JWS behind it (`kept`): who reads the books needs to know nothing of
this, and the signature can be checked for ever.
"""

from __future__ import annotations

import binascii
import hashlib
import re
import ssl
from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import Any, Final, Literal, NamedTuple

import msgspec
from joserfc import jws
from joserfc.errors import InvalidKeyCurveError, InvalidKeyTypeError, JoseError
from joserfc.jwk import ECKey, RSAKey
from msgspec import Raw, Struct

from ohmstead.ocpp.codec import Finding

SUFFIX = "-Signed"
ALGORITHMS = ("ES256", "RS256", "RS384")
"""The only ones (7.3)."""
CALL: Final = 2
CALLRESULT: Final = 3
SEND: Final = 6
Kind = Literal[2, 3, 6]

Key = ECKey | RSAKey

_registry = jws.JWSRegistry(algorithms=list(ALGORITHMS), strict_check_header=False)
_BASE64: Final = re.compile(r"[A-Za-z0-9_-]*={0,2}")
_BAD_JSON = (msgspec.MsgspecError, RecursionError, UnicodeError)
_encode = msgspec.json.Encoder().encode


class Unfit(Exception):
    """What is signed cannot be taken. `code` is for programs, `error` the code of a CALLERROR, the text for people; it
    repeats no payload."""

    def __init__(self, code: str, text: str, error: str = "SecurityError") -> None:
        super().__init__(text)
        self.code, self.text, self.error = code, text, error


class Jws(Struct, frozen=True):
    """A flattened JWS (RFC 7515, 7.2.2) as it came; an unprotected header is not kept."""

    payload: str
    protected: str
    signature: str


class Signed(Struct, frozen=True):
    """How a message was signed that has been taken out of its JWS."""

    jws: Raw
    once: str = ""
    """A digest of it, where it may be handled only once."""


class Opened(NamedTuple):
    """A signed message whose header fits its frame. Whether the signature holds is another question."""

    payload: Raw
    algorithm: str
    thumbprint: str | None
    """SHA-256 of the DER of the certificate that is said to have signed (x5t#S256), lower-case hex."""
    jws: Jws
    findings: tuple[Finding, ...]

    @property
    def fingerprint(self) -> str:
        """By which one ES256 signature is known from any other: what was signed, and r. The other half, s, can be
        turned into n - s without the key, and the signature holds still."""
        r = _bytes(self.jws.signature, "signature")[:32]
        return hashlib.sha256(f"{self.jws.protected}.{self.jws.payload}.".encode() + r).hexdigest()

    def signed_by(self, key: Key) -> bool:
        """Whether this key, which must be of the algorithm's kind, has signed it."""
        try:
            jws.deserialize_json(msgspec.to_builtins(self.jws), key, registry=_registry)
        except (JoseError, ValueError):
            return False
        return True


_decode_jws = msgspec.json.Decoder(Jws).decode
_decode_header = msgspec.json.Decoder(dict[str, Any]).decode
_decode_object = msgspec.json.Decoder(dict[str, Any]).decode


def looks_signed(payload: Raw) -> bool:
    """Whether a CALLRESULT, whose frame does not say so, holds a JWS: no answer of OCPP has such members."""
    if b'"protected"' not in bytes(payload):
        return False
    try:
        return set(Jws.__struct_fields__) <= _decode_object(payload).keys()
    except _BAD_JSON:
        return False


def _is_object(payload: Raw) -> bool:
    try:
        _decode_object(payload)
    except _BAD_JSON:
        return False
    return True


def open_(payload: Raw, action: str, kind: Kind) -> Opened:
    """The message in a JWS; `action` without `-Signed`. Raises Unfit."""
    try:
        signed = _decode_jws(payload)
    except _BAD_JSON as error:
        text = f"A signed message holds a flattened JWS: payload, protected, signature ({str(error)[:80]})."
        raise Unfit("signed_form", text, "FormatViolation") from None
    inner = Raw(_bytes(signed.payload, "payload"))
    if not _is_object(inner):
        raise Unfit("signed_form", "What is signed is no JSON object.", "FormatViolation")
    _bytes(signed.signature, "signature")
    try:
        header = _decode_header(_bytes(signed.protected, "protected"))
    except _BAD_JSON:
        raise Unfit("signed_form", "The protected header of the JWS is no JSON object.", "FormatViolation") from None
    findings: list[Finding] = []
    algorithm = _algorithm(header)
    _check_action(header, action, findings)
    _check_kind(header, kind, findings)
    return Opened(inner, algorithm, _thumbprint(header, findings), signed, tuple(findings))


def _bytes(text: str, name: str) -> bytes:
    try:
        if _BASE64.fullmatch(text):
            return urlsafe_b64decode(text.rstrip("=") + "=" * (-len(text.rstrip("=")) % 4))
    except binascii.Error:
        pass
    raise Unfit("signed_form", f"The JWS member {name} is not base64url.", "FormatViolation")


def _algorithm(header: dict[str, Any]) -> str:
    algorithm = header.get("alg")
    if algorithm not in ALGORITHMS:
        raise Unfit("signed_algorithm", f"The algorithm must be {', '.join(ALGORITHMS)}; it is {_shown(algorithm)}.")
    if "crit" in header or header.get("b64", True) is not True:
        raise Unfit("signed_extension", "The JWS asks for extensions (crit, b64) that OCPP does not have.")
    return str(algorithm)


def _check_action(header: dict[str, Any], action: str, findings: list[Finding]) -> None:
    given = header.get("OCPPAction")
    if given == action + SUFFIX:
        findings.append(Finding("signed_action_with_suffix", "OCPPAction"))
    elif given != action:
        raise Unfit("signed_action", f"The signature is for the action {_shown(given)}, not for {action[:50]}.")


def _check_kind(header: dict[str, Any], kind: int, findings: list[Finding]) -> None:
    """The specification spells it OCPPMessageTypedId; a number or a text."""
    name = "OCPPMessageTypedId"
    if name not in header and "OCPPMessageTypeId" in header:
        name = "OCPPMessageTypeId"
        findings.append(Finding("signed_type_spelled_otherwise", name))
    given = header.get(name)
    if isinstance(given, bool) or str(given) != str(kind):
        raise Unfit("signed_type", f"The signature is for message type {_shown(given)}, not for {kind}.")


def _thumbprint(header: dict[str, Any], findings: list[Finding]) -> str | None:
    given = header.get("x5t#S256")
    if given is None:
        findings.append(Finding("signed_without_thumbprint", "x5t#S256"))
        return None
    try:
        digest = _bytes(str(given), "x5t#S256")
    except Unfit:
        digest = b""
    if len(digest) != hashlib.sha256().digest_size:
        raise Unfit("signed_thumbprint", "x5t#S256 is not the SHA-256 of a certificate in base64url.")
    return digest.hex()


def _shown(value: object) -> str:
    return "missing" if value is None else repr(value)[:60]


# ---- keys


def public_key(certificate: str) -> Key:
    """The key of the first certificate in this PEM. Raises ValueError for a key that no algorithm takes."""
    return _key(certificate)


class SigningKey:
    """A private key with its certificate, both PEM; `algorithm` by default ES256 or RS256, as the key is. Raises
    ValueError."""

    def __init__(self, key: str, certificate: str, *, algorithm: str = "") -> None:
        self._key = _key(key)
        fitting = ("ES256",) if isinstance(self._key, ECKey) else ("RS256", "RS384")
        self.algorithm = algorithm or fitting[0]
        if self.algorithm not in fitting:
            raise ValueError(f"The key is for {' or '.join(fitting)}, not for {self.algorithm}.")
        first = certificate[certificate.index("-----BEGIN") :].partition("-----END CERTIFICATE-----")
        digest = hashlib.sha256(ssl.PEM_cert_to_DER_cert("".join(first[:2]))).digest()
        self.thumbprint = digest.hex()
        self._x5t = urlsafe_b64encode(digest).rstrip(b"=").decode()

    def sign(self, action: str, kind: Kind, payload: bytes) -> bytes:
        """The flattened JWS, as JSON, that goes out in the place of `payload`."""
        header = {"alg": self.algorithm, "x5t#S256": self._x5t, "OCPPAction": action, "OCPPMessageTypedId": kind}
        return _encode(jws.serialize_json({"protected": header}, payload, self._key, registry=_registry))


def _key(pem: str) -> Key:
    kinds: tuple[type[ECKey], type[RSAKey]] = (ECKey, RSAKey)
    for kind in kinds:
        try:
            key = kind.import_key(pem)
        except (InvalidKeyTypeError, InvalidKeyCurveError):
            continue
        if isinstance(key, RSAKey) or key.curve_name == "P-256":
            return key
    raise ValueError("Messages are signed with a key that is RSA or on the curve P-256.")


# ---- in the books


class _Asked(Struct, array_like=True):
    kind: int
    message_id: str
    action: str
    payload: Raw


class _Answered(Struct, array_like=True):
    kind: int
    message_id: str
    payload: Raw


_asked, _answered = msgspec.json.Decoder(_Asked).decode, msgspec.json.Decoder(_Answered).decode


def kept(kind: int, message_id: str, action: str | None, payload: bytes | Raw, signed: bytes | Raw) -> str:
    """A signed frame as it is kept: the plain one, and its JWS as one more element; no action for a CALLRESULT."""
    head = (kind, message_id) if action is None else (kind, message_id, action)
    return _encode((*head, Raw(bytes(payload)), Raw(bytes(signed)))).decode()


def payload_of(frame: str) -> Raw:
    """The payload of a CALL or SEND as it is kept, signed or not."""
    return _asked(frame).payload


def answer_of(frame: str) -> Raw:
    """The payload of a CALLRESULT as it is kept, signed or not."""
    return _answered(frame).payload
