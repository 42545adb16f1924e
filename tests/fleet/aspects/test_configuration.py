"""Words beside what a station has."""

from __future__ import annotations

from ohmstead.domain.device_model import Attribute, Model, Name, Pending, Variable, model
from ohmstead.domain.words import home
from ohmstead.fleet.aspects import Seen
from ohmstead.fleet.aspects.configuration import _check, asks, mend
from ohmstead.shapes.device_model import WordChange
from tests.fleet.test_layers import PLACE

WORD = WordChange(name="connection.heartbeat_interval", value=60)


def known(**fields: object) -> Model:
    return model([Variable(home("HeartbeatInterval")).with_attribute(Attribute("Actual", **fields))])  # type: ignore[arg-type]


def test_a_word_is_compared_as_it_would_be_set():
    found = _check(WORD, Seen(PLACE, known(value="60")))
    assert (found.same, found.actual) == (True, "60")
    found = _check(WORD, Seen(PLACE, known(value="61")))
    assert (found.same, found.actual, found.after_restart) == (False, "61", False)
    found = _check(WORD, Seen(PLACE, known(value="61", pending=Pending("60", 1))))
    assert (found.same, found.after_restart) == (False, True)


def test_another_spelling_is_the_same_and_what_is_rounded_is_near():
    assert _check(WORD, Seen(PLACE, known(value="60.0"))).same
    rounded = _check(WordChange(name="connection.heartbeat_interval", value=3600), Seen(PLACE, known(value="3590")))
    assert (rounded.same, rounded.near) == (False, True)
    assert not _check(WORD, Seen(PLACE, known(value="59"))).near
    address = WordChange(name="connection.network.priority", value="A")
    lower = Variable(Name("OCPPCommCtrlr", "NetworkConfigurationPriority"), (Attribute(value="a"),))
    assert not _check(address, Seen(PLACE._replace(ocpp_version="2.1"), model([lower]))).same


def test_what_cannot_be_set_says_why():
    found = _check(WordChange(name="connection.heartbeat_interval", value="often"), Seen(PLACE, known(value="60")))
    assert "connection.heartbeat_interval" in str(found.blocked)


def test_only_what_differs_is_sent_and_it_is_read_back():
    other = WordChange(name="transaction.stop_on_ev_disconnect", value=True)
    wrong = _check(WORD, Seen(PLACE, known(value="61")))
    assert mend([WORD, other], [wrong]) == {"type": "set_values", "values": [WORD], "read_back": True}
    assert asks([]) == []
