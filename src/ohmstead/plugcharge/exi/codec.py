"""Messages to EXI and back, by the tables of grammar.py. What comes in is untrusted: size and depth are limited, and
whatever is wrong raises ExiError."""

from __future__ import annotations

import base64
import binascii
from typing import Any

from ohmstead.plugcharge.exi import grammar
from ohmstead.plugcharge.exi.bits import ExiError, Reader, Writer
from ohmstead.plugcharge.exi.grammar import Complex, Production, Simple, Type

__all__ = ["ExiError", "Schema", "load"]

HEADER = 0x80
"""Distinguishing bits 10, no options, version 1."""
LARGEST = 32 * 1024
"""Bytes; 2.1 allows 17,000 characters of base64."""
DEEPEST = 24
MOST_ITEMS = 1024
"""Of one repeated element."""


class Schema:
    """One schema's documents and fragments."""

    def __init__(self, table: grammar.Table) -> None:
        self._table = table

    def decode(self, data: bytes) -> dict[str, Any]:
        """The message in `data`: one member, named as its root element. Raises ExiError."""
        if len(data) > LARGEST:
            raise ExiError(f"the message has {len(data)} bytes; {LARGEST} are allowed")
        reader = Reader(data)
        if reader.bits(8) != HEADER:
            raise ExiError("this is no EXI message with default options (it begins with 0x80)")
        code = reader.bits(self._table.element_bits)
        for name, (its, kind) in self._table.elements.items():
            if its == code:
                return {name: _read(reader, kind, name, 0)}
        raise ExiError("the message is none of those that carry certificates")

    def encode(self, message: dict[str, Any]) -> bytes:
        """`message` as `decode` gives it. Raises ExiError."""
        if len(message) != 1:
            raise ExiError("a message has one root element")
        ((name, value),) = message.items()
        if name not in self._table.elements:
            raise ExiError(f"{name} is none of the messages that carry certificates")
        code, kind = self._table.elements[name]
        writer = Writer()
        writer.bits(8, HEADER)
        writer.bits(self._table.element_bits, code)
        _write(writer, kind, name, value)
        return writer.done()

    def fragment(self, name: str, value: Any) -> bytes:
        """One element on its own, as it is signed (ISO 15118-2 7.9.2.4.2). Raises ExiError."""
        if name not in self._table.fragments:
            raise ExiError(f"{name} is no fragment that is signed")
        code, kind = self._table.fragments[name]
        bits = (self._table.fragment_count + 1).bit_length()
        writer = Writer()
        writer.bits(8, HEADER)
        writer.bits(bits, code)
        if kind is None:
            self._relaxed(writer, name, value)
        else:
            _write(writer, kind, name, value)
        writer.bits(bits, self._table.fragment_count + 1)
        return writer.done()

    def fragment_as_typed(self, name: str, like: str, value: Any) -> bytes:
        """The fragment as stacks write it that overlook the relaxed grammar: with the type of `like`'s child `name`.
        Only to verify what they signed."""
        code, _ = self._table.fragments[name]
        bits = (self._table.fragment_count + 1).bit_length()
        _, parent = self._table.fragments[like]
        assert isinstance(parent, Complex)
        kind = next(one.type for state in parent.states for one in state.productions if one.name == name)
        assert kind is not None
        writer = Writer()
        writer.bits(8, HEADER)
        writer.bits(bits, code)
        _write(writer, kind, name, value)
        writer.bits(bits, self._table.fragment_count + 1)
        return writer.done()

    def _relaxed(self, writer: Writer, name: str, value: Any) -> None:
        """The relaxed grammar of an element that is declared with several types (EXI 8.5.3): xsi:type, xsi:nil, all
        attributes, all elements, end, text, each with a code of its own. Here: the attribute Id, and text."""
        if not isinstance(value, dict) or not set(value) <= {"Id", "value"} or "value" not in value:
            raise ExiError(f"{name} has a text and perhaps an Id")
        attributes, elements = self._table.attribute_count, self._table.fragment_count
        bits = (2 + attributes + 1 + elements + 1 + 1 + 1).bit_length()
        if "Id" in value:
            writer.bits(bits, 2 + self._table.id_attribute)
            writer.text(_text(value["Id"]))
        writer.bits(bits, 2 + attributes + 1 + elements + 1 + 1)
        writer.text(_text(value["value"]))
        writer.bits((elements + 1 + 1 + 1).bit_length(), elements + 1)


def load(name: str) -> Schema:
    """The schema of that name."""
    return Schema(grammar.read(name))


# ------------------------------------------------------------------ reading


