from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from ohmstead.domain import facts, keys16, words
from ohmstead.domain.answers import Result, was_written
from ohmstead.domain.device_model import (
    Attribute,
    Characteristics,
    Item,
    Model,
    Mutability,
    Name,
    ReportState,
    Variable,
    applied,
    model,
)
from ohmstead.domain.keys16 import Configured, variables
from ohmstead.domain.vendor_words import rules_for
from ohmstead.domain.vocabulary import Refusal, Unmapped, read, write
from ohmstead.domain.words import Rule, Version, home

quick = settings(database=None, deadline=None, max_examples=200)
FRAMES = Path(__file__).parents[1] / "frames"
WHOLE = ReportState(True, (), 5)


def variable(
    name: Name,
    value: str | None,
    kind: str | None = None,
    *,
    mutability: Mutability = "ReadWrite",
    **limits: Any,
) -> Variable:
    characteristics = Characteristics(kind, **limits) if kind else None
    return Variable(name, (Attribute(value=value, mutability=mutability, updated_at=3),), characteristics)


def station16(report: ReportState = WHOLE, /, **keys: str) -> Model:
    return model(variables([Configured(key, False, value) for key, value in keys.items()], 3, "report"), report)


@pytest.fixture
def station21() -> Model:
    """A station of 2.1 with two EVSEs."""
    sampled, comm = "SampledDataCtrlr", "OCPPCommCtrlr"
    evses = [
        one
        for evse in (1, 2)
        for one in (
            variable(Name("EVSE", "Available", evse_id=evse), "true", "boolean", mutability="ReadOnly"),
            variable(
                Name("EVSE", "Power", evse_id=evse), "0", "decimal", mutability="ReadOnly", unit="kW", max_limit=22.0
            ),
            variable(Name("EVSE", "ACCurrent", evse_id=evse), "0", "decimal", unit="A", max_limit=32.0),
            variable(Name("Connector", "PhaseRotation", evse_id=evse, connector_id=1), "RST", "string"),
            variable(Name("V2XChargingCtrlr", "Enabled", evse_id=evse), "false", "boolean"),
        )
    ]
    return model(
        [
            variable(Name(sampled, "TxUpdatedInterval"), "60", "integer", unit="s", min_limit=5.0, max_limit=900.0),
            variable(
                Name(sampled, "TxUpdatedMeasurands"),
                "Voltage,SoC",
                "MemberList",
                values_list="Voltage,SoC,Current.Import",
                max_elements=2,
            ),
            variable(Name(comm, "HeartbeatInterval"), "300", "integer"),
            variable(Name("SecurityCtrlr", "SecurityProfile"), "2", "integer", mutability="ReadOnly"),
            variable(Name("SmartChargingCtrlr", "RateUnit"), "A,W", "MemberList", mutability="ReadOnly"),
            variable(Name("VendorCtrlr", "Secret"), "x"),
            *evses,
        ],
        WHOLE,
    )


def test_the_fixed_names_at_a_21_station(station21: Model) -> None:
    found = read(station21, "2.1")
    assert found.value("evse.current.max", 2) == 32.0
    assert found.value("evse.power.max", 1) == 22000.0
    assert found.value("evse.available", 1) is True
    assert found.value("evse.phase_rotation", 1, 1) == "RST"
    assert found.value("meter.sample_interval") == 60
    assert found.value("meter.measurands") == ["Voltage", "SoC"]
    assert found.value("meter.measurands_max") == 2
    assert found.value("connection.heartbeat_interval") == 300
    assert found.value("security.profile") == 2
    assert found.value("smart_charging.rate_unit") == ["A", "W"]
    assert found.value("v2x.supported", 1) is True
    assert found.value("v2x.enabled", 1) is False
    assert [str(one.name) for one in found.unmapped] == ["VendorCtrlr.Secret"]


