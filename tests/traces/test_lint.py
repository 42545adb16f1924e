from __future__ import annotations

import pytest

from ohmstead.traces import reading
from ohmstead.traces.lint import CODES, lint
from tests.traces.conftest import talk
from tests.traces.test_reading import FRAMES

NOW = '"2026-07-14T03:33:21Z"'
BOOT = '> [2,"b","BootNotification",{"reason":"PowerUp","chargingStation":{"model":"M","vendorName":"V"}}]'
ACCEPTED = f'< [3,"b",{{"status":"Accepted","interval":1,"currentTime":{NOW}}}]'
PENDING = ACCEPTED.replace("Accepted", "Pending")


def event(seq_no: int, kind: str, wh: float | None = None, id: str = "T", **more: object) -> str:
    extra = "".join(f',"{name}":{str(value).lower()}' for name, value in more.items())
    meter = "" if wh is None else f',"meterValue":[{{"timestamp":{NOW},"sampledValue":[{{"value":{wh}}}]}}]'
    head = f'"eventType":"{kind}","timestamp":"2026-07-14T03:33:{20 + seq_no % 30}Z","triggerReason":"Trigger"'
    info = f'"transactionInfo":{{"transactionId":"{id}"}}'
    number = f"e{seq_no}{kind}"
    text = f'[2,"{number}","TransactionEvent",{{{head},"seqNo":{seq_no},{info}{meter}{extra}}}]'
    return f'> {text}\n< [3,"{number}",{{}}]'


CASES = {
    "unreadable": "> }nonsense",
    "long_message_id": f'> [2,"{"x" * 37}","Heartbeat",{{}}]',
    "message_id_reused": f"{BOOT}\n{ACCEPTED}\n{BOOT}\n{ACCEPTED}",
    "two_calls_open": f'{BOOT}\n> [2,"2","Heartbeat",{{}}]\n{ACCEPTED}\n< [3,"2",{{"currentTime":{NOW}}}]',
    "unanswered": BOOT,
    "answer_to_nothing": '< [3,"never",{}]',
    "call_error": '> [2,"1","Heartbeat",{}]\n< [4,"1","InternalError","",{}]',
    "wrong_sender": '< [2,"1","Heartbeat",{}]',
    "request_refused": '> [2,"1","Authorize",{}]',
    "response_refused": '> [2,"1","Heartbeat",{}]\n< [3,"1",{}]',
    "unknown_field": '> [2,"1","Heartbeat",{"extra":1}]',
    "null_field": '> [2,"1","Heartbeat",{"customData":null}]',
    "empty_field": '> [2,"1","Heartbeat",[]]',
    "time_without_zone": '> [2,"1","Heartbeat",{}]\n< [3,"1",{"currentTime":"2026-01-01T00:00:00"}]',
    "custom_data_without_vendor": '> [2,"1","Heartbeat",{"customData":{"a":1}}]',
    "secret": '< [2,"1","SetVariables",{"setVariableData":[{"attributeValue":"hunter22hunter22","component":'
    '{"name":"SecurityCtrlr"},"variable":{"name":"BasicAuthPassword"}}]}]',
    "before_boot": f'{BOOT}\n{PENDING}\n> [2,"1","Heartbeat",{{}}]',
    "boot_again": f"{BOOT}\n{ACCEPTED}\n{BOOT}",
    "seq_no_gap": f"{event(0, 'Started')}\n{event(2, 'Ended')}",
    "seq_no_reused": f"{event(0, 'Started')}\n{event(0, 'Ended')}",
    "no_start": event(1, "Ended"),
    "no_end": event(0, "Started"),
    "event_after_end": f"{event(0, 'Started')}\n{event(1, 'Ended')}\n{event(2, 'Updated')}",
    "register_backwards": f"{event(0, 'Started', 50)}\n{event(1, 'Ended', 40)}",
    "clock": '> [2,"1","StatusNotification",{"timestamp":"1970-01-01T00:00:00Z","connectorStatus":"Available",'
    '"evseId":1,"connectorId":1}]',
}


def codes(text: str, **options: object) -> dict[str, int]:
    return {one.code: one.count for one in lint(talk(text, **options)).findings}  # type: ignore[arg-type]


@pytest.mark.parametrize("code", CODES)
def test_each_finding_is_found(code):
    if code == "late_answer":
        found = codes(f"{BOOT}\n{ACCEPTED}", every_s=31)
    elif code == "version_unknown":
        found = codes('> [2,"1","Heartbeat",{}]', version=None)
    else:
        found = codes(CASES[code])
    assert found[code] == 1


def test_a_clean_conversation_has_none():
    session = (event(0, "Started", 5), event(1, "Updated", 6), event(2, "Ended", 7))
    clean = "\n".join(("open", BOOT, ACCEPTED, *session, "closed"))
    assert codes(clean) == {}
    repeated = clean.replace("closed", event(2, "Ended", 7))  # a repeat after a lost answer is no fault of the books
    assert codes(repeated) == {"message_id_reused": 1}


def test_the_old_books_of_16():
    at = '"timestamp":"2026-07-14T03:33:20Z"'
    start = f'> [2,"1","StartTransaction",{{"connectorId":1,"idTag":"A","meterStart":500,{at}}}]'
    given = '< [3,"1",{"transactionId":7,"idTagInfo":{"status":"Accepted"}}]'
    stop = f'> [2,"2","StopTransaction",{{"transactionId":7,"meterStop":400,{at}}}]\n< [3,"2",{{}}]'
    assert codes(f"{start}\n{given}\n{stop}", version="1.6") == {"register_backwards": 1}
    assert codes(stop, version="1.6") == {"no_start": 1}
    assert codes(f"{start}\n{given}", version="1.6") == {"no_end": 1}


def test_findings_are_counted_and_the_worst_come_first():
    report = lint(talk('> [2,"1","Authorize",{}]\n' * 9 + '> [2,"x","Heartbeat",{"extra":1}]'))
    assert [one.severity for one in report.findings] == sorted(one.severity for one in report.findings)
    refused = next(one for one in report.findings if one.code == "request_refused")
    assert (refused.count, len(refused.examples), refused.examples[0].line) == (9, 5, 1)
    assert report.actions == {"Authorize": 9, "Heartbeat": 1}
    assert (report.stations, report.versions, report.frames) == (["CS1"], ["2.0.1"], 10)


@pytest.mark.parametrize("path", sorted(FRAMES.glob("*.jsonl")), ids=lambda path: path.stem)
def test_recordings_of_real_implementations_are_hardly_odd(path):
    """What is left is true: the sloppy one counts nothing, one reads its password out."""
    found = {one.code for one in lint(reading.read(path)).findings}
    expected = {"vcp-201": {"register_backwards", "seq_no_reused"}, "mo-16-basic": {"secret"}}
    assert found - {"no_end"} == expected.get(path.stem, set())
