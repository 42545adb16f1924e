from __future__ import annotations

import msgspec

from ohmstead.shapes.transaction import MeterValue, Transaction


def test_the_contract_names_these_fields():
    wanted = {
        "id", "station_id", "transaction_id", "evse_id", "connector_id", "token", "token_type", "state", "started_at",
        "ended_at", "energy_wh", "charging_state", "stopped_reason", "events", "gaps", "complete", "findings",
    }  # fmt: skip
    required = {field.name for field in msgspec.structs.fields(Transaction) if field.required}
    assert wanted <= required
    assert "total_cost" not in required


def test_a_value_names_its_unit():
    assert {"value", "unit"} <= set(MeterValue.__struct_fields__)