def test_a_value_says_where_it_is_from(station21: Model) -> None:
    [one] = [one for one in read(station21, "2.1").values if one.name == "meter.measurands"]
    assert (one.source, one.updated_at, one.unit, one.writable) == ("report", 3, None, True)
    assert one.variable == Name("SampledDataCtrlr", "TxUpdatedMeasurands")
    assert one.options == ("Voltage", "SoC", "Current.Import")
    assert one.number is None
    numbers = {one.name: one.number for one in read(station21, "2.1").values}
    assert (numbers["evse.current.max"], numbers["v2x.enabled"], numbers["meter.sample_interval"]) == (32.0, 0.0, 60.0)
    writable = {one.name: one.writable for one in read(station21, "2.1").values}
    assert not writable["security.profile"]
    assert not writable["evse.current.max"]
    assert writable["v2x.enabled"]


QUESTIONS: list[tuple[str, int | None]] = [
    ("evse.current.max", 1),
    ("evse.available", 1),
    ("evse.phase_rotation", 1),
    ("meter.sample_interval", None),
    ("meter.measurands", None),
    ("connection.heartbeat_interval", None),
    ("security.profile", None),
    ("smart_charging.rate_unit", None),
    ("v2x.supported", None),
    ("evse.availability_state", 1),
]


def test_ten_questions_to_three_versions_of_three_vendors() -> None:
    old = station16(
        MaxAvailableCurrent="16000",
        ConnectorPhaseRotation="0.RST,1.RST",
        MeterValueSampleInterval="60",
        MeterValuesSampledData='"Voltage.L1", "SoC"',
        HeartbeatInterval="300",
        ChargingScheduleAllowedChargingRateUnit="Current",
    )
    told = facts.of_connectors([(1, 1, "Charging", 4)]) + facts.of_station(vendor="KEBA AG", security_profile=1)
    newer = model(
        [
            variable(Name("EVSE", "ACCurrent", evse_id=1), "0", "decimal", unit="A", max_limit=16.0),
            variable(Name("EVSE", "Available", evse_id=1), "True"),
            variable(
                Name("EVSE", "AvailabilityState", evse_id=1), "occupied", "OptionList", values_list="Available,Occupied"
            ),
            variable(Name("Connector", "PhaseRotation", evse_id=1, connector_id=1), "RST"),
            variable(Name("SampledDataCtrlr", "TxUpdatedInterval"), "60"),
            variable(Name("SampledDataCtrlr", "TxUpdatedMeasurands"), "Voltage, SoC"),
            variable(Name("OCPPCommCtrlr", "HeartbeatInterval"), "300"),
            variable(Name("SecurityCtrlr", "SecurityProfile"), "1"),
            variable(Name("SmartChargingCtrlr", "RateUnit"), "A"),
        ],
        WHOLE,
    )
    stations: list[tuple[Model, Version, str]] = [
        (old, "1.6", "KEBA AG"),
        (newer, "2.0.1", "EVBox"),
        (newer, "2.1", "Alfen"),
    ]
    answers = [16.0, True, "RST", 60, ["Voltage", "SoC"], 300, 1, ["A"], False, "Occupied"]
    for known, version, vendor in stations:
        found = read(known, version, rules_for(vendor), told if version == "1.6" else ())
        assert [found.value(name, evse) for name, evse in QUESTIONS] == answers


def test_a_16_station_in_words() -> None:
    known = station16(
        SupportedFeatureProfiles="Core, SmartCharging",
        NumberOfConnectors="2",
        LocalAuthListMaxLength="48",
        MeterValuesSampledDataMaxLength="8",
        MeterPublicKey2="abc",
        ConnectorPhaseRotation="1.Unknown,2.RTS",
        AuthorizationKey="00",
        Strange="x",
        MinimumStatusDuration="soon",
    )
    found = read(known, "1.6")
    assert found.value("smart_charging.available") is True
    assert found.value("reservation.enabled") is False
    assert found.value("station.connector_count") == 2
    assert found.value("local_list.max_entries") == 48
    assert found.value("meter.measurands_max") == 8
    assert found.value("meter.public_key", 2) == "abc"
    assert [found.value("evse.phase_rotation", n) for n in (1, 2)] == ["", "RTS"]
    assert found.value("security.basic_auth_password") is None
    assert found.unmapped == (
        Unmapped(Name("Ocpp16", "Strange")),
        Unmapped(home("MinimumStatusDuration"), "station.min_status_duration: `soon` is not a whole number"),
    )


