"""What can be declared of a station. Each aspect compares what is declared with what is known, and says which command
would mend it. An aspect registers itself under the name of its field in `shapes.desired.Desired`; the order of
`_ORDER` is the order in which a station is mended.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from functools import cache
from importlib import import_module
from typing import Any, NamedTuple

from msgspec import Struct

from ohmstead.domain.desired import Check
from ohmstead.domain.device_model import Model
from ohmstead.store.db import Db
from ohmstead.store.desired import Place

_ORDER = (
    "root_certificates", "network_profiles", "configuration", "monitors", "charging_profiles", "tariffs",
    "display_messages", "local_list", "firmware",
)  # fmt: skip


class Seen(NamedTuple):
    """A station, and its variables as they are known."""

    place: Place
    known: Model


class Aspect(Struct, frozen=True):
    name: str
    compare: Callable[[Db, Seen, Any], Awaitable[list[Check]]]
    """One check for each thing that is declared (its field of `Desired`)."""
    mend: Callable[[Any, Sequence[Check]], dict[str, Any]]
    """The command that should bring these about, made from what is declared."""
    asks: Callable[[Any], list[dict[str, Any]]]
    """All commands that it may come to, to be checked when it is declared. Raises msgspec.ValidationError."""
    read: Callable[[Any], dict[str, Any]] | None = None
    """The command that asks the station how it is; without one there is nothing to be asked."""
    read_in: tuple[str, ...] = ("1.6", "2.0.1", "2.1")
    """The versions that have such a command."""
    proves: bool = True
    """Whether the command that mends shows by itself how it is then; else it is read after it."""


ASPECTS: dict[str, Aspect] = {}


def register(aspect: Aspect) -> None:
    ASPECTS[aspect.name] = aspect


@cache
def discover() -> None:
    """Import the aspects, and put them in their order."""
    for name in _ORDER:
        import_module(f"{__name__}.{name}")
        ASPECTS[name] = ASPECTS.pop(name)
