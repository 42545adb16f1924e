"""Payment services behind one interface, and the local one for tests.

A service is what reserves money, takes it, and gives it back. An adapter to a real one is a class with these methods,
named by an entry point of the group `ohmstead.payment_providers`; it is made without arguments and reads its own keys.
A call may come twice with the same id or reference, and the second must do nothing again.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from decimal import Decimal
from functools import cache
from importlib import metadata
from typing import Protocol

from msgspec import Struct


class Declined(Exception):
    """The service did not reserve the money; the message is for the driver."""


class Company(Struct, frozen=True, kw_only=True):
    """Whose VAT number it is."""

    name: str
    address1: str
    city: str
    country: str


class Provider(Protocol):
    async def authorize(self, id: str, amount: Decimal, currency: str, card: str) -> str:
        """Reserve money; the service's reference. `id` is ours, for `abandon`; `card` is what its page gave the driver.
        Raises Declined."""

    async def abandon(self, id: str) -> None:
        """Let go what `authorize` may have reserved under this id: we ended before we could keep its answer."""

    async def capture(self, reference: str, amount: Decimal, currency: str) -> None:
        """Take this much of it and let the rest go. Raises Declined."""

    async def cancel(self, reference: str) -> None:
        """Let all of it go."""

    async def company(self, vat_number: str) -> Company | None:
        """Whose VAT number this is; None: nobody's."""


class LocalProvider:
    """For tests and demonstrations: no money moves. The card `declined` is declined."""

    COMPANIES: Mapping[str, Company] = {
        "DE123456789": Company(name="Muster GmbH", address1="Musterweg 1", city="Musterstadt", country="DE"),
        "NL123456789B01": Company(name="Voorbeeld B.V.", address1="Voorbeeldlaan 1", city="Utrecht", country="NL"),
    }

    async def authorize(self, id: str, amount: Decimal, currency: str, card: str) -> str:
        if card == "declined":
            raise Declined("The card was declined.")
        return f"local-{secrets.token_hex(8)}"

    async def abandon(self, id: str) -> None:
        return None

    async def capture(self, reference: str, amount: Decimal, currency: str) -> None:
        if reference.startswith("fail"):
            raise Declined("The payment service refused to take the money.")

    async def cancel(self, reference: str) -> None:
        return None

    async def company(self, vat_number: str) -> Company | None:
        return self.COMPANIES.get("".join(vat_number.split()).upper())


PROVIDERS: Mapping[str, Provider] = {"local": LocalProvider()}
GROUP = "ohmstead.payment_providers"


def provider(name: str) -> Provider | None:
    """The payment service of the settings (`payment.provider`); None: there is none."""
    return PROVIDERS.get(name) or (_installed(name) if name else None)


@cache
def _installed(name: str) -> Provider | None:
    """The adapter of an installed package. Whatever it raises is raised: money must not go another way."""
    for one in metadata.entry_points(group=GROUP, name=name):
        made: Provider = one.load()()
        return made
    return None
