"""The tables are whole: every state leads to states there are, and codes fit their bits."""

from __future__ import annotations

import pytest

from ohmstead.plugcharge.exi import grammar
from ohmstead.plugcharge.exi.grammar import Complex, Type


def reached(kind: Type | None, seen: dict[int, Complex]) -> None:
    if isinstance(kind, Complex) and id(kind) not in seen:
        seen[id(kind)] = kind
        for state in kind.states:
            for one in state.productions:
                reached(one.type, seen)


@pytest.mark.parametrize("name", ["iso15118-2", "iso15118-20", "xmldsig"])
def test_every_production_leads_to_a_state(name):
    table = grammar.read(name)
    seen: dict[int, Complex] = {}
    for _, kind in (*table.elements.values(), *table.fragments.values()):
        reached(kind, seen)
    assert seen
    for kind in seen.values():
        for state in kind.states:
            codes = [one.code for one in state.productions]
            assert codes == sorted(set(codes))
            assert all(code < 1 << state.bits for code in codes)
            assert all(one.event == "end" or one.next < len(kind.states) for one in state.productions)


def test_the_fragment_of_an_emaid_is_relaxed():
    assert grammar.read("iso15118-2").fragments["eMAID"][1] is None
