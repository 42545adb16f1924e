from __future__ import annotations

from typing import Any

import pytest

from ohmstead.simulator.evse import Reading
from ohmstead.simulator.samples import PERIODIC, REGISTER, words_2, words_16
from ohmstead.simulator.traits import Metering

READING = Reading(1_234_567.8, 11_000.0, (15.9, 15.9, 15.9), (230.0, 229.9, 229.8), float("inf"), None)
ALL = (REGISTER, "Power.Active.Import", "Current.Import", "Voltage", "Power.Offered", "SoC")


def two(context: str = PERIODIC, **metering: Any) -> list[dict[str, Any]]:
    return words_2(Metering(**metering), READING, context, (REGISTER,))


def old(context: str = PERIODIC, **metering: Any) -> list[dict[str, Any]]:
    return words_16(Metering(**metering), READING, context, (REGISTER,))


def test_the_ordinary_meter() -> None:
    found = words_2(Metering(), READING, PERIODIC, ALL)
    assert found[0] == {
        "measurand": REGISTER,
        "value": 1_234_567.8,
        "unitOfMeasure": {"unit": "Wh"},
        "context": PERIODIC,
    }
    assert [sample.get("phase") for sample in found] == [None, None, "L1", "L2", "L3", "L1-N", "L2-N", "L3-N"]
    assert [sample["value"] for sample in words_16(Metering(), READING, PERIODIC, ALL)][:3] == [
        "1234567",
        "11000",
        "15.90",
    ]
    assert words_2(Metering(), READING, PERIODIC, ("SoC",)) == []


def test_a_direct_current_meter() -> None:
    direct = Reading(5.0, 50_000.0, (125.0,), (400.0,), 60_000.0, 33.3)
    found = {sample["measurand"]: sample for sample in words_2(Metering(), direct, PERIODIC, ALL)}
    assert found["SoC"]["location"] == "EV"
    assert found["Power.Offered"]["value"] == 60_000.0
    assert "phase" not in found["Voltage"]


def test_phases_add_up_to_the_whole() -> None:
    found = two(register="phases")
    assert [sample["phase"] for sample in found] == ["L1", "L2", "L3"]
    assert sum(sample["value"] for sample in found) == pytest.approx(1_234_567.8)


def test_units() -> None:
    assert old(unit="kWh")[0]["value"] == "1234.567"
    assert two(unit="kWh")[0]["value"] == 1234.5678
    assert two(unit="mixed")[0]["unitOfMeasure"] == {"unit": "kWh"}
    assert two("Transaction.End", unit="mixed")[0]["unitOfMeasure"] == {"unit": "Wh"}
    (thousands,) = two(multiplier=3)
    assert (thousands["value"], thousands["unitOfMeasure"]) == (1234.5678, {"unit": "Wh", "multiplier": 3})


def test_single_precision_is_noisy() -> None:
    (sample,) = two(multiplier=3, single_precision=True)
    assert sample["value"] != 1234.5678
    assert sample["value"] == pytest.approx(1234.5678, abs=0.001)


def test_a_temperature() -> None:
    sample = old(temperature="Celcius")[-1]
    assert (sample["measurand"], sample["unit"], sample["value"]) == ("Temperature", "Celcius", "31.5")
