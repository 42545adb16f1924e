"""A CSMS in the tests of a station's firmware: `pytest_plugins = ["ohmstead.conformance.pytest_plugin"]`.

    async def test_it_takes_a_setting(csms):
        async with csms("2.0.1", bind="0.0.0.0:9100") as desk:     # the station connects to ws://HOST:9100/...
            await desk.meet()                                      # it is here, and has booted
            answer = await desk.calls("GetBaseReport", {"requestId": 1, "reportBase": "FullInventory"})
            report = await desk.hears_of("NotifyReport")

Every message of the station is held against the official schemas; what breaks them, or does not come in time, fails the
test with its reason. What the station says meanwhile is answered as it should be, and lies in `desk.heard`.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager

import pytest

from ohmstead.conformance.desk import Desk, hall
from ohmstead.ocpp.versions import BY_NAME


@pytest.fixture
def csms() -> Callable[..., AbstractAsyncContextManager[Desk]]:
    """Opens a CSMS for one station: `csms("2.1", bind="127.0.0.1:0", identity=None, patience=30.0)`; for any station
    when no identity is named. `patience`: seconds that it has for each thing. `desk.url` is where it connects."""

    @asynccontextmanager
    async def opened(
        version: str = "2.0.1", *, bind: str = "127.0.0.1:0", identity: str | None = None, patience: float = 30.0
    ) -> AsyncIterator[Desk]:
        host, _, port = bind.rpartition(":")
        async with hall(host.strip("[]"), int(port), BY_NAME[version], identity) as place:
            desk = Desk(place, BY_NAME[version], patience)
            desk.url = f"ws://{host}:{place.port}/ocpp"
            try:
                yield desk
            finally:
                await desk.close()

    return opened