def _read(reader: Reader, kind: Type, name: str, depth: int) -> Any:
    if depth > DEEPEST:
        raise ExiError("elements are nested too deeply")
    if isinstance(kind, Simple):
        _must_be_known(reader, name)
        value = _read_value(reader, kind, name)
        _must_be_known(reader, name)
        return value
    found: dict[str, Any] = {}
    state = kind.states[0]
    while True:
        production = state.by_code.get(reader.bits(state.bits))
        if production is None:
            raise ExiError(f"{name} holds something that certificate messages do not have")
        if production.event == "end":
            return found
        if production.event == "mixed":
            reader.text(name)  # white space between elements
        elif production.event == "element":
            _keep(found, kind, production, _read(reader, _typed(production), production.name, depth + 1))
        else:
            simple = _typed(production)
            assert isinstance(simple, Simple)
            owner = production.name if production.event == "attribute" else name
            found[production.name] = _read_value(reader, simple, owner)
        state = kind.states[production.next]


def _typed(production: Production) -> Type:
    assert production.type is not None
    return production.type


def _keep(found: dict[str, Any], kind: Complex, production: Production, value: Any) -> None:
    if production.name not in kind.many:
        found[production.name] = value
        return
    values = found.setdefault(production.name, [])
    if len(values) >= MOST_ITEMS:
        raise ExiError(f"{production.name} comes more than {MOST_ITEMS} times")
    values.append(value)


def _must_be_known(reader: Reader, name: str) -> None:
    """The element has exactly its value: the escape to anything else is refused."""
    if reader.bits(1):
        raise ExiError(f"{name} holds something that its type does not have")


def _read_value(reader: Reader, kind: Simple, name: str) -> Any:
    match kind.kind:
        case "text":
            return reader.text(name)
        case "base64":
            return base64.b64encode(reader.binary()).decode()
        case "hex":
            return reader.binary().hex().upper()
        case "bool":
            return bool(reader.bits(1))
        case "enum":
            number = reader.bits(kind.width or 0)
            if number >= len(kind.values):
                raise ExiError(f"{name} has no value of that number")
            return kind.values[number]
        case "int":
            return _read_integer(reader, kind, name)
    raise ExiError(f"{name} has a type that certificate messages do not have")


def _read_integer(reader: Reader, kind: Simple, name: str) -> int:
    if kind.width is not None:
        value = (kind.low or 0) + reader.bits(kind.width)
    else:
        value = reader.unsigned() if kind.low is not None and kind.low >= 0 else reader.integer()
    if not _within(kind, value):
        raise ExiError(f"{name} is out of range")
    return value


def _within(kind: Simple, value: int) -> bool:
    return (kind.low is None or value >= kind.low) and (kind.high is None or value <= kind.high)


# ------------------------------------------------------------------ writing


def _write(writer: Writer, kind: Type, name: str, value: Any) -> None:
    if isinstance(kind, Simple):
        writer.bits(1, 0)
        _write_value(writer, kind, name, value)
        writer.bits(1, 0)
        return
    if not isinstance(value, dict):
        raise ExiError(f"{name} has members")
    left = {member: list(one) if isinstance(one, list) else [one] for member, one in value.items()}
    state = kind.states[0]
    while True:
        production = next((one for one in state.productions if one.event == "end" or left.get(one.name)), None)
        if production is None or (production.event == "end" and any(left.values())):
            raise ExiError(_misfit(name, left, [one.name for one in state.productions if one.name]))
        writer.bits(state.bits, production.code)
        if production.event == "end":
            return
        member = left[production.name].pop(0)
        if production.event == "element":
            _write(writer, _typed(production), production.name, member)
        else:
            simple = _typed(production)
            assert isinstance(simple, Simple)
            _write_value(writer, simple, f"{name}.{production.name}", member)
        state = kind.states[production.next]


def _misfit(name: str, left: dict[str, list[Any]], wanted: list[str]) -> str:
    given = ", ".join(sorted(member for member, values in left.items() if values)) or "nothing"
    return f"{name}: expected {' or '.join(dict.fromkeys(wanted)) or 'no more'}, given {given}"


def _write_value(writer: Writer, kind: Simple, name: str, value: Any) -> None:
    try:
        match kind.kind:
            case "text":
                writer.text(_text(value))
            case "base64":
                writer.binary(base64.b64decode(_text(value), validate=True))
            case "hex":
                writer.binary(bytes.fromhex(_text(value)))
            case "bool":
                writer.bits(1, bool(value))
            case "enum":
                writer.bits(kind.width or 0, kind.values.index(_text(value)))
            case "int":
                _write_integer(writer, kind, value)
            case _:
                raise ExiError(f"{name} has a type that certificate messages do not have")
    except (ValueError, binascii.Error, TypeError) as error:
        if isinstance(error, ExiError):
            raise
        raise ExiError(f"{name}: {error}") from None


def _write_integer(writer: Writer, kind: Simple, value: Any) -> None:
    if isinstance(value, bool) or not isinstance(value, int):
        raise ExiError(f"{value!r} is no integer")
    if not _within(kind, value):
        raise ExiError(f"{value} is out of range")
    if kind.width is not None:
        writer.bits(kind.width, value - (kind.low or 0))
    elif kind.low is not None and kind.low >= 0:
        writer.unsigned(value)
    else:
        writer.integer(value)


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise ExiError(f"{value!r} is no text")
    return value
