from __future__ import annotations

import csv
import io

import pyarrow.parquet
import pytest

from tests.api.resources.test_tariffs import past  # noqa: F401

pytestmark = pytest.mark.anyio
SPAN = "from=2025-03-01T00:00:00Z&to=2025-03-02T00:00:00Z"


async def test_transactions_and_values_as_tables(client, past):  # noqa: F811
    shown = (await client.get(f"exports/transactions?{SPAN}")).json()["data"]
    assert [(one["id"], one["energy_wh"], one["site_id"]) for one in shown] == [("5", 5000, None)]
    values = await client.get(f"exports/meter-values?{SPAN}&format=csv")
    rows = list(csv.DictReader(io.StringIO(values.text)))
    assert [(row["id"], row["measurand"], row["value"], row["unit"]) for row in rows] == [
        ("5", "Energy.Active.Import.Register", "1000.0", "Wh"), ("5", "Energy.Active.Import.Register", "6000.0", "Wh"),
    ]  # fmt: skip
    table = pyarrow.parquet.read_table(
        io.BytesIO((await client.get(f"exports/meter-values?{SPAN}&format=parquet")).content)
    )
    assert table.column("value").to_pylist() == [1000.0, 6000.0]
    assert (
        await client.get("exports/transactions?from=2025-03-02T00:00:00Z&to=2025-03-01T00:00:00Z")
    ).status_code == 422


async def test_in_the_words_of_ocpi(client, past):  # noqa: F811
    (one,) = (await client.get(f"exports/ocpi/sessions?{SPAN}&country_code=DE&party_id=OHM")).json()["data"]
    assert (one["id"], one["kwh"], one["status"]) == ("5", 5, "COMPLETED")
    assert (await client.get(f"exports/ocpi/cdrs?{SPAN}&country_code=DE&party_id=OHM")).json()["data"] == []
    assert (await client.get(f"exports/ocpi/cdrs?{SPAN}&country_code=de&party_id=OHM")).status_code == 422
