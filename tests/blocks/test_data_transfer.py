"""Data of vendors that we do not know is answered, not refused; data for stations, and what they give back."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from msgspec import Struct
from msgspec.structs import replace

from ohmstead.blocks import data_transfer
from ohmstead.blocks.data_transfer import DataTransfer
from tests.blocks.staging import SQLITE, Stage, converse


@SQLITE
@pytest.mark.anyio
@pytest.mark.parametrize("version", ["1.6", "2.0.1", "2.1"])
async def test_an_unknown_vendor(stage: Stage, version: str) -> None:  # P02.FR.06, TC_P_02
    assert await stage.say("DataTransfer", {"vendorId": "org.example"}, version) == {"status": "UnknownVendorId"}
    said = {"vendorId": "org.example", "messageId": "x", "data": "y"}
    assert await stage.say("DataTransfer", said, version) == {"status": "UnknownVendorId"}
    assert stage.fed == []


@pytest.mark.parametrize("version", ["1.6", "2.0.1", "2.1"])
def test_data_for_a_station_and_its_answer(version: str) -> None:  # P01
    command = DataTransfer(vendor_id="org.example", message_id="light", data={"on": True})
    back = "done" if version == "1.6" else {"lux": 7}
    talk = converse(command, version, {"status": "Accepted", "data": back})
    sent = '{"on":true}' if version == "1.6" else {"on": True}
    assert talk.requests == [("DataTransfer", {"vendorId": "org.example", "messageId": "light", "data": sent})]
    assert (talk.outcome.accepted, talk.outcome.reason) == (True, "done" if version == "1.6" else '{"lux":7}')
    talk = converse(DataTransfer(vendor_id="org.example"), version, {"status": "UnknownVendorId"})
    assert talk.requests == [("DataTransfer", {"vendorId": "org.example"})]
    assert (talk.outcome.accepted, talk.outcome.reason) == (False, "UnknownVendorId")


class Lamp(Struct):
    lux: int


@pytest.fixture
def lamps() -> Iterator[list[int]]:
    seen: list[int] = []

    @data_transfer.on_data("com.example.lamps", "Lamp", Lamp)
    async def lamp(call: Any, one: Lamp) -> Any:
        if one.lux < 0:
            raise data_transfer.Declined("too dark")
        seen.append(one.lux)
        return {"seen": one.lux}

    yield seen
    del data_transfer._VENDORS["com.example.lamps"]


@SQLITE
@pytest.mark.anyio
@pytest.mark.parametrize("version", ["1.6", "2.0.1", "2.1"])
async def test_a_registered_vendor(stage: Stage, lamps: list[int], version: str) -> None:
    async def say(data: Any, message_id: str = "Lamp") -> Any:
        said = {"vendorId": "com.example.lamps", "messageId": message_id, "data": data}
        return await stage.say("DataTransfer", said, version)

    old = version == "1.6"
    assert await say('{"lux":7}') == {"status": "Accepted", "data": '{"seen":7}' if old else {"seen": 7}}
    if not old:
        assert (await say({"lux": 8}))["data"] == {"seen": 8}
    assert await say('{"lux":-1}') == {"status": "Rejected", "data": "too dark"}
    assert (await say('{"lux":"7"}'))["status"] == "Rejected"
    assert await say("{}", "Other") == {"status": "UnknownMessageId"}
    assert lamps == ([7] if old else [7, 8])


@SQLITE
@pytest.mark.anyio
async def test_a_vendor_whose_data_a_platform_reads_in_the_feed(stage: Stage) -> None:
    listed = replace(stage.settings.stations, data_transfer_vendors=("com.example.doors",))
    stage.settings = replace(stage.settings, stations=listed)
    said = {"vendorId": "com.example.doors", "messageId": "Open", "data": '{"door":2}'}
    assert await stage.say("DataTransfer", said, "1.6") == {"status": "Accepted"}
    told = {"vendor_id": "com.example.doors", "message_id": "Open", "data": '{"door":2}'}
    assert stage.told == [("data_transfer.received", told)]


def test_two_handlers_of_one_message_are_a_mistake(lamps: list[int]) -> None:
    with pytest.raises(ValueError, match="two handlers"):
        data_transfer.on_data("com.example.lamps", "Lamp")(None)  # type: ignore[arg-type]
