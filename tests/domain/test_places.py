from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ohmstead.domain import words
from ohmstead.domain.device_model import Attribute, Characteristics, Name, Variable, model
from ohmstead.domain.places import Index, by_connector, chosen, joined, said
from ohmstead.domain.words import Way, address, spelled, ways

quick = settings(database=None, deadline=None, max_examples=200)


def variable(name: Name, value: str = "1") -> Variable:
    return Variable(name, (Attribute(value=value),))


def way(text: str, **more: object) -> Way:
    name = spelled(text)
    return Way(address(name), name, None, "value", **more)  # type: ignore[arg-type]


def test_variables_are_found_by_address() -> None:
    index = Index(
        model(
            [
                variable(Name("EVSE", "Power", evse_id=1)),
                variable(Name("evse", "power", evse_id=2)),
                variable(Name("NetworkConfiguration", "Apn", component_instance="1")),
                variable(Name("NetworkConfiguration", "Apn", component_instance="2")),
                variable(Name("Ocpp16", "MeterPublicKey2")),
            ]
        )
    )
    assert [place.evse_id for place in index.at(way("EVSE.Power"))] == [1, 2]
    assert len(index.at(way("NetworkConfiguration[*].Apn"))) == 2
    assert len(index.at(way("NetworkConfiguration[2].Apn"))) == 1
    assert index.at(way("NetworkConfiguration.Apn")) == []
    key = ways(words.words()["meter.public_key"], "1.6")[0]
    assert [place.evse_id for place in index.at(key)] == [2]
    assert index.evses() == 2


def test_connectors_of_16_count_as_evses() -> None:
    assert Index(model([variable(Name("Ocpp16", "NumberOfConnectors"), "3")])).evses() == 3
    assert Index(model([variable(Name("Ocpp16", "NumberOfConnectors"), "three")])).evses() == 0


def test_what_a_variable_says() -> None:
    word = words.words()["evse.current.max"]
    limit = ways(word, "2.0.1")[0]
    name = Name("EVSE", "ACCurrent", evse_id=1)
    characteristics = Characteristics("decimal", "A", max_limit=32.0, values_list="a,b", max_elements=4)
    one = Variable(name, (Attribute(value="10"),), characteristics)
    assert said(word, limit, one) == ("32", "A", None)
    most = Attribute("MaxSet", "16")
    assert said(word, limit, one.with_attribute(most)) == ("16", "A", most)
    assert said(word, limit._replace(target="values_list"), one) == ("a,b", "A", None)
    assert said(word, limit._replace(target="max_elements"), one) == ("4", "A", None)
    assert said(word, limit._replace(target="value", unit="mA"), one) == ("10", "mA", one.attributes[0])
    assert said(word, limit, variable(name)) is None
    assert said(word, limit._replace(target="value"), variable(name, " ")) is None


def test_the_instance_that_counts() -> None:
    slots = [variable(Name("NetworkConfiguration", "Apn", component_instance=slot)) for slot in "123"]
    slot = way("NetworkConfiguration[*].Apn", many="slot")
    for active, order, found in [("2", "1,3", "2"), ("", "3,1", "3"), ("", "", "1"), ("9", "", "1")]:
        known = model(
            [
                *slots,
                variable(Name("OCPPCommCtrlr", "ActiveNetworkProfile"), active),
                variable(Name("OCPPCommCtrlr", "NetworkConfigurationPriority"), order),
            ]
        )
        [one] = chosen(slot, Index(known).at(slot), known)
        assert one.variable.name.component_instance == found


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("0.RST,1.RST, 2.RTS", [(0, "RST"), (1, "RST"), (2, "RTS")]),
        ("Unknown", [(-1, "Unknown")]),
        ("1.16", [(1, "16")]),
        ("1.16.5", [(1, "16.5")]),
        ("", []),
    ],
)
def test_lists_by_connector(text: str, found: list[tuple[int, str]]) -> None:
    assert by_connector(text) == found


@pytest.mark.parametrize(
    ("text", "number", "found"),
    [
        ("0.RST,1.RST", 1, "0.RST,1.TSR"),
        ("0.RST,1.RST", 2, "0.RST,1.RST,2.TSR"),
        ("0.RST,1.RST", None, "0.TSR,1.TSR"),
        ("", 1, "1.TSR"),
        ("Unknown", None, "TSR"),
    ],
)
def test_one_entry_changed(text: str, number: int | None, found: str) -> None:
    assert joined(text, number, "TSR") == found


@quick
@given(st.dictionaries(st.integers(0, 9), st.sampled_from(["RST", "RTS", "Unknown"])), st.integers(0, 9))
def test_a_changed_entry_is_read_again_and_the_others_stay(entries: dict[int, str], number: int) -> None:
    text = ",".join(f"{own}.{value}" for own, value in entries.items())
    assert dict(by_connector(joined(text, number, "TSR"))) == entries | {number: "TSR"}
