from __future__ import annotations

import pytest

from ohmstead.domain import words
from ohmstead.domain.conversions import scale, typed
from ohmstead.domain.device_model import Name
from ohmstead.domain.words import Rule, component, find, home, nearest, spelled, ways

FIXED = [
    "evse.current.max",
    "evse.available",
    "evse.phase_rotation",
    "meter.sample_interval",
    "meter.measurands",
    "connection.heartbeat_interval",
    "security.profile",
    "smart_charging.rate_unit",
    "v2x.supported",
]


@pytest.mark.parametrize("name", FIXED)
def test_the_names_that_are_fixed(name: str) -> None:
    assert words.words()[name].name == name


def test_every_word_is_well_made() -> None:
    assert len(words.words()) == 193
    for word in words.words().values():
        assert word.meaning.endswith("."), word.name
        assert word.unit is None or word.type in ("integer", "decimal"), word.name
        assert word.key_form is None or word.keys, word.name
        for text in filter(None, (word.variable, word.variable_2_1, *word.also)):
            assert spelled(text)
        if word.absent is not None:
            assert typed(word, "false", word.form if word.form != "present" else None) is word.absent


def test_every_word_is_found_somewhere() -> None:
    nowhere = [
        word.name
        for word in words.words().values()
        if not any(ways(word, version) for version in ("1.6", "2.0.1", "2.1"))
    ]
    assert {words.words()[name].tier for name in nowhere} == {"vendor"}


@pytest.mark.parametrize(
    ("name", "word"),
    [
        ("MaxChargingCurrent", "evse.current.max"),
        ("maxchargingcurrent", "evse.current.max"),
        ("EVSE.Current.Max", "evse.current.max"),
        ("HeartbeatInterval", "connection.heartbeat_interval"),
        ("MeterValueSampleInterval", "meter.sample_interval"),
        ("SampledDataCtrlr.TxUpdatedInterval", "meter.sample_interval"),
        ("SmartChargingCtrlr.SupportsFeature[DynamicProfiles]", "smart_charging.dynamic_profiles"),
    ],
)
def test_other_names_of_a_word(name: str, word: str) -> None:
    found = find(name)
    assert found is not None
    assert found.name == word


def test_a_name_that_is_none() -> None:
    assert find("evse.curent.max") is None
    assert nearest("evse.curent.max") == "evse.current.max"
    assert nearest("something else altogether") is None


@pytest.mark.parametrize(
    ("name", "standard"),
    [
        ("SmartCharging", "SmartChargingCtrlr"),
        ("SecurityCtrl", "SecurityCtrlr"),
        ("ClockController", "ClockCtrlr"),
        ("Authorization", "AuthCtrlr"),
        ("AuthCtrlr", "AuthCtrlr"),
        ("EVSE", "EVSE"),
        ("VendorThing", "VendorThing"),
    ],
)
def test_components_as_guides_write_them(name: str, standard: str) -> None:
    assert component(name) == standard


@pytest.mark.parametrize(
    ("key", "name"),
    [
        ("HeartbeatInterval", Name("OCPPCommCtrlr", "HeartbeatInterval")),
        ("metervaluesampleinterval", Name("SampledDataCtrlr", "TxUpdatedInterval")),
        ("GetConfigurationMaxKeys", Name("DeviceDataCtrlr", "ItemsPerMessage", variable_instance="GetVariables")),
        ("ChargingScheduleAllowedChargingRateUnit", Name("Ocpp16", "ChargingScheduleAllowedChargingRateUnit")),
        ("LocalAuthListMaxLength", Name("Ocpp16", "LocalAuthListMaxLength")),
        ("ConnectorPhaseRotation", Name("Ocpp16", "ConnectorPhaseRotation")),
        ("AuthorizationKey", Name("Ocpp16", "AuthorizationKey")),
        ("NumberOfConnectors", Name("Ocpp16", "NumberOfConnectors")),
        ("chargingALimitConn1", Name("Ocpp16", "chargingALimitConn1")),
    ],
)
def test_where_a_key_lives(key: str, name: Name) -> None:
    assert home(key) == name


def test_a_variable_that_is_not_written_so() -> None:
    with pytest.raises(ValueError, match="Component"):
        spelled("HeartbeatInterval")


def test_vendors_come_after_the_standard() -> None:
    rules = (
        Rule(source="G_WebSocketPingInterval", word="connection.websocket_ping_interval"),
        Rule(source="X.Y[z]", word="connection.websocket_ping_interval", versions=("2.1",)),
    )
    word = words.words()["connection.websocket_ping_interval"]
    assert [(way.spelling, way.vendor) for way in ways(word, "1.6", rules)] == [
        (Name("OCPPCommCtrlr", "WebSocketPingInterval"), False),
        (Name("Ocpp16", "G_WebSocketPingInterval"), True),
    ]
    assert [way.spelling for way in ways(word, "2.1", rules)] == [
        Name("OCPPCommCtrlr", "WebSocketPingInterval"),
        Name("X", "Y", variable_instance="z"),
    ]
    assert len(ways(word, "2.0.1", rules)) == 1


def test_units_of_the_list_are_known() -> None:
    for word in words.words().values():
        assert scale(word.unit, word) == 1
