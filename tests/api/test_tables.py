from __future__ import annotations

from msgspec import Struct

from ohmstead.api.tables import csv_answer


class Row(Struct):
    a: str | None
    b: object


def test_a_table_runs_nothing_in_a_spreadsheet():
    rows = [Row('=HYPERLINK("x")', -1), Row(None, [1]), Row("a,b", 1.5)]
    made = csv_answer(("a", "b"), rows, "x", **{"X-Next-Cursor": "c"})
    assert made.body == b'a,b\r\n"\'=HYPERLINK(""x"")",-1\r\n,[1]\r\n"a,b",1.5\r\n'
    assert made.headers == {"Content-Disposition": 'attachment; filename="x.csv"', "X-Next-Cursor": "c"}
