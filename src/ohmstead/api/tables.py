"""Lists as CSV, for people with spreadsheets and platforms that read nothing else."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import msgspec

from ohmstead.api.exchange import Answer

FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""A spreadsheet runs text that begins so; much of ours was written by stations."""


def csv_answer(columns: Sequence[str], rows: Iterable[object], name: str, **headers: str) -> Answer:
    """Rows (structs) as a CSV file with a header line, RFC 4180."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(columns)
    for row in rows:
        cells: Mapping[str, Any] = msgspec.to_builtins(row)
        writer.writerow([_cell(cells.get(column)) for column in columns])
    names = {"Content-Disposition": f'attachment; filename="{name}.csv"', **headers}
    return Answer(out.getvalue().encode(), headers=names, media_type="text/csv; charset=utf-8")


def _cell(value: Any) -> Any:
    """Text as it is, but for what a spreadsheet would run: that gets an apostrophe in front. Lists are JSON."""
    if isinstance(value, (list, dict)):
        return msgspec.json.encode(value).decode()
    return f"'{value}" if isinstance(value, str) and value.startswith(FORMULA) else value
