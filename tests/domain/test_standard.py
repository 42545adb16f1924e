from __future__ import annotations

import pytest

from ohmstead.domain import standard
from ohmstead.domain.device_model import Attribute, Characteristics, Name, ReportState, Variable, model
from ohmstead.domain.words import home, words


@pytest.mark.parametrize(
    ("name", "wanted"),
    [
        (Name("OCPPCommCtrlr", "HeartbeatInterval"), True),
        (Name("ocppcommctrlr", "heartbeatinterval"), True),
        (Name("TiltSensor", "Temperature", evse_id=1), True),
        (Name("AcmeCtrlr", "Enabled"), False),
        (Name("EVSE", "AcmeColour", evse_id=1), False),
        (Name("Ocpp16", "MeterPublicKey2"), True),
        (Name("Ocpp16", "AcmeColour"), False),
        (home("HeartbeatInterval"), True),
    ],
)
def test_what_the_standard_has(name, wanted):
    assert standard.is_standard(name) is wanted


def test_the_vocabulary_speaks_of_standard_variables():
    spelled = [
        one for word in words().values() if word.tier == "core" for one in (word.variable, word.variable_2_1) if one
    ]
    strange = [one for one in spelled if not standard.is_standard(standard.Name(*_parts(one)))]
    assert strange == []


def _parts(text):
    component, _, rest = text.partition(".")
    return component.partition("[")[0], rest.partition("[")[0]


def test_custom_components_and_keys():
    names = [Name("AcmeCtrlr", "A"), Name("AcmeCtrlr", "B"), Name("EVSE", "AcmeColour"), Name("Ocpp16", "AcmeKey")]
    assert standard.custom(names) == {"AcmeCtrlr", "Ocpp16.AcmeKey"}


def clock(**attributes):
    return Variable(Name("ClockCtrlr", "DateTime"), (Attribute(value="x"),), Characteristics("string"))


def test_deviations_of_2_x():
    known = model([clock(), Variable(Name("AcmeCtrlr", "A"), (Attribute(value="1"),))], ReportState(True, (), 1))
    found = {(str(one.name), one.kind): (one.left, one.right) for one in standard.deviations(known, "2.0.1")}
    assert found[("AcmeCtrlr.A", "missing")] == ("1", None)
    assert found[("ClockCtrlr.DateTime", "characteristics")] == ("string", "dateTime")
    assert ("ClockCtrlr.TimeSource", "added") in found
    assert not any(name.startswith("SmartChargingCtrlr") for name, _ in found)  # it has none


def test_nothing_is_amiss_while_the_report_is_not_whole():
    assert {one.kind for one in standard.deviations(model([clock()]), "2.0.1")} == {"characteristics"}


def test_deviations_of_1_6():
    interval = Variable(home("HeartbeatInterval"), (Attribute(value="1"),), Characteristics("integer"))
    found = {str(one.name) for one in standard.deviations(model([interval], ReportState(True, (), 1)), "1.6")}
    assert str(home("ConnectionTimeOut")) in found
    assert str(home("HeartbeatInterval")) not in found
