from __future__ import annotations

import pytest

from ohmstead.simulator.dice import Dice
from ohmstead.simulator.faults import Faults
from ohmstead.simulator.network import GARBAGE, Network


def network(**faults: object) -> Network:
    return Network(Faults(**faults), Dice(1))  # type: ignore[arg-type]


def call(message_id: str) -> bytes:
    return b'[2,"%s","Heartbeat",{}]' % message_id.encode()


def test_a_good_network_hands_on_at_once_and_in_order() -> None:
    line = network()
    for number in "123":
        line.give("out", call(number), 5.0)
    assert [parcel.frame for parcel in line.take("out", 5.0)] == [call("1"), call("2"), call("3")]
    assert line.take("out", 5.0) == []
    assert not line.stalls("1")
    assert line.next_due is None


@pytest.mark.parametrize("way", ["out", "in"])
def test_a_lost_call_or_answer_stalls_the_call(way: str) -> None:
    line = network(once={"drop": 1})
    line.give(way, call("1"), 0.0)  # type: ignore[arg-type]
    line.give(way, call("2"), 0.0)  # type: ignore[arg-type]
    assert len(line.take(way, 0.0)) == 1  # type: ignore[arg-type]
    assert line.stalls("1")
    assert not line.stalls("2")
    assert not line.stalls(None)
    line.forget()
    assert not line.stalls("1")


def test_delay_and_jitter_keep_the_order() -> None:
    line = network(delay_s=2.0, jitter_s=5.0)
    for number in "12345":
        line.give("out", call(number), 0.0)
    assert line.take("out", 1.9) == []
    assert line.stalls("1")
    assert 2.0 <= (line.next_due or 0.0) <= 7.0
    assert [parcel.frame for parcel in line.take("out", 7.0)] == [call(number) for number in "12345"]


def test_the_direction_counts() -> None:
    line = network(drop=1.0, direction="in")
    line.give("out", call("1"), 0.0)
    line.give("in", call("2"), 0.0)
    assert len(line.take("out", 0.0)) == 1
    assert line.take("in", 0.0) == []


def test_twice_and_in_half() -> None:
    line = network(once={"duplicate": 1})
    line.give("in", call("1"), 0.0)
    assert [parcel.frame for parcel in line.take("in", 0.0)] == [call("1")] * 2
    line = network(once={"truncate": 1})
    line.give("out", call("1"), 0.0)
    (parcel,) = line.take("out", 0.0)
    assert parcel.frame == call("1")[: len(call("1")) // 2]
    assert line.stalls("1")


def test_one_overtakes_another() -> None:
    line = network(once={"reorder": 1})
    line.give("out", call("1"), 0.0)
    assert line.take("out", 0.0) == []
    line.give("out", call("2"), 0.1)
    assert [parcel.frame for parcel in line.take("out", 0.1)] == [call("2"), call("1")]


def test_who_waits_to_be_overtaken_does_not_wait_for_ever() -> None:
    line = network(once={"reorder": 1})
    line.give("out", call("1"), 0.0)
    assert len(line.take("out", 1.0)) == 1


def test_what_only_the_stations_frames_suffer() -> None:
    line = network(once={"garbage": 1, "split": 1, "binary": 1, "close": 1})
    line.give("out", call("1"), 0.0)
    garbage, parcel = line.take("out", 0.0)
    assert garbage.frame == GARBAGE
    assert (parcel.parts, parcel.binary, parcel.then_close) == (3, True, True)
    line.faults.once = {"garbage": 1}
    line.give("in", call("2"), 0.0)
    assert len(line.take("in", 0.0)) == 1


def test_half_open() -> None:
    line = network()
    line.give("in", call("1"), 0.0)
    line.faults.half_open = True
    assert line.take("in", 0.0) == []
    line.give("out", call("2"), 0.0)
    assert line.take("out", 0.0) == []
    assert line.stalls("2")
    assert line.stalls("any other")


def test_late_answers_do_not_hold_calls_up() -> None:
    line = network(late_answers_s=40.0)
    line.give("out", b'[3,"1",{}]', 0.0)
    line.give("out", call("2"), 0.0)
    assert [parcel.frame for parcel in line.take("out", 0.0)] == [call("2")]
    assert [parcel.frame for parcel in line.take("out", 40.0)] == [b'[3,"1",{}]']


def test_the_same_seed_gives_the_same_trouble() -> None:
    def run() -> list[bytes]:
        line = network(drop=0.2, duplicate=0.2, truncate=0.2, garbage=0.2, reorder=0.2, jitter_s=3.0)
        for number in range(50):
            line.give("out", call(str(number)), float(number))
        return [parcel.frame for parcel in line.take("out", 100.0)]

    assert run() == run()
