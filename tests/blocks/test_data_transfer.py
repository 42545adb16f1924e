"""Data of vendors that we do not know is answered, not refused."""

from __future__ import annotations

import pytest

from tests.blocks.staging import SQLITE, Stage


@SQLITE
@pytest.mark.anyio
@pytest.mark.parametrize("version", ["1.6", "2.0.1", "2.1"])
async def test_an_unknown_vendor(stage: Stage, version: str) -> None:  # P02.FR.06, TC_P_02
    assert await stage.say("DataTransfer", {"vendorId": "org.example"}, version) == {"status": "UnknownVendorId"}
    said = {"vendorId": "org.example", "messageId": "x", "data": "y"}
    assert await stage.say("DataTransfer", said, version) == {"status": "UnknownVendorId"}
    assert stage.fed == []
