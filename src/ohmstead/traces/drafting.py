"""A persona drafted from a recording: the switches of the simulator that would make a station speak like this one.

A draft says only what the recording shows, each with the line that shows it. It is a TOML file for
`ohmstead simulate --persona`; whoever knows the station goes on from there.
"""

from __future__ import annotations

import json
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

from ohmstead.traces.reading import Trace
from ohmstead.traces.record import TO_CSMS, BadTrace, Said, exchanges

SETTINGS = "settings"
ENERGY = "Energy.Active.Import.Register"
REFUSALS = frozenset({"Rejected", "NotSupported", "NotImplemented", "Failed", "UnknownVendorId", "UnlockFailed"})
_ZONE = re.compile(r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.(\d+))?(Z|[+-]\d\d:?\d\d)?$")
_UUID = re.compile(r"^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$", re.I)


class Guess(NamedTuple):
    """A switch, its value, and the record that shows it."""

    table: str
    key: str
    value: Any
    shown_by: Said


def draft(trace: Trace, station: str | None = None) -> str:
    """The persona of a station of this trace, by default of the one that speaks most; raises BadTrace."""
    said = exchanges(trace.records)
    counts = Counter(one.record.identity for one in said if one.record.direction == TO_CSMS)
    identity = station or (counts.most_common(1)[0][0] if counts else "")
    own = [one for one in said if one.record.identity == identity]
    if not any(one.frame is not None and one.frame.kind == 2 for one in own):
        raise BadTrace(trace.file, None, f"expected calls of {identity or 'a station'}, found none")
    version = next((one.record.version for one in own if one.record.version is not None), "2.0.1")
    found: dict[tuple[str, str], Guess] = {}
    for look in LOOKS:
        for guess in look(own, version, said):
            found.setdefault((guess.table, guess.key), guess)
    return _written(trace.file, identity, version, len(own), list(found.values()))


def _written(file: str, identity: str, version: str, frames: int, guesses: Sequence[Guess]) -> str:
    names = {one.key: one.value for one in guesses if one.table == "boot"}
    shown = re.sub(r"[^a-z0-9]+", "-", f"{names.get('vendor', '')} {names.get('model', '')}".lower()).strip("-")
    odd = any(one.table not in ("boot", SETTINGS) for one in guesses)
    lines = [
        f"# Drafted from {file}: {frames} records of {identity}. Every switch names the line that shows it.",
        f"name = {_toml((shown or 'drafted')[:60])}",
        f"title = {_toml(f'As {identity} was recorded, OCPP {version}.')}",
        f"why = [{_toml(f'a recording: {file}')}]",
        f"marks = {_toml('odd' if odd else 'compliant')}",
        f"versions = [{_toml(version)}]",
    ]
    tables: dict[str, list[Guess]] = defaultdict(list)
    for one in guesses:
        tables[one.table].append(one)
    for table, own in tables.items():
        lines += ["", f"[{table}]"]
        for one in own:
            key = one.key if re.fullmatch(r"\w+", one.key) else _toml(one.key)
            lines.append(f"{key} = {_toml(one.value)}  # line {one.shown_by.record.line}")
    return "\n".join(lines) + "\n"


def _toml(value: Any) -> str:
    return json.dumps(value, ensure_ascii=True).replace("\x7f", "\\u007f")


# ---------------------------------------------------------------------- what is looked for

Looked = Iterator[Guess]
Look = Callable[[Sequence[Said], str, Sequence[Said]], Looked]


def _calls(own: Sequence[Said], *actions: str) -> Iterator[tuple[Said, dict[str, Any]]]:
    """What the station said of these kinds (all without), with payloads that are objects."""
    for one in own:
        parts = one.frame
        if parts is None or parts.kind not in (2, 6) or one.record.direction != TO_CSMS:
            continue
        if (not actions or parts.action in actions) and isinstance(parts.payload, dict):
            yield one, parts.payload


def _boot(own: Sequence[Said], version: str, _: Sequence[Said]) -> Looked:
    fields = {
        "vendor": ("chargePointVendor", "vendorName"),
        "model": ("chargePointModel", "model"),
        "firmware": ("firmwareVersion", "firmwareVersion"),
        "serial": ("chargePointSerialNumber", "serialNumber"),
    }
    for one, payload in _calls(own, "BootNotification"):
        told = payload if version == "1.6" else payload.get("chargingStation")
        if not isinstance(told, dict):
            continue
        for key, names in fields.items():
            value = told.get(names[version != "1.6"])
            if isinstance(value, str) and (value or key == "vendor"):
                shown = value.replace(one.record.identity, "{identity}") if one.record.identity else value
                if shown != "{identity}":
                    yield Guess("boot", key, shown, one)
        answered = one.answer
        for other, _payload in _calls(own, "StatusNotification"):
            if answered is not None and one.place < other.place < answered:
                yield Guess("boot", "statuses_at_once", True, other)


