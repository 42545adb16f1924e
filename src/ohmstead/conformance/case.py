"""What a case is, and the list of all of them.

A case is a coroutine that is given the other side of the conversation: a `Talk` asks a CSMS, a `Desk` a station. It
ends by returning (pass), or by one of the exceptions here. Whatever else it raises is an error of ours.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, Literal

from msgspec import Struct

from ohmstead.ocpp.versions import V16, V21, V201, Version

Play = Callable[[Any], Awaitable[None]]
"""What is played: with a `Talk` of a station, or at a `Desk` of a CSMS."""
Whom = Literal["csms", "station"]
V2 = (V201, V21)
ALL = (V16, V201, V21)


class Broken(Exception):
    """Who is asked did not do what the specification wants; the message says what was wanted and what came."""


class NotApplicable(Exception):
    """The case cannot be played here; the message says what is missing."""


class Case(Struct, frozen=True, kw_only=True):
    """One case, for one or more versions of OCPP."""

    id: str
    title: str
    requirements: tuple[str, ...]
    versions: tuple[Version, ...]
    play: Play
    of: Whom = "csms"
    """Who is asked."""


CASES: list[Case] = []


def add(id: str, title: str, requirements: str, versions: tuple[Version, ...], play: Play, of: Whom = "csms") -> None:
    """Put a case into the list; `requirements` are ids separated by spaces."""
    if any(one.id == id and set(one.versions) & set(versions) for one in CASES):
        raise ValueError(f"there are two cases {id}")
    wants = tuple(requirements.split())
    CASES.append(Case(id=id, title=title, requirements=wants, versions=versions, play=play, of=of))


def case(
    id: str, title: str, requirements: str = "", versions: tuple[Version, ...] = V2, of: Whom = "csms"
) -> Callable[[Any], Any]:
    """Make a coroutine a case."""

    def register(play: Any) -> Any:
        add(id, title, requirements, versions, play, of)
        return play

    return register


def wanted(true: bool, what: str) -> None:
    """Raises Broken unless it is so."""
    if not true:
        raise Broken(what)
