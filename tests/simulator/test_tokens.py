from __future__ import annotations

from ohmstead.simulator.tokens import KnownTokens, Verdict

GOOD, BAD = Verdict("Accepted"), Verdict("Blocked")


def find(tokens: KnownTokens, token: str, **more: bool) -> Verdict | None:
    return tokens.find(token, 100, **{"use_list": True, "use_cache": True, **more})


def test_the_list_comes_before_the_cache() -> None:
    tokens = KnownTokens()
    tokens.remember("a", GOOD)
    tokens.update_list(1, {"A": BAD}, full=True)
    assert find(tokens, "A") == BAD
    assert find(tokens, "a", use_list=False) == GOOD
    tokens.clear_cache()
    assert find(tokens, "a", use_list=False) is None


def test_lists_grow_and_shrink() -> None:
    tokens = KnownTokens()
    assert tokens.update_list(5, {"A": GOOD, "B": GOOD}, full=True) == "Accepted"
    assert tokens.update_list(5, {"C": GOOD}, full=False) == "VersionMismatch"
    assert tokens.update_list(6, {"A": None, "C": GOOD}, full=False) == "Accepted"
    assert (len(tokens), tokens.version) == (2, 6)
    assert tokens.update_list(1, {}, full=True) == "Accepted"
    assert len(tokens) == 0


def test_a_verdict_expires() -> None:
    tokens = KnownTokens()
    tokens.remember("A", Verdict("Accepted", None, 100))
    assert find(tokens, "A") is None
