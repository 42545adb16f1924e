"""What a station tells and forgets of its customers."""

from __future__ import annotations

from typing import Any

import pytest

from ohmstead.simulator.customers import NOTHING
from ohmstead.simulator.ev import Ev


def ask(station: Any, *, report: bool = True, clear: bool = False, **who: Any) -> str:
    words = {"requestId": 9, "report": report, "clear": clear, **who}
    return str(station.call("CustomerInformation", words)["status"])


def told(station: Any) -> str:
    parts = station.csms.of("NotifyCustomerInformation")
    assert [part["seqNo"] for part in parts] == list(range(len(parts)))
    assert [part["tbc"] for part in parts] == [True] * (len(parts) - 1) + [False]
    station.csms.heard.clear()
    return "".join(part["data"] for part in parts)


@pytest.fixture
def station(bench: Any) -> Any:
    return bench("2.0.1").up()


def test_it_tells_what_it_knows_in_parts_and_forgets_it(station: Any) -> None:
    who = {"idToken": {"idToken": "TAG", "type": "ISO14443"}}
    for _ in range(9):
        station.plug(Ev())
        station.swipe()
        station.run(2)
        station.unplug()
    assert ask(station, clear=True, **who) == "Accepted"
    text = told(station)
    assert len(text) > 512
    assert text.startswith("cache: Accepted\n")
    assert all(one.id in text and one.token is None for one in station.controller.books)
    assert ask(station, **who) == "Accepted"
    assert told(station) == NOTHING


def test_a_running_transaction_keeps_its_token(station: Any) -> None:
    station.plug(Ev())
    station.swipe()
    assert ask(station, report=False, clear=True, idToken={"idToken": "tag", "type": "ISO14443"}) == "Accepted"
    assert station.csms.of("NotifyCustomerInformation") == []
    assert station.swipe() == "Stopped"
    assert station.events()[-1]["idToken"]["idToken"] == "TAG"


def test_one_customer_and_something_to_do(station: Any) -> None:
    token = {"idToken": "TAG", "type": "ISO14443"}
    assert ask(station) == "Invalid"
    assert ask(station, idToken=token, customerIdentifier="4711") == "Invalid"
    assert ask(station, report=False, idToken=token) == "Rejected"
    assert ask(station, customerIdentifier="4711") == "Accepted"
    assert told(station) == NOTHING
