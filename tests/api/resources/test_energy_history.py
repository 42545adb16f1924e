from __future__ import annotations

import pytest

from ohmstead import runtime
from ohmstead.blocks.sealing import seal_all
from tests.api.resources.test_tariffs import past  # noqa: F401

pytestmark = pytest.mark.anyio
SPAN = "from=2025-03-01T00:00:00Z&to=2025-04-01T00:00:00Z"


async def test_what_a_sealed_transaction_charged(client, context, past):  # noqa: F811
    """5 kWh from 10:00 to 10:02 UTC."""
    assert (await client.get(f"energy-history?{SPAN}")).json() == []
    await seal_all(context.db, context.ids, runtime.now())
    for by, begin in (("hour", "11:00:00+01:00"), ("day", "00:00:00+01:00"), ("month", "00:00:00+01:00")):
        shown = (await client.get(f"energy-history?{SPAN}&by={by}&time_zone=Europe/Berlin")).json()
        assert shown == [
            {"station_id": "CS1", "evse_id": None, "begins_at": f"2025-03-01T{begin}", "energy_wh": 5000},
        ]  # fmt: skip
    assert (await client.get(f"energy-history?{SPAN}&format=csv")).text.splitlines()[1].startswith("CS1,")
    assert (await client.get(f"energy-history?{SPAN}&time_zone=Mars")).status_code == 422
