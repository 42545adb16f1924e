"""A trace's file, read within bounds: only a regular file, so large and no larger, line by line, each so long and no
longer. A mistake names file, line and what was expected.
"""

from __future__ import annotations

import stat
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

import msgspec

from ohmstead.traces import formats, record
from ohmstead.traces.formats import Entry
from ohmstead.traces.record import BadTrace, Record
from ohmstead.traces.trace11 import Unusable

MAX_FILE = 256 << 20
MAX_LINE = 8 << 20
"""Bytes: a frame of 1 MiB twice in a line, once escaped."""
MAX_DOCUMENT = 32 << 20
"""Bytes of a file that is one JSON document."""
MAX_RECORDS = 500_000
MAX_JOINED, MAX_JOINED_SIZE = 50, 1 << 20
"""Lines and characters that one entry of a log may go over."""


class Trace(NamedTuple):
    """What a file holds. `skipped`: lines of a log that are not OCPP."""

    file: str
    records: list[Record]
    skipped: int = 0


def read(path: Path, *, station_log: bool = False) -> Trace:
    """The trace in a file of any known form. `station_log`: who wrote the log is the station, so that what it sent went
    to the CSMS. Raises BadTrace."""
    try:
        about = path.stat()
        if not stat.S_ISREG(about.st_mode):
            raise BadTrace(str(path), None, "expected a regular file")
        if about.st_size > MAX_FILE:
            raise BadTrace(str(path), None, f"expected at most {MAX_FILE >> 20} MiB, it has {about.st_size >> 20}")
        with path.open("rb") as file:
            entries, skipped = _entries(str(path), file, about.st_size)
    except OSError as error:
        raise BadTrace(str(path), None, f"cannot be read: {error.strerror}") from None
    if not entries:
        raise BadTrace(
            str(path), None, "expected OCPP frames in a form that is known (ohmstead trace --help); found none"
        )
    records = [one.record for one in entries]
    if station_log:
        turned = msgspec.structs.replace
        records = [turned(one, direction=record.other(one.direction)) for one in records]
    return Trace(str(path), record.versioned(record.directed(records, [one.directed for one in entries])), skipped)


def _entries(name: str, file: BinaryIO, size: int) -> tuple[list[Entry], int]:
    first = next((text for _, text in _lines(name, file) if text.strip()), "").strip()
    file.seek(0)
    if first[:1] in ("[", "{") and _json(first) is None and not first.startswith("[chargeBoxId"):
        whole = _document(file, size) if _opens_document(first) else None
        if whole is not None:
            return _bounded(name, _of_document(name, whole)), 0
        file.seek(0)
    if isinstance(one := _json(first), list) and one and isinstance(one[0], list | dict):
        return _bounded(name, _of_document(name, one)), 0
    if isinstance(one, dict):
        return _bounded(name, _objects(name, _lines(name, file))), 0
    skipped = [0]
    return _bounded(name, _log(_lines(name, file), skipped)), skipped[0]


def _bounded(name: str, entries: Iterable[Entry]) -> list[Entry]:
    found = []
    for entry in entries:
        found.append(entry)
        if len(found) > MAX_RECORDS:
            raise BadTrace(name, entry.record.line, f"expected at most {MAX_RECORDS} records")
    return found


def _lines(name: str, file: BinaryIO) -> Iterator[tuple[int, str]]:
    number = 0
    while True:
        number += 1
        line = file.readline(MAX_LINE + 1)
        if not line:
            return
        if len(line) > MAX_LINE:
            raise BadTrace(name, number, f"expected lines of at most {MAX_LINE >> 20} MiB")
        try:
            yield number, line.decode("utf-8-sig" if number == 1 else "utf-8").rstrip("\r\n")
        except UnicodeDecodeError:
            raise BadTrace(name, number, "expected UTF-8") from None


def _json(text: str) -> Any:
    """The JSON value in a text; None when it is none, or nested too deep."""
    try:
        return msgspec.json.decode(text)
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        return None


# ---- files that are one document ----


def _opens_document(first: str) -> bool:
    """Whether a first line that is no JSON by itself may begin a document: a bracket and little else."""
    return len(first) <= 2 or first[1:].lstrip()[:1] in ("[", "{", '"')


def _document(file: BinaryIO, size: int) -> list[Any] | None:
    """The list or object that fills the whole file."""
    if size > MAX_DOCUMENT:
        return None
    try:
        whole = _json(file.read(MAX_DOCUMENT).decode("utf-8-sig"))
    except UnicodeDecodeError:
        return None
    if isinstance(whole, dict):
        return [whole]
    return whole if isinstance(whole, list) else None


def _of_document(name: str, whole: list[Any]) -> Iterator[Entry]:
    """Of a document `line` is the number of the record."""
    for number, one in enumerate(whole, 1):
        if isinstance(one, list):
            yield Entry(Record(line=number, text=msgspec.json.encode(one).decode()), False)
        elif isinstance(one, dict):
            yield from _object(name, number, one)
        else:
            raise BadTrace(name, number, f"expected a frame or an object, given {one!r:.40}")


# ---- files of lines ----


def _objects(name: str, lines: Iterator[tuple[int, str]]) -> Iterator[Entry]:
    for number, text in lines:
        if text.strip():
            given = _json(text)
            if not isinstance(given, dict):
                raise BadTrace(name, number, f"expected a JSON object, given {text[:40]!r}")
            yield from _object(name, number, given)


def _object(name: str, number: int, given: dict[str, Any]) -> list[Entry]:
    try:
        return formats.of_object(given, number)
    except Unusable as error:
        raise BadTrace(name, number, str(error)) from None


def _log(lines: Iterator[tuple[int, str]], skipped: list[int]) -> Iterator[Entry]:
    """The entries of a log. A frame that is no JSON yet goes on in the lines that follow, until it is or another entry
    begins."""
    open_entry: Entry | None = None
    more: list[str] = []
    for number, text in lines:
        entry = _entry(text, number)
        if entry is None and open_entry is not None and _room(more):
            more.append(text)
            if _json("".join(more)) is not None:
                yield _joined(open_entry, "".join(more))
                open_entry = None
            continue
        if open_entry is not None:
            yield open_entry
            skipped[0] += len(more) - 1
            open_entry = None
        if entry is None:
            skipped[0] += bool(text.strip())
        elif entry.record.kind == "frame" and _json(entry.record.text) is None:
            open_entry, more = entry, [entry.record.text]
        else:
            yield entry
    if open_entry is not None:
        yield open_entry


def _room(more: list[str]) -> bool:
    return len(more) < MAX_JOINED and sum(map(len, more)) < MAX_JOINED_SIZE


def _entry(text: str, number: int) -> Entry | None:
    try:
        return formats.of_line(text, number)
    except Unusable:
        return None


def _joined(entry: Entry, text: str) -> Entry:
    return Entry(msgspec.structs.replace(entry.record, text=text), entry.directed)
