"""I: tariffs in stations that compute the cost themselves (2.1), and the cost shown by those that do not."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from decimal import Decimal
from types import ModuleType
from typing import Annotated, Any, ClassVar, get_args

from msgspec import UNSET, Meta, UnsetType

from ohmstead.blocks.command import Ask, Calls, Command, Outcome, Unsupported, given, outcome, unless_none
from ohmstead.domain.tariffs import Element, Per, Tariff
from ohmstead.ocpp.versions import V21
from ohmstead.store import tariffs
from ohmstead.store.db import Db

Evse = Annotated[int, Meta(ge=0, description="0: all")]
TariffId = Annotated[str, Meta(min_length=1, max_length=60)]
TransactionId = Annotated[str, Meta(min_length=1, max_length=36)]


class SetDefaultTariff(Command):
    """Give a station the tariff by which it charges who has none of their own (I07)."""

    actions: ClassVar = ("SetDefaultTariff",)
    waits_offline: ClassVar[bool] = True
    tariff_id: TariffId
    evse_id: Evse = 0

    async def prepare(self, ask: Ask, db: Db) -> None:
        ask.tariff = await tariffs.current(db, ask.station.tenant_id, self.tariff_id)

    def to_v2(self, ask: Ask) -> Calls:
        answer = yield _v21(ask, "set_default_tariff").SetDefaultTariffRequest(
            evse_id=self.evse_id, tariff=_said(ask, self.tariff_id)
        )
        return outcome(answer)


class ChangeTransactionTariff(Command):
    """Let a running transaction go on by another tariff (I11); of the same currency, the station refuses others."""

    actions: ClassVar = ("ChangeTransactionTariff",)
    transaction_id: TransactionId
    tariff_id: TariffId

    async def prepare(self, ask: Ask, db: Db) -> None:
        ask.tariff = await tariffs.current(db, ask.station.tenant_id, self.tariff_id)

    def to_v2(self, ask: Ask) -> Calls:
        answer = yield _v21(ask, "change_transaction_tariff").ChangeTransactionTariffRequest(
            transaction_id=self.transaction_id, tariff=_said(ask, self.tariff_id)
        )
        return outcome(answer)


class GetTariffs(Command):
    """Ask a station for the tariffs it has (I09)."""

    actions: ClassVar = ("GetTariffs",)
    evse_id: Evse = 0

    def to_v2(self, ask: Ask) -> Calls:
        answer = yield _v21(ask, "get_tariffs").GetTariffsRequest(evse_id=self.evse_id)
        if answer.status == "NoTariff":
            return Outcome(True, "NoTariff")
        return outcome(answer)


class ClearTariffs(Command):
    """Take tariffs away from a station, all of them where none is named (I10)."""

    actions: ClassVar = ("ClearTariffs",)
    waits_offline: ClassVar[bool] = True
    tariff_ids: Annotated[list[TariffId], Meta(min_length=1)] | UnsetType = UNSET
    evse_id: Evse | UnsetType = UNSET

    def to_v2(self, ask: Ask) -> Calls:
        answer = yield _v21(ask, "clear_tariffs").ClearTariffsRequest(tariff_ids=self.tariff_ids, evse_id=self.evse_id)
        refused = [one for one in answer.clear_tariffs_result if one.status == "Rejected"]
        words = [f"{given(one.tariff_id) or 'tariff'}: {one.status}" for one in answer.clear_tariffs_result]
        return Outcome(not refused, "; ".join(words))


class CostUpdated(Command):
    """Show the driver what a running transaction costs so far (I02)."""

    actions: ClassVar = ("CostUpdated",)
    needs_accepted: ClassVar[bool] = True
    transaction_id: TransactionId
    total_cost: Annotated[str, Meta(pattern=r"^\d{1,9}(\.\d{1,4})?(?!\n)$")]

    def to_v2(self, ask: Ask) -> Calls:
        yield ask.v.CostUpdatedRequest(transaction_id=self.transaction_id, total_cost=float(self.total_cost))
        return Outcome(True)


def _said(ask: Ask, id: str) -> Any:
    if ask.tariff is None:
        raise Unsupported(f"There is no tariff {id!r}.")
    return in_words_of(ask.v, ask.tariff)


def _v21(ask: Ask, what: str) -> ModuleType:
    if ask.version is not V21:
        raise Unsupported(f"OCPP {ask.version.name} has no {what}; 2.1 has.")
    return ask.v


# ------------------------------------------------------------------ our tariff in 2.1's words


def in_words_of(v: ModuleType, tariff: Tariff) -> Any:
    """A TariffType that charges the same as ours. Raises Unsupported for what OCPP cannot say."""
    if tariff.step_wh is not None:
        raise Unsupported("A tariff of OCPP has no step of energy (step_wh); the CSMS can charge it, a station cannot.")
    by: dict[str, list[Element]] = {per: [] for per in get_args(Per)}
    for one in tariff.elements:
        by[one.per].append(one)
    taxes = [v.TaxRateType(type="vat", tax=float(tariff.tax_percent))] if tariff.tax_percent else UNSET
    energy = [v.TariffEnergyPriceType(price_kwh=float(one.price), conditions=_when(v, one)) for one in by["kwh"]]
    charging = [_per_minute(v, one, one.price) for one in by["minute"]]
    idle = [_per_minute(v, one, price) for one, price in _idle(by["minute"], by["idle_minute"])]
    fixed = [_flat(v, one) for one in by["session"]]
    reserved = [_flat(v, one) for one in by["reservation"]]
    waiting = [_per_minute(v, one, one.price) for one in by["reservation_minute"]]
    return v.TariffType(
        tariff_id=id_of(tariff),
        currency=tariff.currency,
        energy=v.TariffEnergyType(prices=energy, tax_rates=taxes) if energy else UNSET,
        charging_time=v.TariffTimeType(prices=charging, tax_rates=taxes) if charging else UNSET,
        idle_time=v.TariffTimeType(prices=idle, tax_rates=taxes) if idle else UNSET,
        fixed_fee=v.TariffFixedType(prices=fixed, tax_rates=taxes) if fixed else UNSET,
        reservation_time=v.TariffTimeType(prices=waiting, tax_rates=taxes) if waiting else UNSET,
        reservation_fixed=v.TariffFixedType(prices=reserved, tax_rates=taxes) if reserved else UNSET,
        min_cost=_net(v, tariff.min_price),
        max_cost=_net(v, tariff.max_price),
    )


def id_of(tariff: Tariff) -> str:
    """New content is a new id (I08.FR.08)."""
    return f"{tariff.id[:50]}.{tariff.version}"


def _idle(minute: list[Element], idle: list[Element]) -> Iterable[tuple[Element, Decimal]]:
    """In OCPP time is either charging or idle; ours of `minute` is both, and `idle_minute` comes on top."""
    if not minute or not idle:
        return [(one, one.price) for one in (minute or idle)]
    if len(minute) > 1 or _is_conditional(minute[0]):
        raise Unsupported("A tariff of OCPP cannot add a price per idle minute to one per minute that has conditions.")
    base = minute[0].price
    rest = [] if any(not _is_conditional(one) for one in idle) else [(minute[0], base)]
    return [*((one, one.price + base) for one in idle), *rest]


def _is_conditional(one: Element) -> bool:
    return any((one.from_time, one.to_time, one.days, one.from_date, one.to_date, one.min_power_w))


def _per_minute(v: ModuleType, one: Element, price: Decimal) -> Any:
    return v.TariffTimePriceType(price_minute=float(price), conditions=_when(v, one))


def _flat(v: ModuleType, one: Element) -> Any:
    return v.TariffFixedPriceType(price_fixed=float(one.price), conditions=_fixed(v, one))


def _when(v: ModuleType, one: Element) -> Any:
    if not _is_conditional(one):
        return UNSET
    return v.TariffConditionsType(**_times(one), min_power=unless_none(one.min_power_w))


def _fixed(v: ModuleType, one: Element) -> Any:
    if one.min_power_w is not None:
        raise Unsupported("A flat price of OCPP cannot depend on the power.")
    return v.TariffConditionsFixedType(**_times(one)) if _is_conditional(one) else UNSET


def _times(one: Element) -> dict[str, Any]:
    """validToDate is the first day after."""
    until = None if one.to_date is None else one.to_date + timedelta(days=1)
    return {
        "start_time_of_day": unless_none(one.from_time and one.from_time.strftime("%H:%M")),
        "end_time_of_day": unless_none(one.to_time and one.to_time.strftime("%H:%M")),
        "day_of_week": [day.capitalize() for day in one.days] or UNSET,
        "valid_from_date": unless_none(one.from_date and one.from_date.isoformat()),
        "valid_to_date": unless_none(until and until.isoformat()),
    }


def _net(v: ModuleType, price: Decimal | None) -> Any:
    return UNSET if price is None else v.PriceType(excl_tax=float(price))
