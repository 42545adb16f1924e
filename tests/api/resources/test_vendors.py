from __future__ import annotations

import pytest

pytestmark = pytest.mark.anyio


@pytest.fixture
async def fleet(client, seed):
    """Two stations of a known kind, one of an unknown one, and one that never booted."""
    for number, (vendor, model) in enumerate([("KEBA", "P30")] * 2 + [("Acme", "One 2"), (None, None)], 1):
        await seed(
            "stations", id=number, identity=f"CS{number}", registration="accepted", security_profile=1, vendor=vendor,
            model=model, version=1, created_at=0,
        )  # fmt: skip
    for number, code, count in ((1, "repaired_token_without_suffix", 40), (2, "repaired_token_without_suffix", 1)):
        await seed(
            "findings", station_id=number, code=code, action="Authorize", text="", count=count, first_at=0, last_at=1
        )
    await seed("findings", station_id=1, code="unknown_field", action="X", text="", count=9, first_at=0, last_at=1)
    return client


async def test_the_kinds_of_the_fleet(fleet):
    found = (await fleet.get("vendors")).json()["data"]
    assert [(one["vendor"], one["model"], one["stations"], one["count"]) for one in found] == [
        ("Acme", "One 2", 1, 0),
        ("KEBA", "P30", 2, 41),
    ]
    assert found[0]["quirks"] == []
    assert "keba-token-with-serial" in found[1]["quirks"]


async def test_page_by_page_and_names_with_a_slash(fleet, seed):
    await seed(
        "stations", id=9, identity="CS9", registration="accepted", security_profile=1, vendor="A/S", model="1/2 %2F",
        version=1, created_at=0,
    )  # fmt: skip
    first = (await fleet.get("vendors?limit=1")).json()
    assert [one["vendor"] for one in first["data"]] == ["A/S"]
    rest = (await fleet.get("vendors", params={"cursor": first["next_cursor"]})).json()
    assert [one["vendor"] for one in rest["data"]] == ["Acme", "KEBA"]
    assert rest["next_cursor"] is None
    shown = (await fleet.get("vendors/A%2fS/1%2F2%20%252F")).json()
    assert (shown["vendor"], shown["model"], shown["stations"]) == ("A/S", "1/2 %2F", 1)
    assert (await fleet.get("vendors/A%2FS")).status_code == 404


async def test_one_kind_with_what_helped(fleet):
    shown = (await fleet.get("vendors/KEBA/P30")).json()
    assert shown["stations"] == 2
    assert shown["helped"] == [{"code": "repaired_token_without_suffix", "count": 41, "stations": 2}]
    row = next(one for one in shown["quirks"] if one["name"] == "keba-token-with-serial")
    assert row["repairs"] == ["token_without_suffix"]
    assert row["evidence"][0].startswith("https://")


async def test_a_model_that_is_not_here_and_one_that_nobody_knows(fleet):
    abb = (await fleet.get("vendors/ABB/Terra AC W22")).json()
    assert (abb["stations"], abb["helped"]) == (0, [])
    assert {one["firmware"] for one in abb["quirks"]} == {"<=1.8.21"}
    assert (await fleet.get("vendors/Acme/One 2")).json()["quirks"] == []
    assert (await fleet.get("vendors/Acme/Two")).status_code == 404
