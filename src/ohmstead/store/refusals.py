"""Refused handshakes."""

from __future__ import annotations

from ohmstead.store.statement import Append
from ohmstead.store.tables import refusals

REFUSED = Append(refusals)
