"""Everything the API refuses, as RFC 9457 problem details: what, where, why, what next."""

from __future__ import annotations

import msgspec

from ohmstead.shapes.problem import Fault, Problem

MEDIA_TYPE = "application/problem+json"
DOCS = "/api/v1/docs/problems/"

KINDS: dict[str, tuple[int, str]] = {
    "bad-request": (400, "The request cannot be read"),
    "unauthorized": (401, "An API key is needed"),
    "forbidden": (403, "The API key may not do this"),
    "not-found": (404, "There is no such thing"),
    "method-not-allowed": (405, "This path does not take this method"),
    "conflict": (409, "The current state does not allow this"),
    "gone": (410, "It is no longer kept"),
    "precondition-failed": (412, "It was changed in the meantime"),
    "too-large": (413, "The body is too large"),
    "unsupported-media-type": (415, "The body has a type that is not taken here"),
    "range": (416, "The range of bytes begins after the end"),
    "invalid": (422, "The request breaks the rules of its fields"),
    "too-many-requests": (429, "Too many requests"),
    "internal": (500, "Ohmstead failed; this is a bug"),
    "provider-away": (502, "The sign-in provider cannot be used"),
    "unavailable": (503, "The database does not answer"),
}
"""Kind of problem -> status and title; each has its page in problem_pages.py."""


class Refused(Exception):
    """A request that is answered with a problem. `detail` is for people, `errors` point at fields."""

    def __init__(
        self,
        kind: str,
        detail: str,
        errors: list[Fault] | None = None,
        headers: dict[str, str] | None = None,
        oldest: int | None = None,
    ) -> None:
        super().__init__(detail)
        self.kind, self.detail, self.oldest = kind, detail, oldest
        self.errors = errors or []
        self.headers = headers or {}

    @property
    def status(self) -> int:
        return KINDS[self.kind][0]

    def body(self, request_id: str) -> bytes:
        """The problem document as JSON."""
        status, title = KINDS[self.kind]
        problem = Problem(
            type=DOCS + self.kind,
            title=title,
            status=status,
            detail=self.detail,
            request_id=request_id,
            errors=self.errors,
            oldest=self.oldest,
        )
        return msgspec.json.encode(problem)


def not_found(what: str, id: str) -> Refused:
    return Refused("not-found", f"There is no {what} {id!r} that this key can see.")


def invalid(pointer: str, detail: str, location: str = "body") -> Refused:
    """One field that breaks a rule."""
    return Refused("invalid", f"{pointer or 'The body'}: {detail}", [Fault(pointer, detail, location)])


def of_status(status: int, detail: str) -> Refused:
    """The problem for an error that the HTTP framework raised itself."""
    kind = next((kind for kind, (its, _) in KINDS.items() if its == status), None)
    return Refused(kind or ("bad-request" if status < 500 else "internal"), detail)