def _wire(own: Sequence[Said], version: str, _: Sequence[Said]) -> Looked:
    for one, payload in _calls(own):
        for value in _texts(payload, "timestamp"):
            fraction, zone = (found[1], found[2]) if (found := _ZONE.match(value)) else ("", "Z")
            if zone is None:
                yield Guess("wire", "times", "no-zone", one)
            elif zone not in ("Z", "+00:00"):
                yield Guess("wire", "times", "offset", one)
            elif fraction and len(fraction) > 6:
                yield Guess("wire", "times", "ticks", one)
        if None in _values(payload):
            yield Guess("wire", "nulls", True, one)
        if isinstance(payload.get("meterValue"), dict):
            yield Guess("wire", "meter_value", "object", one)
        if version == "1.6" and any(not isinstance(sample.get("value"), str) for sample in _samples(payload)):
            yield Guess("wire", "numbers", "bare", one)
    seen: set[str] = set()
    again = False
    for one in own:
        again = again or (one.record.kind == "open" and bool(seen))
        if one.frame is not None and one.frame.kind == 2 and one.record.direction == TO_CSMS:
            if again and one.frame.message_id == "1" and "1" in seen:
                yield Guess("wire", "message_ids", "per-connection", one)
            seen.add(one.frame.message_id)


def _events(own: Sequence[Said], version: str, _: Sequence[Said]) -> Looked:
    """Transactions of 2.x."""
    events = list(_calls(own, "TransactionEvent"))
    numbers = [payload.get("seqNo") for _, payload in events]
    if len(numbers) > 2 and set(numbers) == {0}:
        yield Guess("transactions", "seq_no", "always-zero", events[-1][0])
    last: dict[Any, Any] = {}
    places: dict[Any, Any] = {}
    stamps: dict[tuple[Any, Any], Said] = {}
    for one, payload in events:
        info = payload.get("transactionInfo")
        name = info.get("transactionId") if isinstance(info, dict) else None
        evse = payload.get("evse")
        place = places.setdefault(name, evse.get("id")) if isinstance(evse, dict) else places.get(name)
        if payload.get("eventType") == "Started":
            if isinstance(name, str) and not _UUID.match(name):
                form = "hex" if re.fullmatch(r"[0-9a-fA-F]+", name) else "word"
                yield Guess("transactions", "ids", form, one)
            if last.get(place) is not None and payload.get("seqNo") == last[place] + 1:
                yield Guess("transactions", "seq_no", "per-evse", one)
            start = {"CablePluggedIn": "EVConnected", "ChargingStateChanged": "PowerPathClosed"}
            if (point := start.get(str(payload.get("triggerReason")))) is not None:
                yield Guess(SETTINGS, "TxCtrlr.TxStartPoint", point, one)
        contexts = {sample.get("context") for sample in _samples(payload)}
        if payload.get("eventType") == "Updated" and "Transaction.Begin" in contexts:
            yield Guess("transactions", "begin_values", "charging", one)
        if payload.get("eventType") == "Updated" and _samples(payload):
            if (name, payload.get("timestamp")) in stamps:
                yield Guess("transactions", "split_values", True, one)
            stamps[name, payload.get("timestamp")] = one
        if payload.get("eventType") == "Ended" and isinstance(info, dict) and "stoppedReason" not in info:
            yield Guess("transactions", "reason_if_local", False, one)
        if place is not None and isinstance(payload.get("seqNo"), int):
            last[place] = payload["seqNo"]


def _transactions_16(own: Sequence[Said], version: str, said: Sequence[Said]) -> Looked:
    over: set[Any] = set()
    for one, payload in _calls(own, "StartTransaction", "StopTransaction", "MeterValues"):
        number = payload.get("transactionId")
        if one.action == "StopTransaction" and version == "1.6":
            over.add(number)
            if number == -1:
                yield Guess("transactions", "number", "minus-one-at-stop", one)
            if "reason" not in payload:
                yield Guess("transactions", "reason_if_local", False, one)
            if "idTag" not in payload and payload.get("reason", "Local") == "Local":
                yield Guess("transactions", "stop_token", False, one)
        if one.action == "MeterValues" and version == "1.6" and number is not None and number in over:
            yield Guess("transactions", "values_after_stop", True, one)


