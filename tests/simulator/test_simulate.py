from __future__ import annotations

from typing import Any

import pytest

from ohmstead.simulator import CannotConnect, Options, UnknownPersona, simulate

pytestmark = pytest.mark.anyio


async def test_a_station_with_a_line_for_everything(served: Any) -> None:
    lines: list[str] = []
    async with served("1.6") as csms:
        options = Options(csms.url, "CS001", "1.6", speed=None, sessions=1, password="p" * 16)
        summary = await simulate(options, lines.append)
        assert csms.paths[0] == "/CS001"
    assert summary.sessions == 1
    text = "\n".join(lines)
    for part in ("CS001  connected", "BootNotification Accepted", "car plugged in", "ended"):
        assert part in text


async def test_names_of_many(served: Any) -> None:
    async with served("2.1") as csms:
        await simulate(Options(csms.url, "CS", "2.1", count=2, speed=None, sessions=1), lambda _: None)
        assert sorted(set(csms.paths)) == ["/CS001", "/CS002"]


async def test_unknown_words_name_the_known() -> None:
    with pytest.raises(UnknownPersona, match="no persona 'rude'; known: default"):
        await simulate(Options("ws://x", "CS", persona="rude"), print)
    with pytest.raises(ValueError, match=r"no OCPP 1\.5 of .* known: 1\.6, 2\.0\.1, 2\.1"):
        await simulate(Options("ws://x", "CS", "1.5"), print)


async def test_a_lone_station_fails_plainly() -> None:
    with pytest.raises(CannotConnect, match="cannot connect to ws://127"):
        await simulate(Options("ws://127.0.0.1:1", "CS", speed=None), print)
