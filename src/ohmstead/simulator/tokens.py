"""What a station remembers about tokens: the local list that the CSMS sent, and the cache of its verdicts."""

from __future__ import annotations

from typing import NamedTuple


class Verdict(NamedTuple):
    """Whether a token may charge: `status` in the CSMS's words (`Accepted`, `Blocked`, ...), `group` when told."""

    status: str
    group: str | None = None
    expires: int | None = None
    """Microseconds UTC, after which the verdict says nothing."""


class KnownTokens:
    """Local list before cache; token ids are compared without case."""

    def __init__(self) -> None:
        self.version = 0
        self._listed: dict[str, Verdict] = {}
        self._cached: dict[str, Verdict] = {}

    def __len__(self) -> int:
        """Entries of the local list."""
        return len(self._listed)

    def find(self, token_id: str, now: int, *, use_list: bool, use_cache: bool) -> Verdict | None:
        """The verdict known for this token, None when there is none in force."""
        verdict = self._listed.get(token_id.lower()) if use_list else None
        if verdict is None and use_cache:
            verdict = self._cached.get(token_id.lower())
        if verdict is not None and verdict.expires is not None and now >= verdict.expires:
            return None
        return verdict

    def remember(self, token_id: str, verdict: Verdict) -> None:
        """Keep the CSMS's verdict in the cache."""
        self._cached[token_id.lower()] = verdict

    def about(self, token_id: str) -> list[tuple[str, Verdict]]:
        """All that is known of it: where it stands, and the verdict."""
        places = (("local list", self._listed), ("cache", self._cached))
        return [(name, kept[token_id.lower()]) for name, kept in places if token_id.lower() in kept]

    def forget(self, token_id: str) -> None:
        """Neither list nor cache knows it any more."""
        self._listed.pop(token_id.lower(), None)
        self._cached.pop(token_id.lower(), None)

    def clear_cache(self) -> None:
        """Forget the cache, not the list."""
        self._cached.clear()

    def update_list(self, version: int, entries: dict[str, Verdict | None], *, full: bool) -> str:
        """Take a list (`full`: instead of the old one); None removes an entry. Returns the status of the answer."""
        if not full and version <= self.version:
            return "VersionMismatch"
        if full:
            self._listed.clear()
        for token_id, verdict in entries.items():
            if verdict is None:
                self._listed.pop(token_id.lower(), None)
            else:
                self._listed[token_id.lower()] = verdict
        self.version = version
        return "Accepted"
