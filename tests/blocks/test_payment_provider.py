from __future__ import annotations

from decimal import Decimal

import pytest

from ohmstead.blocks.payment_provider import Declined, provider

pytestmark = pytest.mark.anyio


async def test_the_local_service():
    service = provider("local")
    assert service is not None
    assert provider("") is None
    one, other = [await service.authorize(Decimal(5), "EUR", "4242") for _ in range(2)]
    assert one != other
    for again in range(2):
        await service.capture(one, Decimal(again), "EUR")
        await service.cancel(one)
    with pytest.raises(Declined):
        await service.authorize(Decimal(5), "EUR", "declined")
    with pytest.raises(Declined):
        await service.capture("fail-1", Decimal(5), "EUR")
    company = await service.company("de 123 456 789")
    assert (company and company.country, await service.company("DE1")) == ("DE", None)
