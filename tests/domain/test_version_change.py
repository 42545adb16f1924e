"""What becomes of a station's settings in another version."""

from __future__ import annotations

from typing import Any

import pytest

from ohmstead.domain.device_model import Attribute, Model, Name, ReportState, Variable, model
from ohmstead.domain.keys16 import Configured, variables
from ohmstead.domain.version_change import OWN, Fate, Setting, ends_transactions, plan, settings
from ohmstead.domain.vocabulary import read

KEYS = [
    Configured("HeartbeatInterval", False, "600"),
    Configured("MeterValueSampleInterval", False, "30"),
    Configured("NumberOfConnectors", True, "2"),
    Configured("MyVendorsKey", False, "on"),
    Configured("MyVendorsFact", True, "7"),
    Configured("AuthorizationKey", False, "00aa"),
]
HEARTBEAT, SAMPLES = "connection.heartbeat_interval", "meter.sample_interval"


def of_16() -> tuple[Setting, ...]:
    known = model(variables(KEYS, 0, "report"), ReportState(True))
    return settings(read(known, "1.6"), known)


def two(**values: str) -> Model:
    """A 2.0.1 station that reported these variables, `Component__Variable`; what begins with _ is read-only."""
    found = []
    for name, value in values.items():
        component, variable = name.strip("_").split("__")
        mutability: Any = "ReadOnly" if name.startswith("_") else "ReadWrite"
        found.append(Variable(Name(component, variable), (Attribute(value=value, mutability=mutability),)))
    return model(found, ReportState(True))


def fates(known: Model) -> dict[str, Fate]:
    return {one.setting.name: one for one in plan(of_16(), known, "2.0.1", (), read(known, "2.0.1")).fates}


def test_what_somebody_could_have_set_is_kept() -> None:
    found = {one.name: one for one in of_16()}
    assert (found[HEARTBEAT].value, found[HEARTBEAT].unit, found[SAMPLES].value) == (600, "s", 30)
    assert (found["Ocpp16.MyVendorsKey"].value, found["Ocpp16.MyVendorsKey"].word) == ("on", False)
    assert not any("Fact" in name or "00aa" in str(one.value) for name, one in found.items())


def test_the_dry_run_says_what_would_be_tried() -> None:
    dry = {one.setting.name: one for one in plan(of_16(), Model(), "2.0.1").fates}
    assert dry[HEARTBEAT].verdict == "carried"
    assert (dry["Ocpp16.MyVendorsKey"].verdict, dry["Ocpp16.MyVendorsKey"].reason) == ("lost", OWN)


def test_same_carried_and_lost() -> None:
    known = two(OCPPCommCtrlr__HeartbeatInterval="600", SampledDataCtrlr__TxUpdatedInterval="60")
    found = fates(known)
    assert found[HEARTBEAT].verdict == "same"
    assert (found[SAMPLES].verdict, found[SAMPLES].now) == ("carried", 60)
    (item,) = plan(of_16(), known, "2.0.1", (), read(known, "2.0.1")).items
    assert (str(item.name), item.value) == ("SampledDataCtrlr.TxUpdatedInterval", "30")
    known = two(_OCPPCommCtrlr__HeartbeatInterval="300")
    found = fates(known)
    assert (found[HEARTBEAT].verdict, found[HEARTBEAT].now) == ("lost", 300)
    assert "read-only" in (found[HEARTBEAT].reason or "")
    assert found[SAMPLES].verdict == "lost"  # this station has no such thing


def test_back_again() -> None:
    known = two(OCPPCommCtrlr__HeartbeatInterval="900")
    kept = settings(read(known, "2.0.1"), known)
    keys = model(variables(KEYS, 0, "report"), ReportState(True))
    found = plan(kept, keys, "1.6", (), read(keys, "1.6"))
    assert [(one.setting.name, one.verdict, one.now) for one in found.fates] == [(HEARTBEAT, "carried", 600)]
    assert found.items[0].value == "900"


@pytest.mark.parametrize(
    ("was", "now", "ends"),
    [("1.6", "2.0.1", True), ("1.6", "2.1", True), ("2.0.1", "2.1", False), ("2.1", "1.6", True)],
)
def test_transactions_end_between_the_families(was: Any, now: Any, ends: bool) -> None:
    assert ends_transactions(was, now) is ends
