from __future__ import annotations

from ohmstead.traces import reading
from ohmstead.traces.comparing import differences
from tests.traces.conftest import talk
from tests.traces.test_reading import FRAMES


def told(*lines: str) -> list:
    return talk("\n".join(lines), "1.6").records


def started(number: int, status: str = "Accepted", id: str = "1") -> tuple[str, str]:
    answer = f'{{"transactionId":{number},"idTagInfo":{{"status":"{status}"}}}}'
    return f'> [2,"{id}","StartTransaction",{{}}]', f'< [3,"{id}",{answer}]'


def test_the_same_decisions_have_no_differences():
    for path in FRAMES.glob("*.jsonl"):
        records = reading.read(path).records
        assert differences(records, records) == []
    beat = '> [2,"1","Heartbeat",{}]'
    one = told(beat, '< [3,"1",{"currentTime":"2026-01-01T00:00:00Z"}]')
    other = told(beat, '< [3,"1",{"currentTime":"2027-01-01T00:00:00Z"}]')
    assert differences(one, other) == []


def test_another_status_is_told_with_its_place():
    (found,) = differences(told(*started(1)), told(*started(9, "Blocked")))
    assert (found.line, found.station, found.action) == (1, "CS1", "StartTransaction")
    assert (found.place, found.was, found.now) == ("/idTagInfo/status", "Accepted", "Blocked")


def test_given_ids_are_compared_as_names():
    twice = told(*started(1), *started(1, id="2"))
    assert differences(twice, told(*started(5), *started(5, id="2"))) == []
    (found,) = differences(twice, told(*started(5), *started(6, id="2")))
    assert (found.place, found.was, found.now) == ("/transactionId", 1, 6)


def test_errors_silence_and_other_calls():
    call = '> [2,"1","Heartbeat",{}]'
    answered, refused, silent = told(call, '< [3,"1",{}]'), told(call, '< [4,"1","GenericError","",{}]'), told(call)
    assert [(one.place, one.was, one.now) for one in differences(answered, refused)] == [
        ("/CALLERROR", None, "GenericError")
    ]
    assert [(one.place, one.was, one.now) for one in differences(answered, silent)] == [("", {}, None)]
    assert [(one.was, one.now) for one in differences(answered, told())] == [("asked", None)]
    assert [(one.was, one.now) for one in differences(told(), answered)] == [(None, "asked")]
    values = [told(call, f'< [3,"1",{{"a":[{part}]}}]') for part in ("1", "2", "1,2")]
    assert [one.place for one in differences(values[0], values[1])] == ["/a/0"]
    assert [one.place for one in differences(values[0], values[2])] == ["/a"]
