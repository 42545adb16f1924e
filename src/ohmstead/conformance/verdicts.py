"""What a run comes to: a verdict for each case, with the reason and the frames."""

from __future__ import annotations

from collections import Counter
from typing import Literal

from msgspec import Struct

Verdict = Literal["pass", "fail", "error", "partial", "not_applicable"]


class Frame(Struct, frozen=True):
    """A frame of a case, as it was on the wire."""

    at: str
    """RFC 3339."""
    direction: Literal["sent", "received"]
    """From the station's side."""
    text: str


class Result(Struct, frozen=True, kw_only=True):
    """One case."""

    id: str
    """The public test id (`TC_B_01_CSMS`), or one of ours (`OHM_...`) where there is none."""
    title: str
    requirements: list[str]
    verdict: Verdict
    reason: str | None = None
    """Why it is not `pass`, in plain words."""
    frames: list[Frame] = []
    seconds: float = 0.0


class Report(Struct, frozen=True, kw_only=True):
    """A whole run."""

    cases: list[Result]
    summary: dict[str, int]
    """Verdict -> how many cases."""

    @property
    def failed(self) -> bool:
        return bool(self.summary.get("fail") or self.summary.get("error"))


def report(cases: list[Result]) -> Report:
    return Report(cases=cases, summary=dict(Counter(one.verdict for one in cases)))
