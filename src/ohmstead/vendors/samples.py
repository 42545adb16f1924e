"""The samples of a row, run: what a station says fails, or is read wrongly, without the row, and is right with it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import msgspec

from ohmstead.ocpp import codec, rpc
from ohmstead.ocpp.versions import BY_NAME, V21, Version
from ohmstead.vendors.calls import adapted, forbidden, preferred
from ohmstead.vendors.mending import Mending
from ohmstead.vendors.rows import Quirk, Sample

LONGEST_NAME = 255
"""Characters of a name that are looked at; a kind is remembered by its names, and OCPP allows 50."""
_json = msgspec.json.decode


def run(row: Quirk, sample: Sample) -> str | None:
    """What is wrong with a sample of the row, in one line; None: it is right."""
    try:
        if sample.offers:
            return _offered(row, sample)
        if sample.call is not None:
            return _called(row, sample)
        return _answered(row, sample) if sample.answers else _said(row, sample)
    except (msgspec.MsgspecError, ValueError, IndexError, TypeError) as error:
        return f"the sample itself cannot be read: {error}"


def received(version: Version, mending: Mending, text: bytes, *, strict: bool = False) -> tuple[rpc.Event, list[str]]:
    """The event that a text is, after its repair where it is no JSON, and the repairs that were made."""
    event = rpc.Peer(version).receive(text, 0.0)
    if not isinstance(event, rpc.Unreadable):
        return event, []
    mended = mending.text(text)
    return rpc.Peer(version).receive(mended.payload or b"", 0.0), [step.name for step in mended.steps]


def replay(rows: Sequence[Quirk], frames: Iterable[bytes]) -> Iterator[str]:
    """What the rows do to recorded CALLs, a line for each that is changed, and a sum; whatever station they are of."""
    total = changed = unreadable = 0
    for total, frame in enumerate(frames, 1):
        done = [(row.name, *one) for row in rows if (one := _replayed(row, frame)) is not None]
        changed += bool(done)
        yield from (f"frame {total}: {name}: {', '.join(fixes)}: {made}" for name, fixes, made in done)
        unreadable += not done and isinstance(received(V21, Mending(), frame)[0], rpc.Unreadable)
    yield f"{total} frames, {changed} changed, {unreadable} unreadable"


def _replayed(row: Quirk, frame: bytes) -> tuple[list[str], str] | None:
    mending = Mending.of([row])
    event, fixes = received(V21, mending, frame)
    if not isinstance(event, rpc.Call):
        return None
    mended = mending.call(event.action, bytes(event.payload))
    fixes += [step.name for step in mended.steps]
    return (fixes, "nothing is left" if mended.payload is None else mended.payload.decode()) if fixes else None


def _said(row: Quirk, sample: Sample) -> str | None:
    assert sample.frame is not None
    version, text, mending = BY_NAME[sample.version], sample.frame.encode(), Mending.of([row])
    bare = rpc.Peer(version).receive(text, 0.0)
    event, repairs = received(version, mending, text)
    if not isinstance(event, rpc.Call):
        return f"the frame is no CALL, not even repaired: {getattr(event, 'reason', type(event).__name__)}"
    if event.action == "BootNotification" and not fits(row, version, bytes(event.payload)):
        return "the BootNotification is not of a station that this row matches"
    mended = mending.call(event.action, bytes(event.payload))
    if sample.dropped:
        return None if mended.payload is None else "the message is not dropped"
    if mended.payload is None:
        return "the message is dropped; expected `dropped = true`, or another repair"
    changed = bool(repairs or mended.steps)
    if (sample.becomes is None) == changed:
        return "it is changed, and `becomes` is missing" if changed else "nothing is changed"
    if changed and isinstance(bare, rpc.Call) and _json(mended.payload) == _json(bytes(bare.payload)):
        return "it is the same before and after"
    try:
        codec.decode_request(version, event.action, mended.payload)
    except codec.Refused as refused:
        return f"it is refused: {refused.description}"
    return None if sample.becomes is None else _same(mended.payload, sample.becomes)


def _answered(row: Quirk, sample: Sample) -> str | None:
    assert sample.frame is not None
    assert sample.answers is not None
    frame = _json(sample.frame.encode(), type=tuple[int, str, msgspec.Raw])
    mended = Mending.of([row]).answer(sample.answers, bytes(frame[2]))
    if not mended.steps or mended.payload is None:
        return "nothing is changed" if sample.becomes is not None else None
    codec.decode_response(BY_NAME[sample.version], sample.answers, mended.payload)
    return _same(mended.payload, sample.becomes or "null")


def _called(row: Quirk, sample: Sample) -> str | None:
    assert sample.call is not None
    _, _, action, payload = _json(sample.call.encode(), type=tuple[int, str, str, dict[str, Any]])
    version = BY_NAME[sample.version]
    codec.decode_request(version, action, msgspec.json.encode(payload), strict=True)
    entry = forbidden(row.capabilities, action, payload)
    if sample.refused or entry is not None:
        return None if sample.refused and entry else f"it is {'' if entry else 'not '}refused"
    made = adapted(row.capabilities, action, payload).payload
    if sample.becomes is None:
        return None if made == payload else "it is changed, and `becomes` is missing"
    if made == payload:
        return "nothing is changed"
    codec.decode_request(version, action, msgspec.json.encode(made), strict=True)
    return _same(msgspec.json.encode(made), sample.becomes)


def _offered(row: Quirk, sample: Sample) -> str | None:
    names = {version.subprotocol: version.name for version in BY_NAME.values()}
    spoken = next((names[one] for one in preferred(row.capabilities, sample.offers) if one in names), None)
    return None if spoken == sample.speaks else f"it speaks {spoken}"


def fits(row: Quirk, version: Version, payload: bytes) -> bool:
    """Whether a BootNotification is of a station that the row matches."""
    return row.match.fits(*named(payload), version.name)


def named(payload: bytes) -> tuple[str | None, str | None, str | None]:
    """Vendor, model and firmware in the payload of a BootNotification."""
    try:
        said = _json(payload)
    except (msgspec.MsgspecError, RecursionError, UnicodeError):
        return None, None, None
    said = said if isinstance(said, dict) else {}
    inner = said.get("chargingStation")
    if isinstance(inner, dict):
        found = (inner.get("vendorName"), inner.get("model"), inner.get("firmwareVersion"))
    else:
        found = (said.get("chargePointVendor"), said.get("chargePointModel"), said.get("firmwareVersion"))
    vendor, model, firmware = (one[:LONGEST_NAME] if isinstance(one, str) else None for one in found)
    return vendor, model, firmware


def _same(made: bytes, wanted: str) -> str | None:
    return None if _json(made) == _json(wanted.encode()) else f"it becomes {made.decode()}"
