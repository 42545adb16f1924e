from __future__ import annotations

from decimal import Decimal
from importlib import metadata
from importlib.metadata import EntryPoint

import pytest

from ohmstead.blocks.payment_provider import GROUP, Declined, LocalProvider, provider

pytestmark = pytest.mark.anyio


async def test_the_local_service():
    service = provider("local")
    assert service is not None
    assert provider("") is None
    one, other = [await service.authorize(f"pay_{n}", Decimal(5), "EUR", "4242") for n in range(2)]
    assert one != other
    for again in range(2):
        await service.capture(one, Decimal(again), "EUR")
        await service.cancel(one)
    with pytest.raises(Declined):
        await service.authorize("pay_3", Decimal(5), "EUR", "declined")
    with pytest.raises(Declined):
        await service.capture("fail-1", Decimal(5), "EUR")
    company = await service.company("de 123 456 789")
    assert (company and company.country, await service.company("DE1")) == ("DE", None)


class House(LocalProvider):
    """An adapter of another package."""


async def test_an_adapter_comes_by_its_entry_point(monkeypatch):
    entry = EntryPoint("house", f"{__name__}:House", GROUP)
    installed = lambda group, name: [entry] if (group, name) == (GROUP, "house") else []  # noqa: E731
    monkeypatch.setattr(metadata, "entry_points", installed)
    assert type(provider("house")).__name__ == "House"
    assert provider("house") is provider("house")
    assert provider("nobody's") is None
