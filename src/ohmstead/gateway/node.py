"""What all sessions of this process share."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from ohmstead import vendors
from ohmstead.blocks import Numbers
from ohmstead.gateway.counts import Counts
from ohmstead.ocpp.signing import SigningKey
from ohmstead.outbound.mirrors import Mirrors
from ohmstead.pki.inquiry import Inquiry
from ohmstead.pki.tls import Chains
from ohmstead.plugcharge.opening import PlugAndCharge
from ohmstead.settings import Settings
from ohmstead.store.db import Db
from ohmstead.store.lazy import Lazy
from ohmstead.store.links import Links
from ohmstead.store.sessions import Passwords
from ohmstead.store.writer import Writer
from ohmstead.vendors import Catalogue

POLICY, INTERNAL, TRY_LATER = 1008, 1011, 1013
"""Close codes of RFC 6455 and its registry."""
REPLACED = 4000
"""A newer socket of the same station took over, or another node holds it: an own close code (RFC 6455, 7.4.2)."""


class Changed(Exception):
    """Somebody changed the station's rows in the moment of a commit; nothing was stored, and what is true now is read
    again."""


@dataclass(frozen=True)
class Node:
    """One gateway process: its way to the database, and its name among the others."""

    name: str
    settings: Settings
    db: Db
    writers: tuple[Writer, ...]
    lazy: Lazy
    numbers: Numbers
    passwords: Passwords
    signing_key: SigningKey | None = None
    """Ours; None where nothing of ours is signed."""
    counts: Counts = field(default_factory=Counts)
    plug_and_charge: PlugAndCharge | None = None
    inquiry: Inquiry | None = None
    """Into certificates of others."""
    catalogue: Catalogue = field(default_factory=vendors.ours)
    """What is known of kinds of stations."""
    links: Links | None = None
    """To the file store."""
    mirrors: Mirrors | None = None
    """Second CSMSs that stations are told to."""
    shown: Callable[[], Chains] = tuple
    """What stations are shown at our TLS ports; nothing where another program ends TLS."""

    def writer(self, station_id: int) -> Writer:
        """The lane of a station; always the same one, so its writes keep their order."""
        return self.writers[station_id % len(self.writers)]