def test_several_instances_become_one_value() -> None:
    known = model(
        [
            variable(Name("NetworkConfiguration", "OcppCsmsUrl", component_instance="1"), "wss://a"),
            variable(Name("NetworkConfiguration", "OcppCsmsUrl", component_instance="2"), "wss://b"),
            variable(Name("OCPPCommCtrlr", "ActiveNetworkProfile"), "2"),
            variable(Name("ISO15118Ctrlr", "ProtocolSupported", evse_id=1, variable_instance="1"), "urn:a,2,0"),
            variable(Name("ISO15118Ctrlr", "ProtocolSupported", evse_id=1, variable_instance="2"), "urn:b,1,0"),
            variable(Name("TariffCostCtrlr", "TariffFallbackMessage", variable_instance="de"), "teuer"),
            variable(Name("TariffCostCtrlr", "TariffFallbackMessage"), "dear"),
            variable(Name("CustomizationCtrlr", "CustomImplementationEnabled", variable_instance="org.x"), "true"),
            variable(Name("Connector", "Available", evse_id=1, connector_id=1), "true"),
            variable(Name("Connector", "Available", evse_id=2, connector_id=1), "true"),
            variable(Name("DisplayMessageCtrlr", "Language"), "en", "OptionList", values_list="en,de"),
        ]
    )
    found = read(known, "2.1")
    assert found.value("connection.csms_url") == "wss://b"
    assert write("connection.csms_url", None, "wss://c", known, "2.1") == Refusal(
        "connection.csms_url is changed with a new network profile"
    )
    assert found.value("iso15118.protocols", 1) == ["urn:a,2,0", "urn:b,1,0"]
    assert found.value("tariff.default_text_languages") == {"de": "teuer"}
    assert found.value("tariff.default_text") == "dear"
    assert found.value("vendor.extension_enabled") == {"org.x": True}
    assert found.value("station.connector_count") == 2
    assert found.value("display.languages") == ["en", "de"]
    assert found.unmapped == ()


def test_names_that_texts_of_the_standard_disagree_about() -> None:
    known = model(
        [
            variable(Name("SmartChargingCtrlr", "SupportsFeature", variable_instance="DynamicProfiles"), "true"),
            variable(Name("AuthCtrlr", "SupportedIdTokenTypes"), "ISO14443"),
            variable(Name("AlignedDataCtrlr", "AlignedDataMeasurands"), "SoC"),
            variable(Name("ClockCtrlr", "TimeOffset", variable_instance="NextTransition"), "+02:00"),
        ]
    )
    for version in ("2.0.1", "2.1"):
        found = read(known, version)
        assert found.value("smart_charging.dynamic_profiles") is True
        assert found.value("auth.token_types") == ["ISO14443"]
        assert found.value("meter.aligned_measurands") == ["SoC"]
        assert found.value("clock.next_offset") == "+02:00"
        assert found.unmapped == ()


def test_facts_count_only_where_the_model_says_nothing(station21: Model) -> None:
    told = facts.of_connectors([(1, 1, "Faulted", 4), (3, 1, "Available", 5)]) + facts.of_station(security_profile=3)
    found = read(station21, "2.1", facts=told)
    assert found.value("security.profile") == 2
    assert found.value("evse.available", 3) is True
    [one] = [one for one in found.values if one.name == "evse.availability_state" and one.evse_id == 1]
    assert (one.value, one.source, one.writable) == ("Faulted", "status", False)


def test_what_is_absent_is_said_only_when_all_is_known() -> None:
    assert read(Model(), "2.1").values == ()
    assert [one.name for one in read(Model(), "1.6").values] == ["smart_charging.dynamic_profiles", *ABSENT_16]
    assert read(Model(report=WHOLE), "2.1").value("v2x.supported") is False


