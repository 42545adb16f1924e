"""What the API works with; made by `ohmstead.app`, which alone knows all parts."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path

from ohmstead import vendors
from ohmstead.api.bench import Bench
from ohmstead.api.disk import Disk
from ohmstead.api.limits import Limiter
from ohmstead.api.oidc import Provider, open_provider
from ohmstead.api.turns import Turns
from ohmstead.bus import Bus
from ohmstead.pki.issuer import Issuers
from ohmstead.pki.local_ca import LocalCa
from ohmstead.pki.responder import Lists
from ohmstead.settings import Settings
from ohmstead.store.db import Db
from ohmstead.store.ids import ROWS, Ids
from ohmstead.store.links import Links
from ohmstead.store.sessions import Passwords
from ohmstead.vendors import Catalogue


async def always_ready() -> list[str]:
    return []


def seen_nobody(station_id: int) -> int | None:
    return None


@dataclass(frozen=True)
class Context:
    """`not_ready` says in words what keeps this process from its work; empty: it is ready. `seen` knows when a station
    that is connected to this very process last said anything: its row is written once a minute at most."""

    settings: Settings
    db: Db
    bus: Bus
    server_key: bytes
    not_ready: Callable[[], Awaitable[list[str]]] = always_ready
    seen: Callable[[int], int | None] = seen_nobody
    ca: LocalCa | None = None
    """The embedded CA; every process that serves the API has it."""
    issuers: Issuers = field(default_factory=dict)
    """Who signs for stations."""
    crls: Lists = field(default_factory=Lists)
    bench: Bench | None = None
    """The test bench; None: it is switched off."""
    catalogue: Catalogue = field(default_factory=vendors.ours)
    limiter: Limiter = field(default_factory=Limiter)
    guesses: Limiter = field(default_factory=lambda: Limiter(burst=10, per_second=0.1))
    """How often somebody may try to sign in as one user."""
    at_provider: Limiter = field(default_factory=lambda: Limiter(burst=100, per_second=10))
    """How often anybody may begin or end a sign-in at the OpenID Connect provider."""
    turns: Turns = field(default_factory=Turns)

    closing: asyncio.Event = field(default_factory=asyncio.Event)
    """Set when the process stops: open event streams end."""
    passwords: Passwords = field(init=False)
    ids: Ids = field(init=False)
    links: Links = field(init=False)
    disk: Disk = field(init=False)
    oidc: Provider | None = field(init=False)
    """Where people sign in; None: here alone."""

    def __post_init__(self) -> None:
        if not self.issuers and self.ca is not None:
            object.__setattr__(self, "issuers", {"charging_station": self.ca})
        object.__setattr__(self, "passwords", Passwords(self.server_key))
        object.__setattr__(self, "ids", Ids(self.db, ROWS, size=100))
        object.__setattr__(self, "links", Links(self.settings.files.public_url, self.server_key))
        object.__setattr__(self, "disk", Disk(Path(self.settings.data_dir) / "files"))
        object.__setattr__(self, "oidc", open_provider(self.settings.oidc, self.settings.public_url))
