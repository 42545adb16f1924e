from __future__ import annotations

import pytest

from ohmstead.traces import ledger
from ohmstead.traces.ledger import Books, moment
from ohmstead.traces.record import exchanges
from tests.traces.conftest import talk
from tests.traces.test_lint import event


def noted(text: str) -> list[str]:
    books = Books()
    found = [code for one in exchanges(talk(text).records) for code, _ in books.note(one, None)]
    return found + [code for code, _, _ in books.close()]


def test_events_that_waited_offline_come_after_the_end_and_are_no_fault():
    late = event(1, "Updated", offline=True)
    assert noted(f"{event(0, 'Started')}\n{event(2, 'Ended')}\n{late}") == []
    assert noted(f"{event(0, 'Started')}\n{event(2, 'Ended')}\n{event(1, 'Updated')}") == ["event_after_end"]


def test_older_values_told_again_do_not_run_backwards():
    old = event(1, "Ended", 4).replace("2026-07-14T03:33:21Z", "2026-07-14T03:33:01Z")
    assert noted(f"{event(0, 'Started', 50)}\n{old}") == []


def test_units_are_read():
    def value(wh: str) -> str:
        return event(1, "Ended", 1).replace('"value":1', wh)

    first = event(0, "Started", 1500)
    in_kwh = '"value":2,"unitOfMeasure":{"unit":"kWh"}'
    assert noted(f"{first}\n{value(in_kwh)}") == []
    multiplied = '"value":2,"unitOfMeasure":{"multiplier":3}'
    assert noted(f"{first}\n{value(multiplied)}") == []
    assert noted(f"{first}\n{event(1, 'Ended', 2)}") == ["register_backwards"]


def test_strange_payloads_are_not_in_the_books(monkeypatch):
    unnamed = '{"transactionInfo":{"transactionId":7}}'
    for payload in ("[]", "null", '{"transactionInfo":[]}', unnamed, '{"transactionId":true}'):
        for action in ("TransactionEvent", "StartTransaction", "StopTransaction", "MeterValues", "StatusNotification"):
            assert noted(f'> [2,"1","{action}",{payload}]') == []
    monkeypatch.setattr(ledger, "MAX_OPEN", 0)
    assert noted(event(0, "Started")) == []


@pytest.mark.parametrize(("text", "at"), [("1970-01-01T00:00:01Z", 1_000_000), ("x", None), (None, None), (1, None)])
def test_moments(text, at):
    assert moment(text) == at
