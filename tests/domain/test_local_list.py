from __future__ import annotations

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from ohmstead.domain.local_list import Entry, Part, applied, steps, wanted
from ohmstead.domain.portions import Measure
from ohmstead.domain.tokens import Place, Token

A, B, C = Entry("A", "ISO14443"), Entry("B", "eMAID", group="G"), Entry("C", "ISO14443", expires_at=9)
SMALL = Measure(2)


def named(*entries: Entry) -> dict[str, Entry]:
    return {one.key: one for one in entries}


def test_who_belongs_in_a_list() -> None:
    tokens = [
        Token(token="OK", group="G"),
        Token(token="GONE", status="blocked"),
        Token(token="OLD", expires_at=5),
        Token(token="1234", type="KeyCode"),
        Token(token="PREPAID", credit=Decimal(5)),
        Token(token="ONCE", concurrent=1),
        Token(token="THERE", site_ids=(7,)),
        Token(token="HERE", evses=(Place("CS1"),)),
        Token(token="EVSE", evses=(Place("CS1", 2),)),
        Token(token="X" * 30),
    ]
    here = {"station_id": "CS1", "site_id": 3, "now": 6}
    found = wanted(tokens, old=False, most=None, **here)  # type: ignore[arg-type]
    assert [one.token for one in found.values()] == ["OK", "HERE", "X" * 30]
    assert found["ok/ISO14443"].group == "G"
    old = wanted(tokens, old=True, most=1, **here)  # type: ignore[arg-type]
    assert list(old.values()) == [Entry("OK", "", "Accepted", "G")]


def test_nobody_knows_so_all_is_sent() -> None:
    assert steps(None, named(A, B, C), SMALL) == [Part("Full", [A, B]), Part("Differential", [C])]
    assert steps(None, {}, SMALL) == [Part("Full", [])]


def test_only_what_differs() -> None:
    assert steps(named(A, B), named(A, B), SMALL) == []
    later = Entry("A", "ISO14443", expires_at=3)
    assert steps(named(A, B), named(later, C), SMALL) == [
        Part("Differential", [later], [B]),
        Part("Differential", [C], []),
    ]


LISTS = st.dictionaries(st.sampled_from("abcdefgh"), st.integers(0, 2), max_size=8)


@given(LISTS, LISTS, st.integers(1, 3), st.booleans())
def test_the_steps_lead_there(have: dict[str, int], want: dict[str, int], items: int, known: bool) -> None:
    before, after = (named(*(Entry(t, "Local", expires_at=n) for t, n in one.items())) for one in (have, want))
    now = before if known else None
    for part in steps(now, after, Measure(items)):
        assert len(part.put) + len(part.out) <= items
        now = applied(now, part)
    assert now == after
