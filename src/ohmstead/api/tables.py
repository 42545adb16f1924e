"""Lists as CSV and Parquet, for people with spreadsheets and platforms that read nothing else."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from typing import Any

import msgspec
from msgspec import Struct

from ohmstead.api.exchange import Answer
from ohmstead.api.problems import Refused

CSV, PARQUET = "text/csv", "application/vnd.apache.parquet"
FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""A spreadsheet runs text that begins so; much of ours was written by stations."""


def csv_answer(kind: type[Struct], rows: Iterable[Struct], name: str, **headers: str) -> Answer:
    """Rows of a struct as a CSV file with a header line, RFC 4180."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(kind.__struct_fields__)
    for row in rows:
        writer.writerow([_cell(cell) for cell in msgspec.to_builtins(row).values()])
    return _file(out.getvalue().encode(), f"{name}.csv", f"{CSV}; charset=utf-8", headers)


def _cell(value: Any) -> Any:
    """Text as it is, but for what a spreadsheet would run: that gets an apostrophe in front."""
    return f"'{value}" if isinstance(value, str) and value.startswith(FORMULA) else value


def parquet_answer(kind: type[Struct], rows: Iterable[Struct], name: str, **headers: str) -> Answer:
    """Rows of a struct as a Parquet file. Raises Refused where the extra `export` is not installed."""
    try:
        import pyarrow as arrow
        import pyarrow.parquet as parquet
    except ImportError:
        raise Refused("invalid", "Parquet needs the extra `export`: pip install 'ohmstead[export]'.") from None
    columns = [(column, arrow.field(column, _arrow(arrow, hint))) for column, hint in _hints(kind)]
    given = list(rows)
    arrays = [arrow.array([getattr(row, column) for row in given], field.type) for column, field in columns]
    out = io.BytesIO()
    parquet.write_table(arrow.Table.from_arrays(arrays, schema=arrow.schema([field for _, field in columns])), out)
    return _file(out.getvalue(), f"{name}.parquet", PARQUET, headers)


def _hints(kind: type[Struct]) -> list[tuple[str, Any]]:
    return [(field.name, field.type) for field in msgspec.structs.fields(kind)]


def _arrow(arrow: Any, hint: Any) -> Any:
    """The column type of a field: text, number, yes or no, or a time in microseconds."""
    words = str(hint)
    for word, made in (
        ("datetime", lambda: arrow.timestamp("us", tz="UTC")), ("bool", arrow.bool_), ("float", arrow.float64),
        ("int", arrow.int64),
    ):  # fmt: skip
        if word in words:
            return made()
    return arrow.string()


def _file(body: bytes, name: str, media_type: str, headers: dict[str, str]) -> Answer:
    shown = {"Content-Disposition": f'attachment; filename="{name}"', **headers}
    return Answer(body, headers=shown, media_type=media_type)
