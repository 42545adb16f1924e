from __future__ import annotations

import pytest

pytestmark = pytest.mark.anyio
CSV = {"Content-Type": "text/csv"}


@pytest.mark.parametrize("separator", [",", ";"])
async def test_good_lines_are_taken_and_bad_ones_reported(client, separator):
    await client.post("stations", json={"id": "CS0"})
    lines = [
        "id,security_profile,password,serial_number",
        "CS1,1,,",
        "CS2,basic,0123456789abcdef,",
        "CS3,3,,",
        "a:b,,,",
        "CS0,,,",
        "CS1,,,",
    ]
    answer = await client.post("stations/import", content="\n".join(lines).replace(",", separator), headers=CSV)
    assert answer.status_code == 200
    report = answer.json()
    assert [(one["line"], one["id"], "password" in one) for one in report["created"]] == [
        (2, "CS1", True),
        (3, "CS2", False),
    ]
    assert [one["line"] for one in report["refused"]] == [4, 5, 6, 7]
    assert "/serial_number" in report["refused"][0]["detail"]
    assert [one["id"] for one in (await client.get("stations")).json()["data"]] == ["CS0", "CS1", "CS2"]


@pytest.mark.parametrize("content", [b"", b"name\nx", b'id\n"open', b"id\n\xff", b"\xef\xbb\xbfcolour\nred"])
async def test_what_is_no_csv_of_stations_is_refused(client, content):
    assert (await client.post("stations/import", content=content, headers=CSV)).status_code == 400


async def test_a_column_that_is_unknown_is_named(client):
    report = (await client.post("stations/import", content="id,colour\nCS1,red,extra", headers=CSV)).json()
    assert "/colour" in report["refused"][0]["detail"]


async def test_an_import_repeated_under_its_key_makes_nothing_twice(client):
    headers = {**CSV, "Idempotency-Key": "once"}
    first = await client.post("stations/import", content="id\nCS1", headers=headers)
    assert (await client.post("stations/import", content="id\nCS1", headers=headers)).json() == first.json()
