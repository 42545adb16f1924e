from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ohmstead.domain.forwarding import (
    LONGEST_WAIT,
    OURS_ALONE,
    Outbox,
    Room,
    Told,
    asked_with,
    introduction,
    members,
    statuses,
    told_with,
    transaction_of,
    wait_before,
    why_not,
)
from ohmstead.domain.station import Connector
from ohmstead.ocpp import schemas
from ohmstead.ocpp.versions import BY_NAME


def said(action: str, size: int = 2) -> Told:
    return Told(action, b"x" * size)


def test_what_does_not_fit_costs_the_oldest_that_is_of_no_transaction():
    room = Room()
    box = Outbox(room, most=3)
    for action in ("StartTransaction", "Heartbeat", "MeterValues", "StopTransaction"):
        box.put(said(action))
    assert (len(box), box.dropped, room.used) == (3, 1, 6)
    assert (first := box.first()) is not None
    assert first.action == "StartTransaction"
    box.put(said("TransactionEvent"))
    box.put(said("Heartbeat"))  # nothing but transactions waits: the oldest goes
    assert (first := box.first()) is not None
    assert (first.action, box.dropped) == ("StopTransaction", 3)


@given(
    st.lists(
        st.tuples(st.sampled_from(["Heartbeat", "StopTransaction"]), st.integers(0, 60), st.booleans()), max_size=60
    )
)
def test_it_is_bounded_and_counts_what_it_holds(puts):
    room = Room(100)
    boxes = [Outbox(room, most=5, most_bytes=80) for _ in range(2)]
    for n, (action, size, tell) in enumerate(puts):
        box = boxes[n % 2]
        box.put(said(action, size))
        if tell and (one := box.first()) is not None:
            box.done(one)
            box.done(one)  # a second time changes nothing but what is equal by chance: it is another one
        assert room.used <= 100
        assert len(box) <= 5
    held = sum(len(one.payload) for box in boxes for one in box._waiting)
    assert room.used == held
    for box in boxes:
        box.clear()
    assert room.used == 0


def test_back_off_doubles_to_an_end():
    assert [wait_before(n, 1.0) for n in (1, 2, 3)] == [2, 4, 8]
    assert wait_before(5000 % 900, 0.0) == LONGEST_WAIT / 2


IDS = {7: 70}


@pytest.mark.parametrize(
    ("action", "given", "told"),
    [
        ("StopTransaction", {"transactionId": 7, "meterStop": 1}, {"transactionId": 70, "meterStop": 1}),
        ("StopTransaction", {"transactionId": 8}, None),
        ("MeterValues", {"connectorId": 1, "transactionId": 8}, {"connectorId": 1}),
        ("MeterValues", {"connectorId": 1, "transactionId": 7}, {"connectorId": 1, "transactionId": 70}),
        ("MeterValues", {"connectorId": 1}, {"connectorId": 1}),
        ("StatusNotification", {"transactionId": 7}, {"transactionId": 7}),
    ],
)
def test_the_number_of_the_second_one_is_said(action, given, told):
    found = told_with(json.dumps(given).encode(), action, IDS)
    assert (None if found is None else json.loads(found)) == told


def test_and_ours_is_asked_for():
    assert json.loads(asked_with(b'{"transactionId":70}', IDS)) == {"transactionId": 7}
    nested = b'{"connectorId":1,"csChargingProfiles":{"transactionId":70}}'
    assert json.loads(asked_with(nested, IDS))["csChargingProfiles"] == {"transactionId": 7}
    for wrong in (b'{"transactionId":7}', b'{"transactionId":[]}', b'{"transactionId":true}'):
        with pytest.raises(KeyError):
            asked_with(wrong, IDS)
    assert asked_with(b"[1]", IDS) == b"[1]"


@pytest.mark.parametrize(
    ("answer", "number"),
    [
        (b'{"transactionId":70}', 70),
        (b'{"transactionId":"70"}', None),
        (b"[]", None),
        (b"{", None),
        (b"[" * 9999, None),
    ],
)
def test_numbers_are_taken_from_what_can_be_read(answer, number):
    assert transaction_of(answer) == number


def test_members_of_nothing():
    assert members(None) == {}


@pytest.mark.parametrize(
    ("commands", "action", "payload", "may"),
    [
        ({"Reset"}, "Reset", b"{}", True),
        (set(), "Reset", b"{}", False),
        ({"Reset"}, "Reset-Signed", b"{}", False),
        ({"DataTransfer"}, "DataTransfer", b'{"vendorId":"acme"}', True),
        ({"DataTransfer"}, "DataTransfer", b'{"vendorId":"org.openchargealliance.iso15118pnc"}', False),
        *(({action}, action, b"{}", False) for action in sorted(OURS_ALONE)),
    ],
)
def test_what_the_second_one_may_ask(commands, action, payload, may):
    assert (why_not(commands, action, payload) is None) is may


@pytest.mark.parametrize("version", ["1.6", "2.0.1", "2.1"])
def test_a_station_introduces_itself_as_the_schemas_have_it(version):
    long = "a name that is longer than what the schemas allow for any name of a station"
    payload = json.loads(introduction(version, long, long, long, "1"))
    assert schemas.problems(BY_NAME[version], "BootNotification", "request", payload) == []
    places = [
        Connector(0, 0, "Available", 1), Connector(1, 1, "Charging", 1_764_000_000_123_456),
        Connector(2, 1, "Faulted", 1), Connector(2, 2, "Available", 1),
    ]  # fmt: skip
    found = [json.loads(one) for one in statuses(version, places)]
    for one in found:
        assert schemas.problems(BY_NAME[version], "StatusNotification", "request", one) == []
    if version == "1.6":
        assert [(one["connectorId"], one["status"], one["errorCode"]) for one in found] == [
            (0, "Available", "NoError"), (1, "Charging", "NoError"), (2, "Faulted", "OtherError"),
        ]  # fmt: skip
    else:
        assert [(one["evseId"], one["connectorId"], one["connectorStatus"]) for one in found] == [
            (2, 1, "Faulted"), (2, 2, "Available"),
        ]  # fmt: skip
