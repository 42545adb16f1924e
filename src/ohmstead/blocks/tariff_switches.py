"""I11: a transaction goes on by another tariff, from the moment at which its station says so.

The word is the station's: the event TariffChanged with the id of one of our tariffs (I11.FR.07). What was ordered and
never came into force is charged as before.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ohmstead.blocks.command import given
from ohmstead.domain.tariffs import Switch
from ohmstead.ocpp import codec
from ohmstead.ocpp.versions import V21
from ohmstead.runtime import from_datetime
from ohmstead.store import tariffs
from ohmstead.store.db import Db
from ohmstead.store.resources import frames
from ohmstead.store.tariffs import SWITCHED, Charge


async def switches_of(db: Db, charge: Charge, told: Iterable[tuple[str, str]]) -> list[Switch]:
    """The changes of tariff among the (action, frame) of a transaction, in order; to what is not ours, or is of another
    currency, is none."""
    found = []
    for (at, _), name in sorted(one for action, text in told if (one := _said(action, text)) is not None):
        id, _, version = name.rpartition(".")
        known = None if not version.isdecimal() else await tariffs.version_of(db, charge.tenant_id, id, int(version))
        if known is not None and known.currency == charge.tariff.currency:
            found.append(Switch(at, known))
    return found


def _said(action: str, text: str) -> tuple[tuple[int, int], str] | None:
    """When an event says it, and the tariff's name there; most say nothing of the kind and are not decoded."""
    frame = frames.read(text) if action == "TransactionEvent" and SWITCHED in text else None
    if frame is None:
        return None
    try:
        request: Any = codec.decode_request(V21, action, frame.payload)[0]
    except codec.Refused:
        return None
    name = given(request.transaction_info.tariff_id)
    if request.trigger_reason != SWITCHED or name is None:
        return None
    return (from_datetime(request.timestamp), request.seq_no), name
