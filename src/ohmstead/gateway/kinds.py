"""What the vendor catalogue knows of a session's station, applied: dispatch comes here before it decodes, `asking`
before a call leaves, admission before a version is agreed on.

A kind is looked up once for each state of the station's row. What is repaired is counted as a finding
(`repaired_<fix>`, `adapted_<capability>`), in bulk, after the answer.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec
from msgspec import Raw
from msgspec.structs import replace

from ohmstead import runtime
from ohmstead.blocks.command import Unsupported
from ohmstead.ocpp import rpc
from ohmstead.ocpp.codec import Finding
from ohmstead.store.findings import FOUND, finding_row
from ohmstead.vendors import About, Kind
from ohmstead.vendors.calls import adapted, capabilities, forbidden
from ohmstead.vendors.mending import Mended
from ohmstead.vendors.rows import Capabilities
from ohmstead.vendors.samples import named

if TYPE_CHECKING:
    from ohmstead.gateway.node import Node
    from ohmstead.gateway.session import Session
    from ohmstead.store.sessions import State, Station

Message = rpc.Call | rpc.Send
Findings = tuple[Finding, ...]
_NOTHING: Findings = ()
_object = msgspec.json.Decoder(dict[str, Any])


class SaysNothing(Exception):
    """After its repair nothing is left of a message."""

    def __init__(self, findings: Findings) -> None:
        super().__init__("nothing is left of the message")
        self.findings = findings


def of(session: Session) -> Kind:
    """What is known of stations like this one."""
    station = session.state.station
    if session.kind is None or session.kind[0] is not station:
        about = About(station.vendor, station.model, station.firmware_version, session.version.name)
        session.kind = (station, session.node.catalogue.kind(about))
    return session.kind[1]


def before_boot(node: Node, station: Station) -> Capabilities:
    """What a station can take that connects now, by what it said at its last boot."""
    kind = node.catalogue.kind(About(station.vendor, station.model, station.firmware_version, None))
    return capabilities(kind.capabilities | station.capabilities)


def is_strict(session: Session) -> bool:
    return (session.state.station.strictness or session.node.settings.stations.strictness) == "strict"


def fix_in(session: Session, message: Message, frame: str) -> tuple[Message, str, Findings]:
    """The message that is decoded in the place of this one, its frame, and what was repaired. Raises SaysNothing."""
    kind = of(session)
    if message.action == "BootNotification":  # it says itself of what kind it is
        vendor, model, firmware = named(bytes(message.payload))
        kind = session.node.catalogue.kind(About(vendor, model, firmware, session.version.name))
    if message.action not in kind.mending.calls:
        return message, frame, _NOTHING
    return _taken(message, frame, kind.mending.call(message.action, bytes(message.payload)))


def last_help(session: Session, message: Message, frame: str) -> tuple[Message, str, Findings]:
    """The same for a message that was refused, by the repairs for everybody."""
    mending = session.node.catalogue.everybody(session.version.name).mending
    return _taken(message, frame, mending.call(message.action, bytes(message.payload)))


def _taken(message: Message, frame: str, mended: Mended) -> tuple[Message, str, Findings]:
    findings = _findings(mended)
    if not findings:
        return message, frame, findings
    if mended.payload is None:
        raise SaysNothing(findings)
    repaired: Message = replace(message, payload=Raw(mended.payload))
    if message.signed is not None:  # what was signed is kept as it was signed
        return repaired, frame, findings
    kind = 2 if isinstance(message, rpc.Call) else 6
    return (
        repaired,
        msgspec.json.encode([kind, message.message_id, message.action, repaired.payload]).decode(),
        findings,
    )


def fix_text(session: Session, text: bytes) -> tuple[bytes, str, Findings]:
    """A text that is no JSON, repaired; nothing is found where no repair changed it."""
    mended = of(session).mending.text(text)
    if not mended.steps and not is_strict(session):
        mended = session.node.catalogue.everybody(session.version.name).mending.text(text)
    return mended.payload or b"", "", _findings(mended)


def fix_answer(session: Session, action: str, payload: Raw) -> Raw:
    """The answer to a call of ours that is decoded in the place of this one."""
    findings = _NOTHING
    for kind in (of(session), session.node.catalogue.everybody(session.version.name)):
        mended = kind.mending.answer(action, bytes(payload))
        if mended.payload is not None and mended.steps:
            payload, findings = Raw(mended.payload), findings + _findings(mended)
    note(session, action, findings)
    return payload


def fix_out(session: Session, action: str, payload: bytes) -> bytes:
    """The payload of a call of ours as such a station takes it. Raises Unsupported where it must not be asked this."""
    kind = of(session)
    said = kind.capabilities | session.state.station.capabilities
    if not said:
        return payload
    can, value = capabilities(said), _object.decode(payload)
    if (entry := forbidden(can, action, value)) is not None:
        why = next((f" ({row.name}: {row.why})" for row in kind.rows if entry in _forbids(row.capabilities)), "")
        raise Unsupported(f"{entry} is in this station's forbidden_commands{why}")
    made = adapted(can, action, value)
    if not made.followed:
        return payload
    note(session, action, tuple(Finding(f"adapted_{name}", "") for name in made.followed))
    return msgspec.json.encode(made.payload)


def _forbids(can: Capabilities) -> tuple[str, ...]:
    return can.forbidden_commands or ()


def capable(session: Session, state: State) -> State:
    """The state with all that is known of what the station can take; an operator's own word comes first."""
    known, station = of(session).capabilities, state.station
    if not known:
        return state
    return replace(state, station=replace(station, capabilities=known | station.capabilities))


def note(session: Session, action: str, findings: Findings) -> None:
    """Count what was odd or repaired; nobody waits for it."""
    if findings:
        now, station = runtime.now(), session.state.station
        for one in findings:
            session.node.lazy.execute(FOUND, **finding_row(station, action, one.code, one.text, now))


def words(findings: Findings) -> str | None:
    """Findings for the message log."""
    return "; ".join(f"{one.code} {one.text}".rstrip() for one in findings) or None


def _findings(mended: Mended) -> Findings:
    return tuple(Finding(f"repaired_{step.name}", f"row {step.row}") for step in mended.steps)
