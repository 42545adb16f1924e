"""Data of vendors that we do not know is answered, not refused; data for stations, and what they give back."""

from __future__ import annotations

import pytest

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
