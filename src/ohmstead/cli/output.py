"""What the verbs print: one JSON document with --json, else plain columns and lines. Never colour."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

Document = Mapping[str, Any]


def show(document: Any, as_json: bool) -> None:
    """One thing."""
    if as_json or not isinstance(document, Mapping):
        print_json(document)
        return
    width = max((len(name) for name in document), default=0)
    for name, value in document.items():
        print(f"{name:<{width}}  {text(value)}")


def show_list(rows: Sequence[Document], columns: Sequence[str], as_json: bool) -> None:
    """Many things; `columns` are shown, the JSON has all."""
    if as_json:
        print_json(rows)
        return
    cells = [[text(row.get(name)) for name in columns] for row in rows]
    widths = [max(len(name), *(len(row[n]) for row in cells)) if cells else len(name) for n, name in enumerate(columns)]
    for line in ([name.upper() for name in columns], *cells):
        print("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip())
    if not rows:
        print("(none)", file=sys.stderr)


PATIENCE = 2.0
"""Seconds of work after which it is told how far it is."""


@contextmanager
def progress(what: str) -> Iterator[Callable[[int], None]]:
    """A function to call with how many more are done. Work that takes longer than PATIENCE is counted on standard error
    while it lasts, where that is a terminal."""
    if not sys.stderr.isatty():
        yield lambda _: None
        return
    from rich.console import Console
    from rich.progress import Progress, TextColumn, TimeElapsedColumn

    from ohmstead.runtime import monotonic

    columns = TextColumn("{task.description}: {task.completed:,.0f}"), TimeElapsedColumn()
    bar = Progress(*columns, console=Console(stderr=True), transient=True)
    task, begun = bar.add_task(what, total=None), monotonic()

    def advance(more: int) -> None:
        bar.advance(task, more)
        if monotonic() - begun > PATIENCE:
            bar.start()

    try:
        yield advance
    finally:
        bar.stop()


def print_json(document: Any) -> None:
    print(json.dumps(document, ensure_ascii=False, indent=2 if sys.stdout.isatty() else None))


def text(value: Any) -> str:
    """A value for people: nothing is a dash, yes and no, JSON for what has parts."""
    if value is None or value == [] or value == {}:
        return "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