ABSENT_16 = ["monitoring.available", "display.available", "tariff.supported", "v2x.supported"]


def assigned(found: tuple[Item, ...] | Refusal) -> list[tuple[str, str | None, str]]:
    assert not isinstance(found, Refusal), found
    return [(str(item.name), item.value, item.attribute) for item in found]


def test_writing_to_21(station21: Model) -> None:
    assert assigned(write("meter.sample_interval", None, 30, station21, "2.1")) == [
        ("SampledDataCtrlr.TxUpdatedInterval", "30", "Actual")
    ]
    assert assigned(write("v2x.enabled", 2, True, station21, "2.1")) == [
        ("V2XChargingCtrlr.Enabled of EVSE 2", "true", "Actual")
    ]
    assert len(assigned(write("v2x.enabled", None, True, station21, "2.1"))) == 2


@pytest.mark.parametrize(
    ("name", "evse_id", "value", "reason"),
    [
        ("meter.sample_interval", None, 1, "SampledDataCtrlr.TxUpdatedInterval takes at least 5 s, not 1"),
        ("meter.sample_interval", None, "30", 'meter.sample_interval takes a whole number, not "30"'),
        ("meter.sample_interval", 1, 30, "meter.sample_interval is a setting of the whole station: leave evse_id out"),
        (
            "meter.measurands",
            None,
            ["Power.Factor"],
            "SampledDataCtrlr.TxUpdatedMeasurands takes Voltage, SoC, Current.Import; not Power.Factor",
        ),
        (
            "meter.measurands",
            None,
            ["Voltage", "SoC", "Current.Import"],
            "SampledDataCtrlr.TxUpdatedMeasurands takes at most 2 items, not 3",
        ),
        ("security.profile", None, 3, "security.profile is changed with a new network profile in OCPP 2.x"),
        ("smart_charging.rate_unit", None, ["A"], "smart_charging.rate_unit is read-only"),
        (
            "evse.current.max",
            2,
            16,
            "evse.current.max is fixed by the station; a charging profile can limit it further",
        ),
        ("v2x.enabled", 7, True, "v2x.enabled is held by EVSE 1, 2 only"),
        (
            "tx.start_point",
            None,
            ["Authorized"],
            "tx.start_point is nothing that this OCPP 2.1 station is known to have",
        ),
        ("evse.current.min", 1, 6, "evse.current.min is nothing that this OCPP 2.1 station is known to have"),
        (
            "security.basic_auth_password",
            None,
            "x" * 16,
            "security.basic_auth_password is changed by rotating the station's credentials",
        ),
        ("evse.curent.max", None, 3, "the vocabulary has no `evse.curent.max`; the nearest is `evse.current.max`"),
        ("nothing at all", None, 3, "the vocabulary has no `nothing at all`"),
    ],
)
def test_why_a_word_cannot_be_written(
    station21: Model, name: str, evse_id: int | None, value: Any, reason: str
) -> None:
    assert write(name, evse_id, value, station21, "2.1") == Refusal(reason)


def test_the_greatest_current_is_written_where_the_station_lets_it() -> None:
    name = Name("EVSE", "ACCurrent", evse_id=1)
    attributes = (Attribute(value="0", mutability="ReadOnly"), Attribute("MaxSet", "32", "ReadWrite"))
    known = model([Variable(name, attributes, Characteristics("decimal", "A", max_limit=32.0))], WHOLE)
    assert read(known, "2.0.1").value("evse.current.max", 1) == 32.0
    assert assigned(write("MaxChargingCurrent", 1, 16, known, "2.0.1")) == [
        ("EVSE.ACCurrent of EVSE 1", "16", "MaxSet")
    ]
    assert write("evse.current.max", 1, 40, known, "2.0.1") == Refusal(
        "EVSE.ACCurrent of EVSE 1 takes at most 32 A, not 40"
    )


