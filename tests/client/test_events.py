from __future__ import annotations

import json

from ohmstead.client.events import Following, read
from ohmstead.shapes.events import StationConnected

EVENT = {
    "specversion": "1.0", "id": "e1", "source": "s", "type": "ohmstead.station.connected", "subject": "CS1",
    "time": "2026-01-01T00:00:00Z", "sequence": 7, "datacontenttype": "application/json",
    "data": {"id": "CS1", "ocpp_version": "2.1", "of_a_later_release": 1},
}  # fmt: skip


def test_data_has_the_shape_of_its_type_or_stays_as_it_is():
    assert read(json.dumps(EVENT)).data == StationConnected(id="CS1", ocpp_version="2.1")
    odd = {**EVENT, "data": {"id": 5}}
    assert read(json.dumps(odd)).data == {"id": 5}
    unknown = {**EVENT, "type": "ohmstead.of.later"}
    assert read(json.dumps(unknown)).data == EVENT["data"]


def test_a_stream_is_taken_up_after_what_was_seen_last():
    following = Following(None, ["ohmstead.station.*"])
    assert following.headers() == {}
    lines = [": hello", "id: 5", "", "id: 7", "event: x", f"data: {json.dumps(EVENT)}", "", ": still here", ""]
    assert [event.sequence for line in lines[:3] for event in following.take(line)] == []
    assert following.headers() == {"Last-Event-ID": "5"}
    assert [event.sequence for line in lines for event in following.take(line)] == [7]
    assert following.headers() == {"Last-Event-ID": "7"}
    assert [*Following(None, ["ohmstead.alert.*"]).take(lines[5])] == []
