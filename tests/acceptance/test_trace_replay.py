"""A recording of a real implementation, said by `trace replay` to two fresh servers: both decide alike, and a third one
that knows no token is told by its differences. The frames come back as a trace over HTTP."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from ohmstead.traces import reading
from ohmstead.traces.comparing import differences
from ohmstead.traces.dialling import dialler
from ohmstead.traces.record import Record
from ohmstead.traces.replay import replay
from tests.acceptance.serving import PASSWORD, serving

pytestmark = pytest.mark.anyio
FRAMES = Path(__file__).parents[1] / "frames"


async def played(folder: Path, name: str, tokens: tuple[str, ...]) -> list[Record]:
    trace = reading.read(FRAMES / f"{name}.jsonl")
    async with serving(folder, unasked_calls=()) as csms:
        for identity in {one.identity for one in trace.records}:
            await csms.add_station(identity)
        for token in tokens:
            await csms.add_token(token)
        return await replay(trace, dialler(csms.url, password=PASSWORD))


@pytest.mark.parametrize("name", ["mo-16-basic", "libocpp-201-sp2"])
async def test_two_servers_decide_alike_and_another_is_told_apart(tmp_path: Path, name: str) -> None:
    tokens = ("TAG001", "TAG002")
    for number in "123":
        os.mkdir(tmp_path / number)
    one, two = await played(tmp_path / "1", name, tokens), await played(tmp_path / "2", name, tokens)
    calls = [record for record in one if record.direction == "cp-to-csms"]
    assert len(calls) > 10
    assert differences(one, two) == []
    strict = differences(one, await played(tmp_path / "3", name, ()))
    assert {difference.was for difference in strict} == {"Accepted"}
    assert all(difference.place.endswith("/status") for difference in strict)
