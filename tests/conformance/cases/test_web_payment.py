"""QR codes: ours passes; one that never calls, or shows everybody its page, does not."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from ohmstead.conformance import Case
from ohmstead.ocpp.versions import Version
from tests.conformance.serving import Bench, Frame, mute, named, of, once

pytestmark = pytest.mark.anyio
CASES = of("web_payment")


@pytest.fixture
async def open_page() -> AsyncIterator[str]:
    """A page that takes whatever comes."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
        await writer.drain()
        writer.close()

    async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"


@pytest.mark.parametrize(("one", "version"), CASES, ids=named)
async def test_ours_passes(bench: Bench, one: Case, version: Version) -> None:
    found = await bench.play(one, version)
    assert found.verdict == "pass", found.reason


@pytest.mark.parametrize(("one", "version"), once(CASES), ids=named)
async def test_a_mutant_is_caught(bench: Bench, one: Case, version: Version, open_page: str) -> None:
    def elsewhere(frame: Frame, action: str) -> Frame:
        """The codes lead to the open page."""
        if frame[0] == 2 and frame[2] == "SetVariables":
            told = [
                {**x, "attributeValue": f"{open_page}/{{evse}}?totp={{totp}}"}
                if "Template" in x["variable"]["name"]
                else x
                for x in frame[3]["setVariableData"]
            ]
            return [2, frame[1], frame[2], {"setVariableData": told}]
        return frame

    spoil = mute if one.id == "TC_C_131_CSMS" else elsewhere
    found = await bench.play_mutant(one, version, spoil)
    assert found.verdict == "fail", found.reason
