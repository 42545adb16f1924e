"""A line that is listened to: all that goes over it is noted, and it works as before."""

from __future__ import annotations

from typing import Any

import pytest

from ohmstead.simulator import Station, recording
from ohmstead.simulator.recording import Recorder

pytestmark = pytest.mark.anyio


async def test_frames_and_ends_are_noted(served: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    recorder = Recorder()
    async with served("2.0.1") as csms:
        async with Station("CS001", url=csms.url, speed=None, dial=recorder.through()) as station:
            recorder.clock = lambda identity: station.controller.now if identity == "CS001" else 0
            await station.boot()
            station.faults.once = {"duplicate": 1}
            await station.call("DataTransfer", {"vendorId": "x"})
            await station.go_offline()
        kinds = [one.kind for one in recorder.notes]
        assert (kinds[0], kinds[-1]) == ("open", "closed")
        sent = [one.text for one in recorder.notes if one.kind == "frame" and one.out]
        heard = [one.text for one in recorder.notes if one.kind == "frame" and not one.out]
        assert sent[0].startswith('[2,"')
        assert heard[0].startswith("[3,")
        assert sent[-1] == sent[-2]  # as it went over the line
        assert {one.connection for one in recorder.notes} == {"1"}
        monkeypatch.setattr(recording, "MOST_CHARACTERS", 1)
        async with Station("CS001", url=csms.url, speed=None, dial=recorder.through()) as station:
            await station.boot()
    assert len(recorder.notes) == len(kinds)
    assert recorder.left_out > 2
