from __future__ import annotations

import pytest

from ohmstead.domain import words
from ohmstead.domain.device_model import Model, model
from ohmstead.domain.keys16 import Configured, variables
from ohmstead.domain.vendor_words import rules_for, vendors
from ohmstead.domain.vocabulary import read


def station(**keys: str) -> Model:
    return model(variables([Configured(key, False, value) for key, value in keys.items()], 1, "report"))


@pytest.mark.parametrize(
    ("vendor", "keys", "word", "value"),
    [
        ("KEBA AG", {"MaxAvailableCurrent": "16000"}, "evse.current.max", 16.0),
        ("Schneider Electric", {"maxintensitysocket": "32"}, "evse.current.max", 32.0),
        ("Schneider Electric", {"metervaluesampleinterval": "60"}, "meter.sample_interval", 60),
        ("Wall Box Chargers", {"chargingALimitConn1": "20"}, "evse.current.max", 20.0),
        ("United Chargers", {"MaxCurrent": "40000"}, "evse.current.max", 40.0),
        ("Growatt", {"G_MaxCurrent": "25.00"}, "evse.current.max", 25.0),
        ("Growatt", {"G_ExternalLimitPower": "11"}, "site.power.max", 11000.0),
        ("Nobody", {"AssignedCurrent": "1.16"}, "evse.current.max", 16.0),
        ("Nobody", {"Cst_FreeVendActive": "TRUE"}, "auth.free_vend.enabled", True),
        ("Nobody", {"RetryBackoffWaitMinimum": "3"}, "connection.backoff.wait_min", 3),
        ("Zaptec", {"LockCablePermanently": "false"}, "connector.lock_permanent", False),
        ("Easee", {"DynamicCircuitCurrent": "32"}, "site.current.max", 32.0),
    ],
)
def test_keys_of_vendors(vendor: str, keys: dict[str, str], word: str, value: object) -> None:
    found = read(station(**keys), "1.6", rules_for(vendor))
    assert found.value(word, 1) == value
    assert found.unmapped == ()


def test_a_key_of_one_vendor_means_nothing_at_another() -> None:
    found = read(station(MaxCurrent="16"), "1.6", rules_for("KEBA"))
    assert found.value("evse.current.max") is None
    assert len(found.unmapped) == 1


def test_every_rule_names_a_word() -> None:
    for vendor in vendors():
        assert vendor.evidence
        for rule in vendor.words:
            word = words.words().get(rule.word)
            assert word is not None, rule.source
            assert rule.unit is None or word.unit, rule.source


def test_every_station_has_the_rules_of_the_stacks() -> None:
    assert len(rules_for("KEBA AG")) == len(rules_for(None)) + 1
