"""The grammar tables: what may come in which state, with which code. Made by tools/exi_tables.py.

A type is simple (a value) or complex: an automaton whose states hold productions numbered as EXI 8.5.4 says. A state of
n productions reads n.bit_length() bits, because beside them there is always the escape to what the schema does not
know; that escape is refused here.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from importlib.resources import files
from typing import Any, Literal, NamedTuple

Event = Literal["element", "attribute", "text", "mixed", "end"]


@dataclass(frozen=True, slots=True)
class Simple:
    """A value: `kind` is text, int, enum, base64, hex or bool. For an integer of a small range `width` is its bits."""

    kind: str
    low: int | None = None
    high: int | None = None
    values: tuple[str, ...] = ()
    width: int | None = None


class Production(NamedTuple):
    """What may come: an element or attribute by name and type, and the state behind it."""

    code: int
    event: Event
    name: str = ""
    type: Type | None = None
    next: int = 0


@dataclass(slots=True)
class State:
    bits: int
    productions: tuple[Production, ...]
    by_code: dict[int, Production]


@dataclass(slots=True)
class Complex:
    states: list[State] = field(default_factory=list)
    many: frozenset[str] = frozenset()
    """Elements that may repeat: their values are lists."""


Type = Simple | Complex


class Table(NamedTuple):
    """One schema: its global elements and fragments by name, each with its code and type."""

    elements: dict[str, tuple[int, Type]]
    element_bits: int
    fragments: dict[str, tuple[int, Type | None]]
    """Type None: it is declared with several types, and the relaxed grammar counts (EXI 8.5.3)."""
    fragment_count: int
    id_attribute: int
    """The number of the attribute Id among all."""
    attribute_count: int


def read(name: str) -> Table:
    """The table of that name."""
    given = json.loads(files("ohmstead.plugcharge.exi").joinpath("tables", f"{name}.json").read_text("ascii"))
    types = [_type(row) for row in given["types"]]
    for made, row in zip(types, given["types"], strict=True):
        if isinstance(made, Complex):
            made.states = [_state(count, rows, types) for count, rows in row["states"]]
            made.many = frozenset(row["many"])
    fragments = given["fragments"]
    return Table(
        {local: (code, types[number]) for local, (code, number) in given["elements"]["codes"].items()},
        given["elements"]["count"].bit_length(),
        {local: (code, None if n < 0 else types[n]) for local, (code, n) in fragments["codes"].items()},
        fragments["count"],
        given["attributes"].get("Id", -1),
        given["attribute_count"],
    )


_SMALL_RANGE = 4096


def _type(row: dict[str, Any]) -> Type:
    if row["kind"] == "complex":
        return Complex()
    low, high, values = row.get("low"), row.get("high"), tuple(row.get("values", ()))
    width = None
    if values:
        width = (len(values) - 1).bit_length()
    elif low is not None and high is not None and high - low < _SMALL_RANGE:
        width = (high - low).bit_length()  # 7.1.9: n-bit unsigned integer
    return Simple(row["kind"], low, high, values, width)


def _state(count: int, rows: list[list[Any]], types: list[Type]) -> State:
    found = tuple(_production(row, types) for row in rows)
    return State(count.bit_length(), found, {one.code: one for one in found})


def _production(row: list[Any], types: list[Type]) -> Production:
    code, event, *rest = row
    if event in ("element", "attribute"):
        return Production(code, event, rest[0], types[rest[1]], rest[2])
    if event == "text":
        return Production(code, event, "value", types[rest[0]], rest[1])
    return Production(code, event, next=rest[0] if rest else 0)
