from __future__ import annotations

import pytest

from ohmstead.domain.templates import Held, named, same, wanted, word_differences


def test_a_word_is_asked_at_its_evse_or_wherever_it_is():
    held = {"evse.current.max": [Held(16, 1), Held(32, 2)], "meter.sample_interval": [Held(60)]}
    found = word_differences(held, [wanted("evse.current.max", 16)])
    assert [(one.kind, one.left, one.right, one.evse_id) for one in found] == [("value", 32, 16, 2)]
    assert word_differences(held, [wanted("evse.current.max", 16.0, 1)]) == []
    assert [one.kind for one in word_differences(held, [wanted("evse.current.max", 16, 3)])] == ["added"]
    assert word_differences(held, [wanted("meter.sample_interval", 60, 2)]) == []


@pytest.mark.parametrize(
    ("name", "value", "reason"),
    [
        ("meter.sample_intervall", 60, "nearest is `meter.sample_interval`"),
        ("meter.sample_interval", "60", "takes a whole number"),
        ("meter.measurands", "Voltage", "takes a list"),
    ],
)
def test_what_no_station_can_have_is_refused(name, value, reason):
    with pytest.raises(ValueError, match=reason):
        wanted(name, value)


def test_values_that_mean_the_same():
    word = named("meter.measurands")
    assert same(word, ["Voltage", "SoC"], ["soc", "voltage"])
    assert not same(word, ["Voltage"], ["Voltage", "SoC"])
    assert same(named("evse.phase_rotation"), "RST", " rst")
