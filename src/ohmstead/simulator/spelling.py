"""How a message is written down: right, or as some stations write it (`Wire`).

The words were checked against their schema before; what is done to them here is meant. The result of `spelled` is the
payload as bytes, which need not be JSON any more.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import msgspec
from msgspec import UNSET

from ohmstead.ocpp.codec import encode
from ohmstead.ocpp.versions import Version
from ohmstead.simulator.outbox import Words
from ohmstead.simulator.samples import PERIODIC
from ohmstead.simulator.traits import Wire

_TIME = re.compile(r"\d{4}-\d\d-\d\dT(\d\d):\d\d:\d\d\.\d{3}Z")


def spelled(wire: Wire, version: Version, action: str, words: Words) -> bytes:
    """The payload of the request `action`."""
    if wire == Wire():
        return encode(words)
    written: Any = words
    if wire.times != "utc":
        written = _each_text(written, _TIMES[wire.times])
    if wire.nulls:
        written = {**_unset(version, action, written), **written}
    if action in ("MeterValues", "StopTransaction") and version.dialect == "v16" and wire.numbers == "bare":
        written = _each_value(written, float)
    if wire.sampled_value == "empty" and _periodic(words):
        written = {**written, "meterValue": [{**value, "sampledValue": []} for value in written["meterValue"]]}
    if wire.meter_value == "object" and len(written.get("meterValue", ())) == 1:
        written = {**written, "meterValue": written["meterValue"][0]}
    text = encode(written)
    if action == "MeterValues" and wire.transaction_id == "nothing":
        text = re.sub(rb'"transactionId":-?\d+', b'"transactionId":', text)
    if wire.sampled_value == "leading-comma" and _periodic(words):
        text = text.replace(b'"sampledValue":[{', b'"sampledValue":[,{')
    return text


def readable(frame: bytes) -> bool:
    """Whether `frame` is JSON at all."""
    try:
        msgspec.json.decode(frame)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return False
    return True


def _periodic(words: Words) -> bool:
    values = words.get("meterValue", ())
    return any(sample.get("context") == PERIODIC for value in values for sample in value["sampledValue"])


def _later(text: str) -> str:
    """The same moment with an offset of two hours, unless the day would change."""
    hour = int(text[11:13])
    return f"{text[:11]}{hour + 2:02}{text[13:-1]}+02:00" if hour < 22 else f"{text[:-1]}+00:00"


_TIMES: dict[str, Callable[[str], str]] = {
    "no-zone": lambda text: text[:-1],
    "offset": _later,
    "ticks": lambda text: f"{text[:-1]}0000Z",
}


def _each_text(value: Any, change: Callable[[str], str]) -> Any:
    if isinstance(value, dict):
        return {key: _each_text(member, change) for key, member in value.items()}
    if isinstance(value, list):
        return [_each_text(item, change) for item in value]
    return change(value) if isinstance(value, str) and _TIME.fullmatch(value) else value


def _each_value(value: Any, change: Callable[[str], float]) -> Any:
    """`value` of each sampled value as a number."""
    if isinstance(value, dict):
        return {
            key: change(member) if key == "value" and isinstance(member, str) else _each_value(member, change)
            for key, member in value.items()
        }
    return [_each_value(item, change) for item in value] if isinstance(value, list) else value


def _unset(version: Version, action: str, words: Words) -> Words:
    """The optional fields that are not set, as nulls."""
    message = getattr(version.messages, f"{action}Request")
    optional = (field for field in msgspec.structs.fields(message) if field.default is UNSET)
    return {field.encode_name: None for field in optional if field.encode_name not in words}
