from __future__ import annotations

import pytest

from ohmstead import runtime
from ohmstead.blocks.sealing import seal_all
from tests.api.resources.test_transactions import booked  # noqa: F401

pytestmark = pytest.mark.anyio


async def test_a_search_is_begun_by_hand_and_listed(client, booked):  # noqa: F811
    assert (await client.get("reconciliations")).json() == {"data": [], "next_cursor": None}
    begun = await client.post("transactions/1/reconcile")
    assert begun.status_code == 202
    (listed,) = (await client.get("reconciliations?station_id=CS1&state=open")).json()["data"]
    assert listed == begun.json()
    assert (listed["transaction_id"], listed["reason"], listed["verdict"]) == ("1", "asked", None)
    assert (await client.get("reconciliations?verdict=lost")).json()["data"] == []
    assert (await client.post("transactions/7/reconcile")).status_code == 404
    assert (await client.get("audit")).json()["data"][0]["action"] == "transaction.reconcile"


async def test_records_are_shown(client, context, booked, seed):  # noqa: F811
    assert (await client.get("transactions/2/records")).json() == []
    assert (await client.get("transactions/7/records")).status_code == 404
    await seal_all(context.db, context.ids, runtime.now())
    assert (await client.get("transactions/2/records")).json() == []  # something is missing: first that is looked for
    (listed,) = (await client.get("reconciliations")).json()["data"]
    assert (listed["transaction_id"], listed["reason"]) == ("2", "incomplete")
    shown = (await client.get("transactions/2")).json()
    await seed(
        "records", transaction=2, version=1, station_id=1, sealed_at=runtime.now(), reason="lost",
        body=(await client.get("transactions/2")).text,
    )  # fmt: skip
    (record,) = (await client.get("transactions/2/records")).json()
    assert (record["version"], record["reason"], record["transaction"]) == (1, "lost", shown)


async def test_signed_values_are_shown(client, booked):  # noqa: F811
    assert (await client.get("transactions/1/signed-values")).json() == []
    assert (await client.get("transactions/7/signed-values")).status_code == 404
