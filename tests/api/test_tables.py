from __future__ import annotations

import io
from datetime import UTC, datetime

import pyarrow.parquet
from msgspec import Struct

from ohmstead.api.tables import csv_answer, parquet_answer


class Row(Struct):
    a: str | None
    b: float


def test_a_table_runs_nothing_in_a_spreadsheet():
    rows = [Row('=HYPERLINK("x")', -1), Row(None, 2), Row("a,b", 1.5)]
    made = csv_answer(Row, rows, "x", **{"X-Next-Cursor": "c"})
    assert made.body == b'a,b\r\n"\'=HYPERLINK(""x"")",-1\r\n,2\r\n"a,b",1.5\r\n'
    assert made.headers == {"Content-Disposition": 'attachment; filename="x.csv"', "X-Next-Cursor": "c"}


class Typed(Struct):
    at: datetime | None
    n: int
    x: float
    ok: bool
    text: str | None


def test_a_parquet_file_keeps_the_types():
    """Read by pyarrow itself: times are instants, nothing is null, text is not touched."""
    when = datetime(2026, 11, 1, tzinfo=UTC)
    made = parquet_answer(Typed, [Typed(when, 1, 0.5, True, "=x"), Typed(None, 2, 1.0, False, None)], "x")
    table = pyarrow.parquet.read_table(io.BytesIO(made.body))
    assert table.to_pylist() == [
        {"at": when, "n": 1, "x": 0.5, "ok": True, "text": "=x"},
        {"at": None, "n": 2, "x": 1.0, "ok": False, "text": None},
    ]
    assert [str(kind) for kind in table.schema.types] == ["timestamp[us, tz=UTC]", "int64", "double", "bool", "string"]
