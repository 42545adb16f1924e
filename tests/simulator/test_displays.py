"""Messages on the display, as the CSMS sets, asks for and clears them."""

from __future__ import annotations

from typing import Any

import pytest


def message(id: int, **more: Any) -> dict[str, Any]:
    words = {"id": id, "priority": "NormalCycle", "message": {"format": "UTF8", "content": "Grüezi"}, **more}
    return {"message": words}


@pytest.fixture(params=["2.0.1", "2.1"])
def station(bench: Any, request: pytest.FixtureRequest) -> Any:
    return bench(request.param).up()


def ids(station: Any, **asked: Any) -> list[int]:
    answer = station.call("GetDisplayMessages", {"requestId": 7, **asked})
    if answer == {"status": "Unknown"}:
        return []
    assert answer == {"status": "Accepted"}
    station.run(1)
    told = station.csms.of("NotifyDisplayMessages")[-1]
    assert told["requestId"] == 7
    return [one["id"] for one in told["messageInfo"]]


def test_messages_come_and_go(station: Any) -> None:
    assert ids(station) == []
    for one in (message(1), message(2, state="Charging"), message(3, priority="AlwaysFront")):
        assert station.call("SetDisplayMessage", one) == {"status": "Accepted"}
    assert ids(station) == [1, 2, 3]
    assert ids(station, state="Charging") == [2]
    assert ids(station, id=[1, 9]) == [1]
    assert ids(station, priority="InFront") == []
    station.call("SetDisplayMessage", message(4, priority="AlwaysFront"))
    assert ids(station) == [1, 2, 4]
    assert station.call("ClearDisplayMessage", {"id": 1}) == {"status": "Accepted"}
    assert station.call("ClearDisplayMessage", {"id": 1}) == {"status": "Unknown"}
    assert ids(station) == [2, 4]


def test_what_it_cannot_show_is_refused(station: Any) -> None:
    html = message(1, message={"format": "HTML", "content": "<b>"})
    assert station.call("SetDisplayMessage", html) == {"status": "NotSupportedMessageFormat"}
    unknown = station.call("SetDisplayMessage", message(1, transactionId="gone"))
    assert unknown == {"status": "UnknownTransaction"}
    station.call("SetDisplayMessage", message(1, endDateTime="2025-11-24T16:00:30.000Z"))
    assert ids(station) == [1]
    station.run(60)
    assert ids(station) == []
