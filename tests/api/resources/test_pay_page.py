"""What drivers are refused; what they are shown is in tests/acceptance/test_payment.py."""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.anyio


async def test_nothing_is_told_without_the_right_password(client):
    """A station that is not there, an EVSE that cannot be, no payment service: all look like a wrong password."""
    said = {(await client.get(f"pay/{path}")).text.partition('"request_id"')[0] for path in ("NONE/1", "NONE/x", "A/0")}
    assert len(said) == 1
    assert (await client.get("pay/NONE/1?totp=x")).status_code == 403
    assert (await client.post("pay/NONE/1", content=b"card=1")).status_code in (403, 415)
    assert (await client.get("receipts/pay_0")).status_code == 404


async def test_who_guesses_is_stopped(client):
    statuses = [(await client.get("pay/GUESSED/1")).status_code for _ in range(11)]
    assert statuses == [403] * 10 + [429]