def test_writing_to_16() -> None:
    known = station16(
        MeterValueSampleInterval="60",
        ConnectorPhaseRotation="0.RST,1.RST,2.RST",
        MaxAvailableCurrent="32000",
        NumberOfConnectors="1",
        SupportedFeatureProfiles="Core,Reservation",
        SecurityProfile="1",
    )
    rules = rules_for("KEBA")
    assert keys(write("meter.sample_interval", None, 30, known, "1.6")) == [("MeterValueSampleInterval", "30")]
    assert keys(write("evse.phase_rotation", 2, "RTS", known, "1.6")) == [
        ("ConnectorPhaseRotation", "0.RST,1.RST,2.RTS")
    ]
    assert keys(write("evse.phase_rotation", 1, "", known, "1.6")) == [
        ("ConnectorPhaseRotation", "0.RST,1.Unknown,2.RST")
    ]
    assert keys(write("evse.current.max", 1, 16, known, "1.6", rules)) == [("MaxAvailableCurrent", "16000")]
    assert keys(write("evse.current.max", None, 13.5, known, "1.6", rules)) == [("MaxAvailableCurrent", "13500")]
    assert keys(write("security.profile", None, 2, known, "1.6")) == [("SecurityProfile", "2")]
    assert write("meter.end_sample_interval", None, 5, known, "1.6") == Refusal(
        "meter.end_sample_interval has no key of its own in OCPP 1.6"
    )
    assert write("reservation.enabled", None, True, known, "1.6") == Refusal(
        "reservation.enabled cannot be switched in OCPP 1.6: it is one of the station's feature profiles"
    )


def keys(found: tuple[Item, ...] | Refusal) -> list[tuple[str | None, str | None]]:
    assert not isinstance(found, Refusal), found
    return [(keys16.key_of(item.name), item.value) for item in found]


def test_one_setting_for_several_evses_is_not_set_for_one() -> None:
    known = station16(MaxAvailableCurrent="32000", NumberOfConnectors="2")
    assert write("evse.current.max", 1, 16, known, "1.6", rules_for("KEBA")) == Refusal(
        "evse.current.max is one setting for all EVSEs here: leave evse_id out"
    )
    assert len(assigned(write("evse.current.max", None, 16, known, "1.6", rules_for("KEBA")))) == 1


def test_the_numbered_key_of_an_evse_is_written() -> None:
    known = station16(chargingALimitConn1="32", chargingALimitConn2="32")
    assert keys(write("evse.current.max", 2, 10, known, "1.6", rules_for("Wallbox"))) == [("chargingALimitConn2", "10")]


def test_a_read_only_key_is_not_written() -> None:
    known = model(variables([Configured("UnlockConnectorOnEVSideDisconnect", True, "false")], 1, "report"))
    assert write("connector.unlock_on_ev_disconnect", None, True, known, "1.6") == Refusal(
        "connector.unlock_on_ev_disconnect is read-only at this station"
    )


def test_where_nothing_is_known_the_standard_is_tried() -> None:
    assert keys(write("meter.sample_interval", None, 30, Model(), "1.6")) == [("MeterValueSampleInterval", "30")]
    assert assigned(write("evse.evse_id", 2, "DE*1", Model(), "2.0.1")) == [("EVSE.EvseId of EVSE 2", "DE*1", "Actual")]
    assert isinstance(write("evse.phase_rotation", 1, "RST", Model(), "1.6"), Refusal)
    assert isinstance(write("evse.current.max", 1, 16, Model(), "2.1"), Refusal)
    assert isinstance(write("v2x.enabled", 1, True, Model(), "1.6"), Refusal)
    assert isinstance(write("security.organization", None, "x" * 501, Model(), "1.6"), Refusal)


def written(known: Model, items: tuple[Item, ...] | Refusal) -> Model:
    assert not isinstance(items, Refusal), items
    return applied(
        known, was_written(known, items, [Result(item.name, "Accepted", item.attribute) for item in items], 9).changes
    )


