from __future__ import annotations

import pytest

from ohmstead.domain.conditions import Condition, condition


@pytest.mark.parametrize(
    ("written", "wanted"),
    [
        ("evse.current.max<16", Condition("evse.current.max", "<", number=16.0)),
        (" evse.current.max >= 6.5 ", Condition("evse.current.max", ">=", number=6.5)),
        ("MaxChargingCurrent<=16", Condition("evse.current.max", "<=", number=16.0)),
        ("evse.available=false", Condition("evse.available", "=", number=0.0)),
        ("station.firmware_version=1.0=rc", Condition("station.firmware_version", "=", text="1.0=rc")),
        ("station.firmware_version!=", Condition("station.firmware_version", "!=", text="")),
        ("meter.measurands=Voltage", Condition("meter.measurands", "=", text="Voltage", is_list=True)),
    ],
)
def test_what_is_meant(written, wanted):
    assert condition(written) == wanted


@pytest.mark.parametrize(
    ("written", "why"),
    [
        ("evse.current.max", "is not NAME"),
        ("<16", "is not NAME"),
        ("evse.curent.max<16", "the nearest is `evse.current.max`"),
        ("evse.current.max<much", "`much` is not a number"),
        ("station.firmware_version<2", "no number"),
        ("evse.available=perhaps", "neither true nor false"),
        ("security.basic_auth_password=x", "secret"),
    ],
)
def test_what_is_wrong(written, why):
    with pytest.raises(ValueError, match=why):
        condition(written)
