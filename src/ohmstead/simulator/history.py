"""Sessions from before the station's first boot, which it has not told anybody yet (some send years of them)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ohmstead.simulator.evse import Reading
from ohmstead.simulator.session import Happened, Session, Token, Transaction

if TYPE_CHECKING:
    from ohmstead.simulator.controller import Controller

_MINUTE = 60_000_000
_EVERY_MINUTES, _MINUTES = 90, 40
_WH = 5_000.0
TOKEN = Token("HISTORY-1")


def tell(controller: Controller, sessions: int) -> None:
    """Queue the messages of so many past sessions, the oldest first, and enter them in the station's books."""
    session = controller.sessions[min(controller.sessions)]
    for number in range(sessions, 0, -1):
        _tell(controller, session, controller.clock - number * _EVERY_MINUTES * _MINUTE, number)


def _tell(controller: Controller, session: Session, at: int, number: int) -> None:
    evse = session.evse
    before = evse.register_wh - number * _WH
    past = Transaction(controller.dialect.new_transaction_id(), evse.id, 1, at, before, TOKEN)
    past.end_wh = before + _WH
    controller.books.append(past)
    now = evse.read()

    def happened(minutes: int, **more: object) -> None:
        part: Reading = now._replace(register_wh=before + _WH * minutes / _MINUTES)
        told = {"at": at + minutes * _MINUTE, "reading": part, "charging_state": "Charging", **more}
        controller.tell(session, past, Happened(**told))  # type: ignore[arg-type]

    happened(0, kind="Started", trigger="Authorized", context="Transaction.Begin", connector_id=1, token=TOKEN)
    happened(_MINUTES // 2, kind="Updated", trigger="MeterValuePeriodic", context="Sample.Periodic")
    happened(_MINUTES, kind="Ended", trigger="EVDeparted", context="Transaction.End", stopped_reason="EVDisconnected")
