"""How much a station takes in one request, and lists of items cut to that measure."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Mapping
from typing import Any, Generic, NamedTuple, TypeVar

from msgspec import Struct

from ohmstead.domain import values
from ohmstead.domain.device_model import Model, Name

T = TypeVar("T")

_ITEMS = 50
"""Of a station that says nothing about itself we ask no more at once."""


class Measure(Struct, frozen=True, gc=False):
    """The most items, and the most bytes of the payload, in one request; None: no bound is known."""

    items: int = _ITEMS
    bytes: int | None = None


class Limits(Struct, frozen=True, gc=False):
    """What a station takes per request."""

    get: Measure = Measure()
    set: Measure = Measure()
    report: Measure = Measure()
    monitor: Measure = Measure()
    clear_monitor: Measure = Measure()
    value_characters: int | None = None


_REQUESTS = (
    ("get", "DeviceDataCtrlr", "GetVariables", "get_variables"),
    ("set", "DeviceDataCtrlr", "SetVariables", "set_variables"),
    ("report", "DeviceDataCtrlr", "GetReport", "get_report"),
    ("monitor", "MonitoringCtrlr", "SetVariableMonitoring", "set_variable_monitoring"),
    ("clear_monitor", "MonitoringCtrlr", "ClearVariableMonitoring", "clear_variable_monitoring"),
)

_VALUE_SIZE = Name("DeviceDataCtrlr", "ConfigurationValueSize")
NAMES: tuple[Name, ...] = (
    *(
        Name(component, variable, variable_instance=instance)
        for _, component, instance, _ in _REQUESTS
        for variable in ("ItemsPerMessage", "BytesPerMessage")
    ),
    _VALUE_SIZE,
)
"""The variables in which a station says what it takes."""


def limits(known: Model, capabilities: Mapping[str, Any] | None = None) -> Limits:
    """What the station says it takes; where an operator knows better (`items_per_get_variables`,
    `bytes_per_set_variables` ...), that. GetConfigurationMaxKeys of 1.6 is ItemsPerMessage[GetVariables] here."""
    told = capabilities or {}
    measures = {}
    for field, component, instance, word in _REQUESTS:
        most_items = _positive(told.get(f"items_per_{word}")) or _said(known, component, "ItemsPerMessage", instance)
        most_bytes = _positive(told.get(f"bytes_per_{word}")) or _said(known, component, "BytesPerMessage", instance)
        measures[field] = Measure(most_items or _ITEMS, most_bytes)
    return Limits(**measures, value_characters=_number(known, _VALUE_SIZE))


def _said(known: Model, component: str, variable: str, instance: str) -> int | None:
    return _number(known, Name(component, variable, variable_instance=instance))


def _number(known: Model, name: Name) -> int | None:
    text = known.value(name)
    try:
        return _positive(values.integer(text)) if text else None
    except values.Unreadable:
        return None


def _positive(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and value > 0 else None


class Portions(NamedTuple, Generic[T]):
    """`too_long` are the items that alone exceed the bytes one request may have."""

    portions: list[list[T]]
    too_long: list[T]


def portions(
    items: Iterable[T], measure: Measure, key: Callable[[T], Hashable], size: Callable[[T], int], frame: int = 0
) -> Portions[T]:
    """`items` in requests that the station takes, in their order.

    No request holds two items of one key (B05.FR.13): the second one opens the next request. `size` is the length of an
    item on the wire in bytes, `frame` that of a request without items.
    """
    result: Portions[T] = Portions([], [])
    keys: set[Hashable] = set()
    used = 0
    for item in items:
        length, name = size(item) + 1, key(item)  # a comma
        if measure.bytes is not None and frame + length - 1 > measure.bytes:
            result.too_long.append(item)
            continue
        full = measure.bytes is not None and used + length - 1 > measure.bytes
        if not result.portions or full or name in keys or len(keys) >= measure.items:
            result.portions.append([])
            keys, used = set(), frame
        result.portions[-1].append(item)
        keys.add(name)
        used += length
    return result
