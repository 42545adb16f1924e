from __future__ import annotations

import json
from pathlib import Path

import pytest

from ohmstead.domain import words
from ohmstead.domain.device_model import Characteristics, Item, Model, Name, applied, model
from ohmstead.domain.keys16 import Configured, dumped, key_of, read, variables
from ohmstead.domain.reports import Merge
from ohmstead.domain.words import home

FRAMES = Path(__file__).parents[1] / "frames"


def after(known: Model, found: Merge) -> Model:
    return model(applied(known, found.changes), found.report)


@pytest.mark.parametrize("key", sorted({key for word in words.words().values() for key in word.keys}))
def test_every_key_comes_back(key: str) -> None:
    assert key_of(home(key)) == key
    assert key_of(home(key.lower())) in (key, key.lower())


def test_a_variable_without_key() -> None:
    assert key_of(Name("ClockCtrlr", "TimeSource")) is None
    assert key_of(Name("ocpp16", "AnyThing")) == "AnyThing"


def test_an_entry_as_a_variable() -> None:
    [one] = variables([Configured("heartbeatinterval", True, "60")], 7, "report")
    assert one.name == Name("OCPPCommCtrlr", "HeartbeatInterval")
    attribute = one.attributes[0]
    assert (attribute.value, attribute.mutability, attribute.updated_at) == ("60", "ReadOnly", 7)
    assert one.characteristics == Characteristics("integer", "s")
    [other] = variables([Configured("Vendor", False, None)], 7, "get")
    assert (other.name, other.characteristics, other.attributes[0].value) == (Name("Ocpp16", "Vendor"), None, None)
    [lists] = variables([Configured("SupportedFeatureProfiles", True, "Core")], 7, "get")
    assert lists.characteristics == Characteristics("MemberList")


def test_a_dump_is_a_full_report() -> None:
    known = after(
        Model(), dumped(Model(), [Configured("HeartbeatInterval", False, "60"), Configured("Old", False, "1")], 5)
    )
    assert known.report.complete
    found = dumped(known, [Configured("HeartbeatInterval", False, "30"), Configured("New", False, "1")], 9)
    assert [one.name.variable for one in found.new] == ["New"]
    assert [one.name.variable for one in found.gone] == ["Old"]
    assert after(known, found).value(Name("OCPPCommCtrlr", "HeartbeatInterval")) == "30"


def test_a_dump_that_was_cut_takes_nothing_away() -> None:
    known = after(Model(), dumped(Model(), [Configured("A", False, "1"), Configured("B", False, "1")], 5))
    assert dumped(known, [Configured("A", False, "1")], 9, most_keys=1).gone == []
    assert len(dumped(known, [Configured("A", False, "1")], 9, most_keys=3).gone) == 1


def test_keys_shown_only_by_name_survive_a_dump() -> None:
    hidden = read(Model(), [Item(home("Hidden"))], [Configured("Hidden", True, "1")], [], 5)
    known = applied(Model(), hidden.changes)
    [one] = known
    assert (one.attributes[0].mutability, one.attributes[0].source) == ("ReadOnly", "get")
    assert dumped(known, [Configured("A", False, "1")], 9).gone == []


def test_keys_read_by_name() -> None:
    known = model(variables([Configured("Gone", False, "1"), Configured("Empty", False, "kept")], 1, "report"))
    asked = [Item(home(key)) for key in ("HeartbeatInterval", "Gone", "Empty", "Silent")]
    answers = [
        Configured("heartbeatInterval", False, "60"),
        Configured("Empty", False, None),
        Configured("Extra", False, "1"),
    ]
    learnt = read(known, asked, answers, ["Gone"], 5)
    assert [(one.status, one.value) for one in learnt.outcomes] == [
        ("accepted", "60"),
        ("rejected", None),
        ("accepted", None),
        ("unknown", None),
    ]
    assert learnt.outcomes[1].reason == "UnknownKey"
    found = applied(known, learnt.changes)
    assert {one.name.variable: one.attributes[0].value for one in found} == {"Empty": "kept", "HeartbeatInterval": "60"}
    interval = found.variables[home("HeartbeatInterval").key]
    assert (interval.attributes[0].mutability, interval.characteristics) == (
        "ReadWrite",
        Characteristics("integer", "s"),
    )
    assert {finding.code for finding in learnt.findings} == {"accepted_without_value", "result_not_asked"}


def test_a_password_given_away_is_not_kept() -> None:
    secret = Configured("AuthorizationKey", False, "30313233343536373839616263646566")
    assert "3031" not in repr(dumped(Model(), [secret], 5).changes)
    assert "3031" not in repr(read(Model(), [Item(home("AuthorizationKey"))], [secret], [], 5))


@pytest.mark.parametrize(("file", "count"), [("libocpp-16-sp1", 76), ("mo-16-basic", 47), ("vcp-16", 4)])
def test_recorded_dumps(file: str, count: int) -> None:
    for line in (FRAMES / f"{file}.jsonl").read_text().splitlines():
        frame = json.loads(line)["frame"]
        if isinstance(frame, list) and frame[0] == 3 and "configurationKey" in frame[2]:
            answers = [
                Configured(one["key"], one["readonly"], one.get("value")) for one in frame[2]["configurationKey"]
            ]
            assert len(after(Model(), dumped(Model(), answers, 5)).variables) == count
            return
    pytest.fail("no GetConfiguration answer in the recording")
