"""TOML files that people write: read, checked against a type, and a mistake told by file, line, key and what was
expected. Nothing in a file is ever run."""

from __future__ import annotations

import difflib
import re
import tomllib
from pathlib import Path
from typing import Any, TypeVar

import msgspec
from msgspec import inspect

T = TypeVar("T")
Place = list[str | int]
"""Keys and list positions from the top of a document."""

LARGEST = 1 << 20
"""Bytes; nobody writes more by hand."""
_SHOWN = 12
_FEW = 6
"""Of more words than that the nearest is named instead of all."""
_MOST_GIVEN = 100
_STEP = re.compile(r"\.(\w+)|\[(\d+)\]|\[(\.\.\.)\]")
_AT = re.compile(r" - at `(key` in `)?\$(.*?)`$")
_WORD = re.compile(r"'([^']*)'")
_HEADER = re.compile(r"^\s*\[(\[?)\s*([\w.\"-]+)\s*\]")
_FIELD = re.compile(r"field `([^`]*)`")


class BadFile(ValueError):
    """A file with a mistake; the text is `FILE:LINE: what was expected`."""

    def __init__(self, file: str, line: int | None, text: str) -> None:
        super().__init__(f"{file}{'' if line is None else f':{line}'}: {text}")
        self.line = line


class Table:
    """One TOML document and where its things stand."""

    def __init__(self, file: str, text: str) -> None:
        """Raises BadFile when it is no TOML."""
        self.file, self._lines = file, text.splitlines()
        try:
            self.values: dict[str, Any] = tomllib.loads(text)
        except tomllib.TOMLDecodeError as error:
            found = re.search(r"at line (\d+)", str(error))
            reason = str(error).partition(" (at")[0]
            line = int(found[1]) if found else len(self._lines)
            raise BadFile(file, line, f"is not TOML: {reason}") from None
        except RecursionError:
            raise BadFile(file, None, "is nested too deep") from None

    def as_a(self, kind: type[T]) -> T:
        """The document as a `kind`; raises BadFile."""
        try:
            return msgspec.convert(self.values, kind)
        except msgspec.ValidationError as error:
            raise self._explained(str(error), kind) from None

    def wrong(self, place: Place, text: str) -> BadFile:
        """The mistake at `place`, to be raised."""
        shown = ".".join(str(part + 1) if isinstance(part, int) else part for part in place)
        return BadFile(self.file, self.line(place), f"{shown}: {text}" if shown else text)

    def line(self, place: Place) -> int | None:
        """The line (from 1) where `place` is written; of what is not there, that of its table."""
        header: Place = []
        counts: dict[str, int] = {}
        best, length = None, 0
        for number, line in enumerate(self._lines, 1):
            if (found := _HEADER.match(line)) is not None:
                header = self._header(found, counts)
                matched = _common(header, place)
                if matched == len(header) and matched > length:
                    best, length = number, matched
            elif _common(header, place) == len(header) < len(place):
                key = str(place[len(header)])
                if re.match(rf"\s*\"?{re.escape(key)}\"?\s*[=.]", line) and len(header) + 1 > length:
                    best, length = number, len(header) + 1
        return best

    def _header(self, found: re.Match[str], counts: dict[str, int]) -> Place:
        name = found[2].replace('"', "")
        place: Place = [*name.split(".")]
        if found[1]:
            counts[name] = counts.get(name, -1) + 1
            place.append(counts[name])
        return place

    def _explained(self, text: str, kind: type[Any]) -> BadFile:
        at = _AT.search(text)
        message = text[: at.start()] if at else text
        place = _place(at[2] if at else "")
        wanted, given = _at(inspect.type_info(kind), self.values, place)
        field = _FIELD.search(message)
        if field is not None and "unknown" in message:
            known = [one.encode_name for one in wanted.fields] if isinstance(wanted, inspect.StructType) else []
            return self.wrong([*place, field[1]], f"there is no such key; {nearest(field[1], known)}")
        if field is not None:
            return self.wrong(place, f"the key `{field[1]}` is missing")
        if isinstance(wanted, inspect.DictType) and at is not None:
            return self._in_table(place, wanted, given, _WORD.search(message) if at[1] else None)
        if isinstance(wanted, inspect.LiteralType) and isinstance(given, str) and len(wanted.values) > _FEW:
            return self.wrong(
                place, f"there is no {given!r:.{_MOST_GIVEN}}; {nearest(given, [*map(str, wanted.values)])}"
            )
        return self.wrong(place, f"expected {expected(wanted)}, given {given!r:.{_MOST_GIVEN}}")

    def _in_table(self, place: Place, wanted: inspect.DictType, given: Any, key: re.Match[str] | None) -> BadFile:
        """A wrong key of a free table, or a wrong value, which msgspec does not name."""
        if key is not None and (known := _words(wanted.key_type)):
            return self.wrong([*place, key[1]], f"there is no such key; {nearest(key[1], known)}")
        value = _one_of(wanted.value_type, None)
        return self.wrong(place, f"expected a table of {expected(value)} each, given {given!r:.{_MOST_GIVEN}}")