def _metering(own: Sequence[Said], version: str, _: Sequence[Said]) -> Looked:
    units: dict[str, Said] = {}
    phases: dict[bool, Said] = {}
    for one, payload in _calls(own):
        for sample in _samples(payload):
            given = sample.get("unitOfMeasure")
            measure: dict[str, Any] = given if isinstance(given, dict) else {}
            if sample.get("measurand") == "Temperature" and sample.get("unit") in ("Celsius", "Celcius"):
                yield Guess("metering", "temperature", sample["unit"], one)
            if sample.get("measurand", ENERGY) != ENERGY:
                continue
            units.setdefault(sample.get("unit") or measure.get("unit") or "Wh", one)
            phases.setdefault("phase" in sample, one)
            if measure.get("multiplier") == 3:
                yield Guess("metering", "multiplier", 3, one)
    if "kWh" in units:
        yield Guess("metering", "unit", "mixed" if "Wh" in units else "kWh", units["kWh"])
    if set(phases) == {True}:
        yield Guess("metering", "register", "phases", phases[True])


def _status(own: Sequence[Said], version: str, _: Sequence[Said]) -> Looked:
    statuses = list(_calls(own, "StatusNotification"))
    for one, payload in statuses:
        if str(payload.get("timestamp", "")).startswith("1970"):
            yield Guess("status", "time", "1970", one)
        if version == "1.6" and "timestamp" not in payload:
            yield Guess("status", "time", "none", one)
        if version != "1.6" and payload.get("evseId") == 0:
            yield Guess("status", "connector_zero", True, one)
    for one, payload in _calls(own, "NotifyEvent"):
        told = json.dumps(payload)
        if not statuses and "AvailabilityState" in told:
            yield Guess("status", "by", "NotifyEvent", one)
    for one, payload in _calls(own, "NotifyReport"):
        if "tbc" not in payload:
            yield Guess("device", "tbc", "if-true", one)


def _answers(own: Sequence[Said], version: str, said: Sequence[Said]) -> Looked:
    """Calls of the CSMS that were refused each time, or never answered."""
    told: dict[str, list[tuple[str, Said]]] = defaultdict(list)
    for one in own:
        if one.frame is None or one.frame.kind != 2 or one.record.direction == TO_CSMS:
            continue
        answer = said[one.answer].frame if one.answer is not None else None
        if answer is None:
            told[one.action].append(("silence", one))
        elif answer.kind == 4:
            told[one.action].append((f"error {answer.code}", one))
        else:
            payload = answer.payload if isinstance(answer.payload, dict) else {}
            told[one.action].append((str(payload.get("status", "")), one))
            if one.action == "GetVariables" and _without_value(payload):
                yield Guess("device", "unset", "omitted", one)
    for action, manners in told.items():
        manner, shown = manners[0]
        if {how for how, _ in manners} != {manner} or (manner == "silence" and len(manners) < 2):
            continue
        if manner in REFUSALS or manner == "silence" or manner.startswith("error "):
            yield Guess("answers", action, manner, shown)


def _without_value(payload: dict[str, Any]) -> bool:
    results = payload.get("getVariableResult")
    return isinstance(results, list) and any(
        isinstance(one, dict) and one.get("attributeStatus") == "Accepted" and "attributeValue" not in one
        for one in results
    )


LOOKS: tuple[Look, ...] = (_boot, _wire, _events, _transactions_16, _metering, _status, _answers)


def _samples(payload: dict[str, Any]) -> list[dict[str, Any]]:
    """All sampled values of a message, whatever its form."""
    found: list[dict[str, Any]] = []
    for name in ("meterValue", "transactionData"):
        values = payload.get(name)
        for value in values if isinstance(values, list) else [values]:
            samples = value.get("sampledValue") if isinstance(value, dict) else None
            found += [one for one in samples if isinstance(one, dict)] if isinstance(samples, list) else []
    return found


def _values(value: Any) -> list[Any]:
    """Every member of every object."""
    if isinstance(value, list):
        return [inner for one in value for inner in _values(one)]
    if isinstance(value, dict):
        return [*value.values(), *(inner for one in value.values() for inner in _values(one))]
    return []


def _texts(value: Any, name: str) -> list[str]:
    if isinstance(value, list):
        return [inner for one in value for inner in _texts(one, name)]
    if isinstance(value, dict):
        own = [value[name]] if isinstance(value.get(name), str) else []
        return own + [inner for one in value.values() for inner in _texts(one, name)]
    return []
