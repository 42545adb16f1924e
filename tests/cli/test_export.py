from __future__ import annotations

import json

import httpx
import pytest

QUERY = {"from": "2026-11-01T00:00:00Z", "to": "2026-12-01T00:00:00Z"}
SPAN = " ".join(QUERY.values())


@pytest.fixture
def parts(monkeypatch):
    """Two parts of an export, the second one by the cursor of the first."""
    asked = []

    def request(method, url, *, params, **_):
        asked.append((url.rpartition("/api/v1/")[2], params))
        last = "cursor" in params
        if params.get("format") in (None, "json"):
            body = json.dumps({"data": [len(asked)], "next_cursor": None if last else "c"}).encode()
            return httpx.Response(200, content=body)
        return httpx.Response(
            200, content=f"a\r\n{len(asked)}\r\n".encode(), headers={} if last else {"X-Next-Cursor": "c"}
        )

    monkeypatch.setattr(httpx, "request", request)
    monkeypatch.setenv("OHMSTEAD_URL", "http://ohmstead.test")
    monkeypatch.setenv("OHMSTEAD_KEY", "secret")
    return asked


@pytest.mark.parametrize(
    ("line", "path", "written"),
    [
        ("transactions {} {}", "exports/transactions", {"out": "a\r\n1\r\n2\r\n"}),
        ("meter-values {} {} --format parquet", "exports/meter-values", {"out": "a\r\n1\r\n", "out-2": "a\r\n2\r\n"}),
        ("transactions {} {} --format json", "exports/transactions", {"out": "[\n 1,\n 2\n]"}),
        ("ocpi cdrs {} {} --country-code DE --party-id ABC", "exports/ocpi/cdrs", {"out": "[\n 1,\n 2\n]"}),
    ],
)
def test_all_parts_are_written(run, parts, tmp_path, line, path, written):
    assert run(f"export {line.format(SPAN, tmp_path / 'out')}")[0] == 0
    assert [(where, query.get("cursor")) for where, query in parts] == [(path, None), (path, "c")]
    assert QUERY.items() <= parts[0][1].items()
    assert {name: (tmp_path / name).read_bytes().decode() for name in written} == written


def test_energy(wire, run, tmp_path):
    wire.answers = [(200, b"station_id\r\n")]
    assert run(f"export energy {SPAN} {tmp_path / 'out'} --by month --site 3")[0] == 0
    query = QUERY | {"by": "month", "format": "csv", "site_id": "3"}
    assert wire.last == ("GET", "energy-history", query, None)
    assert (tmp_path / "out").read_bytes() == b"station_id\r\n"
