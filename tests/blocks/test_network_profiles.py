"""Network profiles as the versions say them; the ways that use them have their own tests."""

from __future__ import annotations

import json

import pytest

from ohmstead.blocks.command import Ask, Unsupported
from ohmstead.blocks.network_profiles import PRIORITY, SetNetworkProfile, free_slot, refused_priority, set_profile
from ohmstead.domain.device_model import Attribute, Characteristics, Variable, model
from ohmstead.ocpp import codec, schemas
from ohmstead.ocpp.versions import BY_NAME
from ohmstead.store.sessions import State
from tests.blocks.staging import converse, station


def ask(version: str, *options: str) -> Ask:
    told = Variable(PRIORITY, (Attribute(value="1"),), Characteristics("SequenceList", values_list=",".join(options)))
    state = State(station=station(), connectors={}, transactions={})
    return Ask(BY_NAME[version], state, "cmd_1", known=model([told]))


@pytest.mark.parametrize(
    ("speaks", "to", "said"),
    [("2.0.1", "", "OCPP20"), ("2.0.1", "1.6", "OCPP16"), ("2.1", "", "OCPP21"), ("2.1", "2.0.1", "OCPP20")],
)
def test_the_version_of_a_profile(speaks: str, to: str, said: str) -> None:
    request = set_profile(ask(speaks), 2, "wss://h/o", 2, "Wired0", to)
    payload = json.loads(codec.encode(request))
    assert schemas.problems(BY_NAME[speaks], "SetNetworkProfile", "request", payload) == []
    assert payload["connectionData"]["ocppVersion"] == said


def test_slots() -> None:
    assert free_slot(ask("2.0.1", "1", "2", "3"), "1", None) == 2
    assert free_slot(ask("2.0.1"), "1", 7) == 7
    with pytest.raises(Unsupported, match="no free slot"):
        free_slot(ask("2.0.1", "1"), "1", None)
    with pytest.raises(Unsupported, match="in use"):
        free_slot(ask("2.0.1"), "1", 1)


def test_a_list_that_is_not_taken() -> None:
    v = BY_NAME["2.0.1"].messages
    result = {"component": v.ComponentType(name="C"), "variable": v.VariableType(name="V")}
    for status, why in (("Accepted", None), ("RebootRequired", None), ("Rejected", "Rejected")):
        one = v.SetVariableResultType(attribute_status=status, **result)
        assert refused_priority(v.SetVariablesResponse(set_variable_result=[one])) == why


def test_a_profile_is_put_into_a_slot() -> None:
    one = SetNetworkProfile(slot=2, url="wss://h/o", security_profile="tls_basic", message_timeout_s=60)
    said = converse(one, "2.0.1", {"status": "Accepted"}).requests[0][1]["connectionData"]
    assert (said["securityProfile"], said["messageTimeout"], said["ocppVersion"]) == (2, 60, "OCPP20")
    assert not converse(one, "2.1", {"status": "Failed"}).outcome.accepted
    for version, other in (
        ("1.6", one),
        ("2.0.1", SetNetworkProfile(slot=1, url="ws://h", security_profile=1, interface="Any")),
    ):
        with pytest.raises(Unsupported):
            converse(other, version)
