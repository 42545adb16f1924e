"""I08: a driver's own tariff, told with the answer to Authorize to a 2.1 station that computes the cost by itself."""

from __future__ import annotations

from typing import Any

from msgspec import UNSET

from ohmstead.blocks import Call
from ohmstead.blocks.command import Unsupported
from ohmstead.blocks.procedures import odd
from ohmstead.blocks.tariff import in_words_of
from ohmstead.domain.device_model import Name
from ohmstead.domain.tokens import key
from ohmstead.ocpp.versions import V21
from ohmstead.store import device_model, tariffs

ENABLED = Name("TariffCostCtrlr", "Enabled", variable_instance="Tariff")


async def driver_tariff(call: Call, token: str) -> Any:
    """The token's own tariff as TariffType, where the station can use it (I08.FR.01). What OCPP cannot say is not sent:
    then the station falls back to our cost (I08.FR.34)."""
    if call.version is not V21 or not token:
        return UNSET
    tariff = await tariffs.tariff_of_token(call.db, call.station.tenant_id, key(token))
    if tariff is None or not await _computes(call):
        return UNSET
    try:
        return in_words_of(call.v, tariff)
    except Unsupported as why:
        odd(call, "tariff_not_told", f"the tariff {tariff.id} cannot be told to the station: {why}")
        return UNSET


async def _computes(call: Call) -> bool:
    known = await device_model.load_some(call.db, call.station.tenant_id, call.station.id, [ENABLED])
    said = known.value(ENABLED)
    return said is not None and said.strip().lower() == "true"
