"""What a 2.1 station charges by itself: default tariffs, those of drivers, and the costDetails it tells (I07-I12).

It keeps prices without conditions; a tariff with conditions it refuses, as the specification lets it. While the car
takes nothing the time is idle time. With `TariffCostCtrlr.Enabled[RunningCost]` it tells the cost with each sample too.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import ROUND_HALF_UP, Decimal
from typing import TYPE_CHECKING, Any

from ohmstead.simulator.outbox import Words

if TYPE_CHECKING:
    from ohmstead.simulator.controller import Controller
    from ohmstead.simulator.session import Happened, Transaction

PARTS = ("energy", "chargingTime", "idleTime", "fixedFee", "reservationTime", "reservationFixed")
_CENT = Decimal("0.01")
_RUNNING = "TariffCostCtrlr.Enabled[RunningCost]"
_IDLE = ("Idle", "EVConnected", "SuspendedEV")


class Tariffs:
    """The tariffs of one station."""

    def __init__(self, controller: Controller) -> None:
        self._controller = controller
        self._default: dict[int, Words] = {}
        self._of_driver: dict[str, Words] = {}
        self._of_transaction: dict[str, Words] = {}
        self._left: dict[str, Words | None] = {}
        """The tariff of a transaction that goes on by another one, until that is told."""
        self._charged: dict[str, tuple[dict[str, Decimal], Decimal, Decimal]] = {}
        """What a transaction had taken when its tariff was changed, and its net and tax until then (I11.FR.08)."""
        self._states: dict[str, tuple[int, bool, int]] = {}
        """By transaction: when its last event was, whether it idles since, and microseconds it idled until then."""

    def handlers(self) -> dict[str, Callable[[Words], Words]]:
        """The calls that are answered here."""
        return {
            "SetDefaultTariff": self.set_default,
            "GetTariffs": self.get,
            "ClearTariffs": self.clear,
            "ChangeTransactionTariff": self.change,
        }

    def set_default(self, words: Words) -> Words:
        """For one EVSE, or (0) for all."""
        evse_ids = [words["evseId"]] if words["evseId"] else list(self._controller.sessions)
        if not set(evse_ids) <= self._controller.sessions.keys():
            return {"status": "Rejected"}
        if _has_conditions(words["tariff"]):
            return {"status": "ConditionNotSupported"}
        self._default |= dict.fromkeys(evse_ids, words["tariff"])
        return {"status": "Accepted"}

    def get(self, words: Words) -> Words:
        """The default ones of an EVSE, or (0) of all, with those of drivers."""
        wanted = [words["evseId"]] if words["evseId"] else list(self._controller.sessions)
        found: dict[str, Words] = {}
        for evse_id, tariff in self._default.items():
            if evse_id in wanted:
                kept = found.setdefault(tariff["tariffId"], {"tariffKind": "DefaultTariff", "evseIds": []})
                kept["evseIds"].append(evse_id)
        for token, tariff in self._of_driver.items() if not words["evseId"] else ():
            kept = found.setdefault(tariff["tariffId"], {"tariffKind": "DriverTariff", "idTokens": []})
            kept.setdefault("idTokens", []).append(token)
        if not found:
            return {"status": "NoTariff"}
        return {"status": "Accepted", "tariffAssignments": [{"tariffId": id, **one} for id, one in found.items()]}

    def clear(self, words: Words) -> Words:
        """Those that are named, or all default ones; running transactions keep what they have."""
        known = {tariff["tariffId"] for tariff in [*self._default.values(), *self._of_driver.values()]}
        wanted = words.get("tariffIds") or sorted(known)
        self._default = _without(self._default, wanted)
        self._of_driver = _without(self._of_driver, wanted)
        results: list[Words] = [{"tariffId": id, "status": "Accepted" if id in known else "NoTariff"} for id in wanted]
        return {"clearTariffsResult": results or [{"status": "NoTariff"}]}

    def change(self, words: Words) -> Words:
        """Let a running transaction go on by another tariff of the same currency."""
        session = self._controller.charging(words["transactionId"])
        if session is None or session.transaction is None:
            return {"status": "TxNotFound"}
        if _has_conditions(words["tariff"]):
            return {"status": "ConditionNotSupported"}
        before = self._of(session.transaction)
        if before is not None and before["currency"] != words["tariff"]["currency"]:
            return {"status": "NoCurrencyChange"}
        transaction = session.transaction
        self._left[transaction.id] = before
        self._of_transaction[transaction.id] = words["tariff"]
        self._controller.after(lambda: session.ask("TariffChanged"))
        return {"status": "Accepted"}

    def of_driver(self, token: str, tariff: Words | None) -> None:
        """The tariff that came with the answer to Authorize; None: there was none."""
        if tariff is None or _has_conditions(tariff):
            self._of_driver.pop(token, None)
        else:
            self._of_driver[token] = tariff

    def _of(self, transaction: Transaction) -> Words | None:
        own = self._of_transaction.get(transaction.id)
        driver = None if transaction.token is None else self._of_driver.get(transaction.token.id)
        return own or driver or self._default.get(transaction.evse_id)

    def details(self, transaction: Transaction, happened: Happened) -> Words | None:
        """costDetails of a transaction at its end, and while it runs where that is on; None where no tariff was set."""
        idle_s = self._idled(transaction, happened) // 1_000_000
        running, tariff = self._controller.variables.named(_RUNNING), self._of(transaction)
        wanted = happened.kind == "Ended" or (running is not None and running.value.lower() == "true")
        if tariff is None or happened.reading is None:
            return None
        kwh = Decimal(round(happened.reading.register_wh - transaction.start_wh)) / 1000
        seconds = (happened.at - transaction.started_at) // 1_000_000
        charging, idle = Decimal(seconds - idle_s) / 60, Decimal(idle_s) / 60
        quantities = {"energy": kwh, "chargingTime": charging, "idleTime": idle, "fixedFee": Decimal(1)}
        if happened.trigger == "TariffChanged" and transaction.id in self._left:
            left = self._left.pop(transaction.id)
            self._charged[transaction.id] = (quantities, *self._cost(transaction, quantities, left or {}))
        if not wanted:
            return None
        net, tax = (one.quantize(_CENT, ROUND_HALF_UP) for one in self._cost(transaction, quantities, tariff))
        return {
            "totalCost": {
                "currency": tariff["currency"],
                "typeOfCost": "NormalCost",
                "total": {"exclTax": float(net), "inclTax": float(net + tax)},
            },
            "totalUsage": {"energy": float(kwh), "chargingTime": seconds - idle_s, "idleTime": idle_s},
        }

    def _cost(self, transaction: Transaction, until: dict[str, Decimal], tariff: Words) -> tuple[Decimal, Decimal]:
        """Net and tax: what was charged before the tariff, and by it what has come since."""
        before, net, tax = self._charged.get(transaction.id, (dict.fromkeys(until, Decimal(0)), Decimal(0), Decimal(0)))
        for part, quantity in until.items():
            amount = (quantity - before[part]) * _price(tariff.get(part))
            net, tax = net + amount, tax + amount * _tax_percent(tariff.get(part)) / 100
        return net, tax

    def named(self, transaction: Transaction) -> str | None:
        """The id of the tariff by which a transaction is charged now."""
        tariff = self._of(transaction)
        return None if tariff is None else str(tariff["tariffId"])

    def _idled(self, transaction: Transaction, happened: Happened) -> int:
        """Microseconds without charging up to this event, by the states that were told."""
        before, idles, total = self._states.get(transaction.id, (happened.at, False, 0))
        total += (happened.at - before) if idles else 0
        self._states[transaction.id] = (happened.at, happened.charging_state in _IDLE, total)
        if happened.kind == "Ended":
            del self._states[transaction.id]
        return total


def _has_conditions(tariff: Words) -> bool:
    return any("conditions" in price for part in PARTS for price in tariff.get(part, {}).get("prices", ()))


def _price(part: Words | None) -> Decimal:
    """The price of a part; only one can be there that has no conditions."""
    if part is None:
        return Decimal(0)
    price = part["prices"][0]
    return _exact(next(price[name] for name in ("priceKwh", "priceMinute", "priceFixed") if name in price))


def _tax_percent(part: Words | None) -> Decimal:
    return sum((_exact(rate["tax"]) for rate in (part or {}).get("taxRates", ())), Decimal(0))


def _exact(number: Any) -> Decimal:
    return Decimal(str(number))


def _without(kept: dict[Any, Words], ids: list[str]) -> dict[Any, Words]:
    return {key: tariff for key, tariff in kept.items() if tariff["tariffId"] not in ids}
