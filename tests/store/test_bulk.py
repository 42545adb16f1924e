"""Order within a batch, against the plain order of execution."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text

from ohmstead.store.bulk import by_table, runs
from ohmstead.store.statement import Append, Statement
from ohmstead.store.tables import feed, messages

A, B, C = (Statement(text(name)) for name in "ABC")


def test_rows_of_a_table_come_together() -> None:
    one, two = Append(messages, "id"), Append(feed, "tenant_id")
    assert by_table([(one, (1,)), (two, (2,)), (one, (3,))]) == {one: [(1,), (3,)], two: [(2,)]}
    assert by_table([]) == {}


def test_runs_of_a_statement_come_together_over_owners() -> None:
    changes = [(1, (A, {"n": 1})), (1, (B, {"n": 1})), (2, (A, {"n": 2})), (2, (B, {"n": 2}))]
    assert runs(changes) == [(A, [{"n": 1}, {"n": 2}]), (B, [{"n": 1}, {"n": 2}])]


def test_an_owners_changes_stay_in_order() -> None:
    changes = [(2, (B, {"n": 0})), (1, (A, {"n": 1})), (1, (B, {"n": 2})), (1, (A, {"n": 3}))]
    assert runs(changes) == [(B, [{"n": 0}]), (A, [{"n": 1}]), (B, [{"n": 2}]), (A, [{"n": 3}])]


@given(st.lists(st.tuples(st.integers(1, 3), st.sampled_from([A, B, C])), max_size=30))
def test_each_owner_finds_its_own_order(given_changes) -> None:
    changes = [(owner, (statement, {"n": n})) for n, (owner, statement) in enumerate(given_changes)]
    executed = [(statement, one["n"]) for statement, arguments in runs(changes) for one in arguments]
    assert sorted(n for _, n in executed) == list(range(len(changes)))
    for owner in (1, 2, 3):
        mine = [(statement, one["n"]) for o, (statement, one) in changes if o == owner]
        numbers = {n for _, n in mine}
        assert [pair for pair in executed if pair[1] in numbers] == mine
