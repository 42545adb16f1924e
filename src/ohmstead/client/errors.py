"""What goes wrong when Ohmstead is asked: refusals, each with its problem document, and silence."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from ohmstead.shapes.health import Health
from ohmstead.shapes.problem import Fault, Problem

if TYPE_CHECKING:
    from ohmstead.shapes.command import Command


class OhmsteadError(Exception):
    """Whatever this package raises."""


class Unreachable(OhmsteadError):
    """No answer, also not after the last attempt: what was asked may have been done or not."""


class NotOhmstead(OhmsteadError):
    """An answer that Ohmstead does not give; the address is wrong, or something stands in between."""


class ApiError(OhmsteadError):
    """A refusal: an RFC 9457 problem. `kind` is the last word of its `type`, for example `not-found`."""

    def __init__(self, problem: Problem) -> None:
        faults = "; ".join(f"{fault.pointer}: {fault.detail}" for fault in problem.errors)
        super().__init__(f"{problem.title}: {faults or problem.detail} ({problem.status})")
        self.problem = problem

    @property
    def status(self) -> int:
        return self.problem.status

    @property
    def kind(self) -> str:
        return self.problem.type.rpartition("/")[2]

    @property
    def errors(self) -> list[Fault]:
        """What is wrong with which field."""
        return self.problem.errors


class Unauthorized(ApiError):
    """401: the key is not known, was revoked or has expired."""


class Forbidden(ApiError):
    """403: the key lacks a scope, or the thing stands at a site it is not for."""


class NotFound(ApiError):
    """404."""


class Conflict(ApiError):
    """409: the current state does not allow it, for example a station that is offline."""


class Gone(ApiError):
    """410: the events asked for are no longer kept; `problem.oldest` is the oldest that is."""


class Changed(ApiError):
    """412: somebody else changed it in the meantime."""


class Invalid(ApiError):
    """422: `errors` says which field breaks which rule."""


_KINDS: dict[int, type[ApiError]] = {
    401: Unauthorized,
    403: Forbidden,
    404: NotFound,
    409: Conflict,
    410: Gone,
    412: Changed,
    422: Invalid,
}


class CommandFailed(OhmsteadError):
    """A command that did not come to what was waited for; `command` says what became of it."""

    def __init__(self, command: Command) -> None:
        what = command.type or "the raw call"
        super().__init__(f"{what} at {command.station_id} is {command.state}: {command.reason or 'no reason is known'}")
        self.command = command


class NotReady(OhmsteadError):
    """The process cannot do its work yet; `reasons` say what it waits for."""

    def __init__(self, reasons: list[str]) -> None:
        super().__init__(f"Ohmstead is not ready: {'; '.join(reasons)}")
        self.reasons = reasons


def refusal(status: int, body: bytes, url: str) -> OhmsteadError:
    """The error behind an answer of 400 or more."""
    try:
        return _KINDS.get(status, ApiError)(msgspec.json.decode(body, type=Problem))
    except msgspec.DecodeError:
        pass
    try:
        return NotReady(msgspec.json.decode(body, type=Health).reasons)
    except msgspec.DecodeError:
        return NotOhmstead(f"{url} answered {status}, not as Ohmstead does; is the address right?")
