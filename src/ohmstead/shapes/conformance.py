"""What a case of conformance came to, with the reason and the frames."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

Verdict = Literal["pass", "fail", "error", "partial", "not_applicable"]


class CaseFrame(Struct, frozen=True):
    """A frame of a case, as it was on the wire."""

    at: str
    """RFC 3339."""
    direction: Literal["sent", "received"]
    """From the station's side."""
    text: str


class CaseResult(Struct, frozen=True, kw_only=True):
    """One case."""

    id: str
    """The public test id (`TC_B_01_CSMS`), or one of ours (`OHM_...`) where there is none."""
    title: str
    requirements: list[str]
    verdict: Verdict
    reason: str | None = None
    """Why it is not `pass`, in plain words."""
    frames: list[CaseFrame] = []
    seconds: float = 0.0
