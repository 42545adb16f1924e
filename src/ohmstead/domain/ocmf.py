"""The Open Charge Metering Format: what a signed meter value says, and what exactly was signed.

    OCMF|{payload}|{"SA": algorithm, "SE": encoding, "SD": signature}

The signature is over the payload's text as it stands; nothing is normalised.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

import msgspec
from msgspec import Struct

from ohmstead.domain.metering import normalise

PLAIN = "ECDSA-secp256r1-SHA256"
"""The algorithm where none is named."""
_TIME = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d),?(\d{0,3})\s*([+-]\d{4}|Z)?")
_TYPES = {"B": "begin", "C": "charging", "X": "exception", "E": "end", "L": "end", "R": "end", "A": "end", "P": "end",
          "S": "suspended", "T": "tariff_change"}  # fmt: skip


class Unreadable(Exception):
    """This is no OCMF; the message says why."""


class Reading(Struct, frozen=True, kw_only=True):
    """One register in it."""

    at: datetime | None
    kind: str | None
    """begin, charging, end, ...; None where it does not say."""
    value: float
    unit: str
    """Wh for energy; else as it stands."""
    identifier: str | None
    """OBIS code of the register."""
    good: bool
    """The meter's own status is G."""


class Ocmf(Struct, frozen=True, kw_only=True):
    """One data set."""

    signed: bytes
    readings: tuple[Reading, ...]
    algorithm: str
    signature: bytes
    meter_serial: str | None
    pagination: str | None


def parse(text: str) -> Ocmf:
    """Read one data set. Raises Unreadable."""
    head, _, rest = text.strip().partition("|")
    payload, _, tail = rest.rpartition("|")
    if head != "OCMF" or not payload:
        raise Unreadable("it does not begin with OCMF|")
    try:
        said, seal = msgspec.json.decode(payload, type=dict[str, Any]), msgspec.json.decode(tail, type=dict[str, Any])
        return Ocmf(
            signed=payload.encode(),
            readings=tuple(_readings(said)),
            algorithm=str(seal.get("SA", PLAIN)),
            signature=_bytes(str(seal["SD"]), str(seal.get("SE", "hex"))),
            meter_serial=None if said.get("MS") is None else str(said["MS"]),
            pagination=None if said.get("PG") is None else str(said["PG"]),
        )
    except (msgspec.DecodeError, KeyError, TypeError, ValueError) as error:
        raise Unreadable(f"{type(error).__name__}: {error}") from None


def _bytes(text: str, encoding: str) -> bytes:
    return base64.b64decode(text, validate=True) if encoding == "base64" else binascii.unhexlify(text)


def _readings(said: Mapping[str, Any]) -> list[Reading]:
    """A reading says only what differs from the one before it: unit, identifier and status are carried on."""
    found: list[Reading] = []
    carried: dict[str, Any] = {}
    for one in said.get("RD", ()):
        carried |= {name: value for name, value in one.items() if name in ("RU", "RI", "ST", "TM")}
        if one.get("RV") is None:
            continue
        value, unit = normalise(float(one["RV"]), carried.get("RU", "kWh"))
        kind = one.get("TX")
        found.append(
            Reading(
                at=_time(str(carried.get("TM", ""))),
                kind=None if kind is None else _TYPES.get(str(kind)),
                value=value,
                unit=unit,
                identifier=carried.get("RI"),
                good=carried.get("ST", "G") == "G",
            )
        )
    return found


def _time(text: str) -> datetime | None:
    """`2018-07-24T13:22:04,000+0200 S`: the letter at the end says how sure the clock is."""
    match = _TIME.match(text)
    if match is None or match[3] is None:
        return None
    return datetime.fromisoformat(f"{match[1]}.{match[2] or '000'}{match[3]}")


def public_key(text: str) -> bytes:
    """A key as stations send it, in DER: `oca:base16:asn1:3059...`, that in base64, base64 or hex of DER. Raises
    Unreadable."""
    plain = text.strip()
    for _ in range(2):
        if plain.startswith("oca:"):
            _, encoding, *_, data = plain.split(":")
            return _key(data, "base64" if encoding == "base64" else "hex")
        try:
            inner = base64.b64decode(plain, validate=True)
        except (binascii.Error, ValueError):
            break
        if not inner.startswith(b"oca:"):
            break
        plain = inner.decode("ascii", "replace")
    return _key(plain, "hex" if re.fullmatch(r"[0-9A-Fa-f]+", plain) else "base64")


def _key(data: str, encoding: str) -> bytes:
    try:
        return _bytes(data, encoding)
    except ValueError as error:
        raise Unreadable(f"the public key cannot be read: {error}") from None