def read(path: Path) -> Table:
    """The document in a user's file; raises BadFile when it cannot be read."""
    try:
        if path.stat().st_size > LARGEST:
            raise BadFile(str(path), None, f"is larger than {LARGEST} bytes")
        return Table(str(path), path.read_text("utf-8"))
    except OSError as error:
        raise BadFile(str(path), None, f"cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise BadFile(str(path), None, "is not UTF-8") from None


def nearest(word: str, known: list[str]) -> str:
    """The one that was probably meant, or the first of those that there are."""
    near = difflib.get_close_matches(word, known, n=1)
    shown = known if len(known) <= _SHOWN else [*known[:_SHOWN], "..."]
    return f"did you mean `{near[0]}`?" if near else f"known: {', '.join(shown)}"


def expected(wanted: inspect.Type | None) -> str:
    """A type in words."""
    if isinstance(wanted, inspect.LiteralType):
        return " or ".join(repr(value) for value in wanted.values)
    if isinstance(wanted, inspect.UnionType):
        return " or ".join(expected(one) for one in wanted.types if not isinstance(one, inspect.NoneType))
    if isinstance(wanted, inspect.FloatType | inspect.IntType):
        word = "a number" if isinstance(wanted, inspect.FloatType) else "a whole number"
        if wanted.ge is not None and wanted.le is not None:
            return f"{word} from {wanted.ge:g} to {wanted.le:g}"
        return word if wanted.ge is None else f"{word}, at least {wanted.ge:g}"
    names = {
        inspect.StrType: "a text",
        inspect.BoolType: "true or false",
        inspect.DictType: "a table",
        inspect.StructType: "a table",
        inspect.ListType: "a list",
        inspect.VarTupleType: "a list",
    }
    return next((name for kind, name in names.items() if isinstance(wanted, kind)), "another value")


def _common(header: Place, place: Place) -> int:
    """How many steps both go together."""
    pairs = zip(header, place, strict=False)
    return next((number for number, (one, other) in enumerate(pairs) if one != other), min(len(header), len(place)))


def _place(path: str) -> Place:
    """Where msgspec's path leads; keys of a free table are not named there."""
    place: Place = []
    for name, index, any_key in _STEP.findall(path):
        if any_key:
            break
        place.append(name or int(index))
    return place


def _at(wanted: inspect.Type | None, given: Any, place: Place) -> tuple[inspect.Type | None, Any]:
    """The type that is wanted and the value that is given at `place`."""
    for step in place:
        wanted = _one_of(wanted, given)
        if isinstance(wanted, inspect.StructType):
            if step == wanted.tag_field:
                return inspect.LiteralType((wanted.tag,)), given[step]
            wanted = next((field.type for field in wanted.fields if field.encode_name == step), None)
        elif isinstance(wanted, inspect.UnionType):
            tags = (one.tag for one in wanted.types if isinstance(one, inspect.StructType))
            wanted = inspect.LiteralType(tuple(tag for tag in tags if isinstance(tag, str)))
        elif isinstance(wanted, inspect.VarTupleType | inspect.ListType):
            wanted = wanted.item_type
        elif isinstance(wanted, inspect.DictType):
            wanted = wanted.value_type
        given = given[step]
    return _one_of(wanted, given), given


def _words(wanted: inspect.Type | None) -> list[str]:
    """The texts that a type allows, where it names them."""
    wanted = _one_of(wanted, None)
    if isinstance(wanted, inspect.UnionType):
        return [word for one in wanted.types for word in _words(one)]
    return [str(value) for value in wanted.values] if isinstance(wanted, inspect.LiteralType) else []


def _one_of(wanted: inspect.Type | None, given: Any) -> inspect.Type | None:
    """The type without remarks; of several tables, that which `given` names by its tag."""
    while isinstance(wanted, inspect.Metadata):
        wanted = wanted.type
    if not isinstance(wanted, inspect.UnionType) or not isinstance(given, dict):
        return wanted
    tables = [one for one in wanted.types if isinstance(one, inspect.StructType)]
    return next((one for one in tables if one.tag == given.get(str(one.tag_field))), wanted)
