from __future__ import annotations

import msgspec
import pytest

from ohmstead.domain.device_model import (
    Attribute,
    Change,
    Characteristics,
    Item,
    Model,
    Name,
    Variable,
    Wanted,
    applied,
    is_secret,
    model,
    select,
    withheld,
)


def variable(name: Name, value: str | None = None) -> Variable:
    return Variable(name, (Attribute(value=value, mutability="ReadWrite"),))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (Name("OCPPCommCtrlr", "HeartbeatInterval"), Name("ocppcommctrlr", "HEARTBEATINTERVAL")),
        (Name("ChargingStation", "Available"), Name("ChargingStation", "Available", evse_id=0)),
        (Name("EVSE", "Power", evse_id=1), Name("EVSE", "Power", evse_id=1, connector_id=0)),
        (Name("FiscalMetering", "PublicKey"), Name("FiscalMetering", "PublicKey ")),
        (Name("A", "B", component_instance=""), Name("A", "B")),
    ],
)
def test_names_that_are_the_same(one: Name, other: Name) -> None:
    assert one.key == other.key
    assert model([variable(one, "1")]).value(other) == "1"


def test_the_same_component_in_six_places_is_six_variables() -> None:  # D07
    names = [
        Name("Controller", "Temperature"),
        Name("Controller", "Temperature", evse_id=1),
        Name("Controller", "Temperature", evse_id=1, connector_id=1),
        Name("Controller", "Temperature", component_instance="A"),
        Name("Controller", "Temperature", component_instance="B"),
        Name("Controller", "Temperature", component_instance="A", evse_id=1),
    ]
    known = model(variable(name, str(at)) for at, name in enumerate(names))
    assert [known.value(name) for name in names] == ["0", "1", "2", "3", "4", "5"]


def test_a_name_for_a_person() -> None:
    assert str(Name("OCPPCommCtrlr", "MessageTimeout", variable_instance="Default")) == (
        "OCPPCommCtrlr.MessageTimeout[Default]"
    )
    assert str(Name("Connector", "PhaseRotation", evse_id=2, connector_id=1)) == (
        "Connector.PhaseRotation of EVSE 2, connector 1"
    )


def test_attributes_keep_their_order_and_come_once() -> None:
    one = Variable(Name("EVSE", "ACCurrent", evse_id=1), (Attribute("MaxSet", "32"),))
    one = one.with_attribute(Attribute("Actual", "10")).with_attribute(Attribute("MaxSet", "16"))
    assert [(a.type, a.value) for a in one.attributes] == [("Actual", "10"), ("MaxSet", "16")]
    assert one.attribute("Target") is None


def test_the_options_of_a_list() -> None:
    assert Characteristics("MemberList", values_list="A, W,,").options == ("A", "W")
    assert Characteristics("boolean").options == ()


def test_changes_are_applied_to_a_copy() -> None:
    one, other = variable(Name("A", "B"), "1"), variable(Name("C", "D"), "2")
    known = model([one])
    after = applied(known, [Change(one.name.key, one, None), Change(other.name.key, None, other)])
    assert list(known) == [one]
    assert list(after) == [other]
    assert after.get(one.name) is None
    assert after.value(one.name) is None


@pytest.mark.parametrize(
    ("name", "secret"),
    [
        ("BasicAuthPassword", True),
        ("AuthorizationKey", True),
        ("VpnPassword", True),
        ("VpnKey", True),
        ("SimPin", True),
        ("G_CardPin", True),
        ("G_Authentication", True),
        ("PUK", True),
        ("WebSocketPassword", True),
        ("StationPassword", True),
        ("UseAuthorizationKeyWithoutDecoding", False),
        ("HeartbeatInterval", False),
        ("MeterPublicKey1", False),
        ("AuthEnabled", False),
    ],
)
def test_what_is_a_secret(name: str, secret: bool) -> None:
    assert is_secret(Name("Ocpp16", name)) is secret


def test_secrets_and_write_only_values_are_not_kept() -> None:  # B07.FR.15
    open_one = variable(Name("A", "B"), "1")
    assert withheld(open_one) is open_one
    assert withheld(variable(Name("Ocpp16", "AuthorizationKey"), "30313233")).attributes[0].value is None
    hidden = Variable(Name("A", "B"), (Attribute(value="1", mutability="WriteOnly"), Attribute("Target", "2")))
    assert [one.value for one in withheld(hidden).attributes] == [None, "2"]


def test_a_variable_comes_back_from_json() -> None:
    one = Variable(
        Name("EVSE", "Power", evse_id=1), (Attribute(value="0"),), Characteristics("decimal", "W", max_limit=22000)
    )
    assert msgspec.json.decode(msgspec.json.encode(one), type=Variable) == one
    assert Item(one.name).key == (one.name.key, "Actual")


@pytest.fixture
def inventory() -> Model:
    return model(
        [
            variable(Name("Fan", "Problem", evse_id=1), "true"),
            variable(Name("Fan", "Speed", evse_id=1), "100"),
            variable(Name("Fan", "Problem", evse_id=2), "false"),
            variable(Name("Display", "Enabled"), "False"),
            variable(Name("Display", "Language", variable_instance="a"), "en"),
            variable(Name("Display", "Language", variable_instance="b"), "de"),
        ]
    )


@pytest.mark.parametrize(
    ("criteria", "found"),
    [((), 6), (("Problem",), 2), (("Enabled",), 3), (("Problem", "Enabled"), 3), (("Available",), 6)],
)
def test_a_report_by_criteria(inventory: Model, criteria: tuple[str, ...], found: int) -> None:  # B08.FR.07 to .13
    assert len(select(inventory, criteria)) == found  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        (Wanted("fan"), 3),
        (Wanted("Fan", evse_id=1), 2),
        (Wanted("Fan", variable="problem"), 2),
        (Wanted("Display", variable="Language"), 2),
        (Wanted("Display", variable="Language", variable_instance="B"), 1),
        (Wanted("Nothing"), 0),
    ],
)
def test_a_report_by_names(inventory: Model, wanted: Wanted, found: int) -> None:  # B08.FR.20 to .25
    assert len(select(inventory, wanted=[wanted])) == found
