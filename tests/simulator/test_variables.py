from __future__ import annotations

import pytest

from ohmstead.simulator.variables import CATALOGUE, Variables


def test_both_worlds_see_one_value() -> None:
    variables = Variables()
    key = variables.by_key("heartbeatinterval")
    assert key is variables["OCPPCommCtrlr.HeartbeatInterval"]
    assert key is not None
    assert variables.write(key, "60") == "Accepted"
    assert variables.number("OCPPCommCtrlr.HeartbeatInterval") == 60


@pytest.mark.parametrize(
    ("name", "good", "bad"),
    [
        ("OCPPCommCtrlr.HeartbeatInterval", "1", "0"),
        ("OCPPCommCtrlr.HeartbeatInterval", "60", "6.5"),
        ("AuthCtrlr.AuthorizeRemoteStart", "True", "yes"),
        ("TxCtrlr.TxStartPoint", "EVConnected,Authorized", "Whenever"),
        ("SecurityCtrlr.BasicAuthPassword", "x" * 16, "short"),
    ],
)
def test_writes_are_judged(name: str, good: str, bad: str) -> None:
    variables = Variables()
    assert variables.write(variables[name], bad) == "Rejected"
    assert variables.write(variables[name], good) == "Accepted"


def test_stations_do_not_share_values() -> None:
    one, two = Variables(), Variables()
    one["OCPPCommCtrlr.HeartbeatInterval"].value = "7"
    assert two.number("OCPPCommCtrlr.HeartbeatInterval") == 300


def test_every_default_is_a_value_of_its_type() -> None:
    for variable in CATALOGUE:
        if variable.mutability == "ReadWrite":
            assert variable.accepts(variable.value), variable