@quick
@given(
    st.sampled_from(["mA", "dA", "A"]),
    st.integers(0, 100),
    st.sampled_from(["evse.current.max", "evse.current.min", "site.current.max"]),
)
def test_what_is_written_through_a_vendors_key_is_read_again(unit: str, amperes: int, word: str) -> None:
    rules = (Rule(source="Vendor", word=word, unit=unit),)
    known = station16(Vendor="0")
    after = written(known, write(word, None, amperes, known, "1.6", rules))
    assert read(after, "1.6", rules).value(word) == amperes


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("meter.sample_interval", 15),
        ("meter.measurands", ["Voltage", "SoC"]),
        ("auth.cache.enabled", True),
        ("tariff.default_text", "0.30 je kWh"),
        ("tariff.default_text_languages", {"de": "0,30"}),
        ("clock.next_offset_at", "2026-03-29T01:00:00Z"),
        ("indicator.light_intensity", 50),
    ],
)
def test_words_come_back_from_a_16_station(name: str, value: Any) -> None:
    known = written(Model(), write(name, None, value, Model(), "1.6"))
    assert read(known, "1.6").value(name) == value


def test_a_recorded_station_in_words(recorded: Callable[[str], Model]) -> None:
    found = read(recorded("mo-16-basic"), "1.6", rules_for("MicroOcpp"))
    assert found.value("smart_charging.rate_unit") == ["W"]
    assert found.value("meter.measurands") == ["Energy.Active.Import.Register", "Power.Active.Import"]
    assert found.value("auth.free_vend.enabled") is False
    assert len(found.values) > 50
    assert {one.name.variable for one in found.unmapped} == {
        "Cst_ReconnectInterval",
        "Cst_StaleTimeout",
        "Cst_SilentOfflineTransactions",
        "Cst_AuthorizationTimeout",
        "Cst_TxStartOnPowerPathClosed",
        "Cst_MeterValuesInTxOnly",
        "Cst_StopTxnDataCapturePeriodic",
    }


@pytest.fixture
def recorded() -> Callable[[str], Model]:
    def station(file: str) -> Model:
        for line in (FRAMES / f"{file}.jsonl").read_text().splitlines():
            frame = json.loads(line)["frame"]
            if isinstance(frame, list) and frame[0] == 3 and "configurationKey" in frame[2]:
                rows = frame[2]["configurationKey"]
                answers = [Configured(one["key"], one["readonly"], one.get("value")) for one in rows]
                return model(applied(Model(), keys16.dumped(Model(), answers, 5).changes), WHOLE)
        pytest.fail("no GetConfiguration answer in the recording")

    return station


@quick
@given(st.data(), st.sampled_from(["1.6", "2.0.1", "2.1"]))
def test_nothing_a_station_says_or_a_person_asks_is_too_strange(data: st.DataObject, version: Version) -> None:
    word = data.draw(st.sampled_from(list(words.words().values())))
    rules = rules_for(data.draw(st.sampled_from(["KEBA", "Growatt", "EVerest"])))
    texts = st.sampled_from(["", "true", "7", "-1.5", "1.RST,x", "A,W", "{}", "1e99", "\0"]) | st.text(max_size=20)
    evse = data.draw(st.sampled_from([None, 0, 1, 7]))
    known = model(
        variable(
            replace(way.spelling, evse_id=evse, component_instance=data.draw(st.sampled_from([None, "1"]))),
            data.draw(texts | st.none()),
            data.draw(st.sampled_from(["integer", "MemberList", "string"])),
            unit=data.draw(st.sampled_from([None, "kW", "x"])),
        )
        for way in words.ways(word, version, rules)
    )
    for value in read(known, version, rules).values:
        assert json.dumps(value.value)
    asked = data.draw(texts | st.integers() | st.floats() | st.booleans() | st.none() | st.lists(texts) | st.just({}))
    found = write(word.name, evse, asked, known, version, rules)
    assert isinstance(found, Refusal) or all(isinstance(item.value, str) for item in found)
