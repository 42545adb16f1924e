"""The mapping to OCPI 2.2.1, field by field."""

from __future__ import annotations

from datetime import UTC, datetime

import msgspec
import pytest

from ohmstead.blocks.ocpi import Party, Place, cdr, session
from ohmstead.shapes.tariff import Bill
from ohmstead.shapes.transaction import Transaction

BEGIN, END, SEALED = (datetime(2026, 11, 1, hour, tzinfo=UTC) for hour in (10, 12, 13))
US = Party("DE", "OHM")
PLACE = Place(site_id="11", name="Garage", latitude=52.5, longitude=13.4)
ONE = Transaction(
    id="7", station_id="CS1", transaction_id="tx", evse_id=2, connector_id=1, token="04A1", token_type="ISO14443",
    state="ended", started_at=BEGIN, ended_at=END, energy_wh=12_345.6, power_w=None, charging_state=None,
    stopped_reason="Local", events=3, gaps=[], complete=True, findings=[],
)  # fmt: skip
BILL = Bill(
    transaction_id="7", version=1, reason="ended", made_at=END, tariff_id="t", tariff_version=1, time_zone="UTC",
    started_at=BEGIN, ended_at=END, energy_wh=12_345.6, currency="EUR", lines=[], net="4.32", tax="0.82", total="5.14",
)  # fmt: skip


def test_a_cdr():
    made = msgspec.to_builtins(cdr(US, (2, ONE), BILL, PLACE, SEALED))
    location = made.pop("cdr_location")
    assert made == {
        "country_code": "DE", "party_id": "OHM", "id": "7-2", "session_id": "7", "remark": "corrects 7-1",
        "start_date_time": "2026-11-01T10:00:00Z", "end_date_time": "2026-11-01T12:00:00Z",
        "cdr_token": {"country_code": "DE", "party_id": "OHM", "uid": "04A1", "type": "RFID", "contract_id": "04A1"},
        "auth_method": "AUTH_REQUEST", "currency": "EUR", "total_cost": {"excl_vat": 4.32, "incl_vat": 5.14},
        "total_energy": 12.3456, "total_time": 2.0, "last_updated": "2026-11-01T13:00:00Z",
        "charging_periods": [{"start_date_time": "2026-11-01T10:00:00Z", "dimensions": [
            {"type": "ENERGY", "volume": 12.3456}, {"type": "TIME", "volume": 2.0},
        ]}],
    }  # fmt: skip
    assert (location["id"], location["name"], location["evse_uid"]) == ("11", "Garage", "CS1*2")
    assert location["coordinates"] == {"latitude": "52.500000", "longitude": "13.400000"}


@pytest.mark.parametrize(
    ("change", "shown"),
    [
        ({"state": "active", "ended_at": None}, {"status": "ACTIVE", "auth_method": "AUTH_REQUEST"}),
        ({"token_type": "Central"}, {"status": "COMPLETED", "auth_method": "COMMAND"}),
        ({"token": None, "token_type": None}, {"kwh": 12.3456, "location_id": "CS1"}),
    ],
)
def test_a_session(change, shown):
    made = msgspec.to_builtins(session(US, msgspec.structs.replace(ONE, **change), None, Place(), SEALED))
    assert shown.items() <= made.items()
    assert "total_cost" not in made
