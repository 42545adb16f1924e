from __future__ import annotations

import json

import pytest

from ohmstead.traces.record import MAX_DEPTH, TO_CSMS, TO_STATION, Record, directed, exchanges, frame, other, versioned

BOOT_16 = '[2,"1","BootNotification",{"chargePointVendor":"V","chargePointModel":"M"}]'


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ('[2,"1","Heartbeat",{}]', 2),
        ('[3,"1",{}]', 3),
        ('[4,"1","InternalError","",{}]', 4),
        ('[4,"1","InternalError"]', 4),
        ('[6,"1","NotifyPeriodicEventStream",{}]', 6),
    ],
)
def test_a_frame_has_its_parts(text, kind):
    found = frame(text)
    assert found is not None
    assert (found.kind, found.message_id) == (kind, "1")


@pytest.mark.parametrize(
    "text",
    ["", "{}", "[]", "[2]", '[2,1,"Heartbeat",{}]', "[9]", '[true,"1","A",{}]', "[" * 100_000, "\ud800", "[2,"],
)
def test_what_is_no_frame_is_none(text):
    assert frame(text) is None


def test_a_deep_frame_is_no_frame():
    def nested(depth: int) -> str:
        return f'[2,"1","DataTransfer",{"[" * depth}{"]" * depth}]'

    assert frame(nested(MAX_DEPTH - 2)) is not None
    assert frame(nested(MAX_DEPTH + 2)) is None


def record(text: str, way: str = TO_CSMS, line: int = 1) -> Record:
    return Record(line=line, identity="CS1", direction=way, text=text)  # type: ignore[arg-type]


def test_an_answer_belongs_to_the_latest_open_call_of_the_other_side():
    calls = [
        record('[2,"X","Heartbeat",{}]'),
        record('[2,"X","Authorize",{}]'),
        record('[3,"X",{}]'),  # from the station: answers nothing
        record('[3,"X",{}]', TO_STATION),
        record('[3,"X",{}]', TO_STATION),
    ]
    found = [(one.action, one.call, one.answer) for one in exchanges(calls)]
    assert found == [
        ("Heartbeat", None, 4),
        ("Authorize", None, 3),
        ("", None, None),
        ("Authorize", 1, None),
        ("Heartbeat", 0, None),
    ]


def test_directions_are_told_by_the_actions():
    given = [record(text) for text in (BOOT_16, '[3,"1",{}]', '[2,"9","Reset",{"type":"Soft"}]', '[3,"9",{}]')]
    ways = [one.direction for one in directed(given, [False] * 4)]
    assert ways == [TO_CSMS, TO_STATION, TO_STATION, TO_CSMS]
    assert [one.direction for one in directed(given, [True] * 4)] == [TO_CSMS] * 4
    assert other(TO_CSMS) == TO_STATION


def test_versions_are_told_by_the_messages():
    boot_2 = json.dumps([2, "1", "BootNotification", {"reason": "PowerUp", "chargingStation": {}}])
    for text, version in ((BOOT_16, "1.6"), (boot_2, "2.0.1"), ('[2,"1","Heartbeat",{}]', None)):
        found = versioned([record('[2,"0","Heartbeat",{}]'), record(text)])
        assert [one.version for one in found] == [version, version]
