"""What a case is, and the list of all of them.

A case is a coroutine that is given a `Talk`: the station's side of the conversation. It ends by returning (pass), or by
one of the exceptions here. Whatever else it raises is an error of ours, not of the CSMS.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

from msgspec import Struct

from ohmstead.ocpp.versions import V16, V21, V201, Version

if TYPE_CHECKING:
    from ohmstead.conformance.talk import Talk

Play = Callable[["Talk"], Awaitable[None]]
V2 = (V201, V21)
ALL = (V16, V201, V21)


class Broken(Exception):
    """The CSMS did not do what the specification wants; the message says what was wanted and what came."""


class NotApplicable(Exception):
    """The case cannot be played here; the message says what is missing."""


class Case(Struct, frozen=True, kw_only=True):
    """One case, for one or more versions of OCPP."""

    id: str
    title: str
    requirements: tuple[str, ...]
    versions: tuple[Version, ...]
    play: Play


CASES: list[Case] = []


def add(id: str, title: str, requirements: str, versions: tuple[Version, ...], play: Play) -> None:
    """Put a case into the list; `requirements` are ids separated by spaces."""
    if any(one.id == id and set(one.versions) & set(versions) for one in CASES):
        raise ValueError(f"there are two cases {id}")
    CASES.append(Case(id=id, title=title, requirements=tuple(requirements.split()), versions=versions, play=play))


def case(id: str, title: str, requirements: str = "", versions: tuple[Version, ...] = V2) -> Callable[[Play], Play]:
    """Make a coroutine a case."""

    def register(play: Play) -> Play:
        add(id, title, requirements, versions, play)
        return play

    return register


def wanted(true: bool, what: str) -> None:
    """Raises Broken unless it is so."""
    if not true:
        raise Broken(what)
