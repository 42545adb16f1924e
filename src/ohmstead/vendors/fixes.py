"""Repairs of what stations say: named pure functions on the raw payload of one 1.6 or 2.x message.

A fix gets the payload as plain values (numbers as int or Decimal) and the row's `value`, and returns the payload to be
read instead: the same object where there is nothing to mend, None where nothing is left of the message. It changes
nothing in place. `FIXES` are for the station's calls, `ANSWERS` for its answers to ours.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import Decimal
from typing import Any, NamedTuple

Payload = dict[str, Any]
Function = Callable[[Payload, str], Payload | None]
_PRINTABLE = re.compile(r"[^\x20-\x7e]")
_PLACEHOLDERS = frozenset({"timeout", "null", "undefined"})


class Fix(NamedTuple):
    """A function and the actions it is for."""

    actions: frozenset[str]
    function: Function


FIXES: dict[str, Fix] = {}
ANSWERS: dict[str, Fix] = {}


def _for(registry: dict[str, Fix], *actions: str) -> Callable[[Function], Function]:
    def register(function: Function) -> Function:
        registry[function.__name__] = Fix(frozenset(actions), function)
        return function

    return register


METERING = ("MeterValues", "StopTransaction")


@_for(FIXES, "BootNotification")
def vendor_name(payload: Payload, value: str) -> Payload:
    """An empty vendor name becomes `value`."""
    about, key = _boot(payload)
    if str(about.get(key, "")).strip():
        return payload
    return _with_boot(payload, {**about, key: value})


@_for(FIXES, "BootNotification")
def boot_placeholders(payload: Payload, value: str) -> Payload:
    """Fields that say `timeout` because an inner unit did not answer are left out; vendor and model stay."""
    about, key = _boot(payload)
    needed = (key, "chargePointModel", "model")
    kept = {name: one for name, one in about.items() if name in needed or not _is_placeholder(one)}
    return payload if len(kept) == len(about) else _with_boot(payload, kept)


@_for(FIXES, *METERING)
def meter_value_list(payload: Payload, value: str) -> Payload:
    """A `meterValue` that is one object becomes a list of it."""
    key = _metering(payload)
    return {**payload, key: [payload[key]]} if isinstance(payload.get(key), dict) else payload


@_for(FIXES, *METERING)
def numbers_as_text(payload: Payload, value: str) -> Payload:
    """Sampled values that are numbers become text, digit by digit as they were written."""
    return _samples(payload, lambda samples: [_as_text(one) for one in samples])


@_for(FIXES, *METERING, "TransactionEvent")
def without_empty_samples(payload: Payload, value: str) -> Payload | None:
    """Meter values without a sampled value are left out; a MeterValues of nothing else says nothing."""
    key = _metering(payload)
    given = payload.get(key)
    if not isinstance(given, list):
        return payload
    kept = [one for one in given if not (isinstance(one, dict) and one.get("sampledValue") == [])]
    if len(kept) == len(given):
        return payload
    if kept:
        return {**payload, key: kept}
    if key == "meterValue" and "eventType" not in payload:
        return None
    return {name: one for name, one in payload.items() if name != key}


@_for(FIXES, *METERING)
def total_current(payload: Payload, value: str) -> Payload:
    """A total current more than 10 % off the sum of its phases becomes that sum."""
    return _samples(payload, _with_total)


@_for(FIXES, "Authorize", "StartTransaction", "StopTransaction")
def token_without_suffix(payload: Payload, value: str) -> Payload:
    """`04A1B2_1847` -> `04A1B2`: what follows the last `value` is the station's own addition."""
    token = payload.get("idTag")
    head, found, _ = token.rpartition(value) if isinstance(token, str) and value else ("", "", "")
    return {**payload, "idTag": head} if found and head else payload


@_for(FIXES, "Authorize", "StartTransaction", "StopTransaction")
def printable_token(payload: Payload, value: str) -> Payload:
    """Characters that no token has leave the idTag."""
    token = payload.get("idTag")
    if not isinstance(token, str) or not _PRINTABLE.search(token):
        return payload
    return {**payload, "idTag": _PRINTABLE.sub("", token)}


@_for(ANSWERS, "GetConfiguration")
def unquoted_values(payload: Payload, value: str) -> Payload:
    """A value in quotes of its own (`"\\"Energy.Active.Import.Register\\""`) loses them."""
    given = payload.get("configurationKey")
    if not isinstance(given, list):
        return payload
    bare = [_unquoted(one) for one in given]
    return payload if bare == given else {**payload, "configurationKey": bare}


def _unquoted(one: Any) -> Any:
    text = one.get("value") if isinstance(one, dict) else None
    if isinstance(text, str) and len(text) >= 2 and text[0] == text[-1] == '"':
        return {**one, "value": text[1:-1]}
    return one


def _boot(payload: Payload) -> tuple[Payload, str]:
    """The object that names the station, and the key of the vendor in it."""
    inner = payload.get("chargingStation")
    return (inner, "vendorName") if isinstance(inner, dict) else (payload, "chargePointVendor")


def _with_boot(payload: Payload, about: Payload) -> Payload:
    return {**payload, "chargingStation": about} if "chargingStation" in payload else about


def _is_placeholder(value: Any) -> bool:
    return isinstance(value, str) and value.strip().lower() in _PLACEHOLDERS


def _metering(payload: Payload) -> str:
    return "transactionData" if "transactionData" in payload else "meterValue"


def _samples(payload: Payload, mend: Callable[[list[Any]], list[Any]]) -> Payload:
    """The payload with each list of sampled values mended."""
    key = _metering(payload)
    given = payload.get(key)
    if not isinstance(given, list):
        return payload
    result = [
        {**one, "sampledValue": mend(one["sampledValue"])}
        if isinstance(one, dict) and isinstance(one.get("sampledValue"), list)
        else one
        for one in given
    ]
    return payload if result == given else {**payload, key: result}


def _as_text(sample: Any) -> Any:
    value = sample.get("value") if isinstance(sample, dict) else None
    if isinstance(value, int | Decimal) and not isinstance(value, bool):
        return {**sample, "value": str(value)}
    return sample


def _with_total(samples: list[Any]) -> list[Any]:
    currents = [one for one in samples if isinstance(one, dict) and one.get("measurand") == "Current.Import"]
    phases = [amps for one in currents if (one.get("phase") or "")[:2] in ("L1", "L2", "L3") and (amps := _amps(one))]
    if len(phases) < 2:
        return samples
    total = sum(phases, Decimal(0))
    return [_totalled(one, total) if one in currents and "phase" not in one else one for one in samples]


def _totalled(sample: Payload, total: Decimal) -> Payload:
    said = _amps(sample)
    return sample if said is not None and abs(said - total) <= total / 10 else {**sample, "value": str(total)}


def _amps(sample: Payload) -> Decimal | None:
    try:
        return Decimal(str(sample.get("value")))
    except ArithmeticError:
        return None
