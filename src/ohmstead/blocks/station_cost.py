"""I: what a 2.1 station says a transaction costs (costDetails), beside what we say."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from ohmstead.blocks.command import given
from ohmstead.domain import tariffs
from ohmstead.ocpp import codec
from ohmstead.ocpp.versions import V21
from ohmstead.runtime import from_datetime
from ohmstead.shapes.tariff import StationCost
from ohmstead.store.resources import frames


def with_station_cost(made: tariffs.Bill, told: Iterable[tuple[str, str]]) -> StationCost | None:
    """The last costDetails among the (action, frame) of a transaction, compared with our bill; None: it said none."""
    details = [one for action, text in told if action == "TransactionEvent" and (one := _details(text)) is not None]
    return _compared(made, max(details, key=lambda one: one[0])[1]) if details else None


def _details(text: str) -> tuple[tuple[int, int], Any] | None:
    """When an event says it, and its costDetails; most say nothing and are not decoded."""
    frame = frames.read(text) if "costDetails" in text else None
    if frame is None:
        return None
    try:
        request, _ = codec.decode_request(V21, "TransactionEvent", frame.payload)
    except codec.Refused:
        return None
    found = given(request.cost_details)
    return None if found is None else ((from_datetime(request.timestamp), request.seq_no), found)


def _compared(made: tariffs.Bill, details: Any) -> StationCost:
    cost, usage = details.total_cost, details.total_usage
    gross, net = given(cost.total.incl_tax), given(cost.total.excl_tax)
    said = gross if gross is not None else net
    failure = None
    if given(details.failure_to_calculate):
        failure = given(details.failure_reason) or "it does not say why"
    difference = None
    if said is not None and failure is None and cost.currency == made.currency:
        ours = made.net if gross is None else made.total
        difference = str(tariffs.rounded(Decimal(str(said)), made.currency) - ours)
    return StationCost(
        currency=cost.currency,
        total=None if said is None else f"{Decimal(str(said)):f}",
        includes_tax=gross is not None,
        energy_kwh=usage.energy,
        charging_time_s=usage.charging_time,
        idle_time_s=usage.idle_time,
        failure=failure,
        difference=difference,
    )


def difference(cost: StationCost | None) -> str | None:
    """In words, where it says another sum than we do."""
    if cost is None or cost.difference is None or not Decimal(cost.difference):
        return None
    return f"it says {cost.total} {cost.currency}"
