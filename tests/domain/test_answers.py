from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from ohmstead.domain.answers import (
    Observation,
    Result,
    booted,
    not_sent,
    observed,
    refused,
    unanswered,
    was_read,
    was_written,
)
from ohmstead.domain.device_model import Attribute, Item, Model, Name, Pending, Variable, applied, model

quick = settings(database=None, deadline=None, max_examples=200)
NAMES = [Name("C", letter) for letter in "ABC"]
A, B, C = NAMES
PASSWORD = Name("SecurityCtrlr", "BasicAuthPassword")


def known(value: str | None = "old", pending: Pending | None = None) -> Model:
    attribute = Attribute(value=value, mutability="ReadWrite", updated_at=1, pending=pending)
    return model(Variable(name, (attribute,)) for name in NAMES)


@quick
@given(
    st.permutations(
        [Result(A, "Accepted"), Result(B, "RebootRequired"), Result(C, "Rejected", info="NoSecurityProfile")]
    )
)
def test_each_result_is_shown_on_the_right_variable(results: list[Result]) -> None:  # D10, B05.FR.02
    asked = [Item(name, value="new") for name in NAMES]
    learnt = was_written(known(), asked, results, 5)
    assert [(one.item, one.status, one.reason) for one in learnt.outcomes] == [
        (asked[0], "accepted", None),
        (asked[1], "reboot_required", None),
        (asked[2], "rejected", "Rejected: NoSecurityProfile"),
    ]
    after = applied(known(), learnt.changes)
    assert [after.value(name) for name in NAMES] == ["new", "old", "old"]
    written = after.variables[A.key].attributes[0]
    assert (written.source, written.updated_at, written.mutability) == ("set", 5, "ReadWrite")
    assert after.variables[B.key].attributes[0].pending == Pending("new", 5)


def test_what_the_answer_leaves_out_is_not_known() -> None:
    learnt = was_written(known(), [Item(A, value="1"), Item(B, value="2")], [Result(A, "Accepted")], 5)
    assert [one.status for one in learnt.outcomes] == ["accepted", "unknown"]
    assert len(learnt.changes) == 1


def test_repeated_results_count_once_and_contradicting_ones_not_at_all() -> None:
    asked = [Item(A, value="1"), Item(B, value="2")]
    results = [Result(A, "Accepted"), Result(A, "Accepted"), Result(B, "Accepted"), Result(B, "Rejected")]
    learnt = was_written(known(), asked, results, 5)
    assert [one.status for one in learnt.outcomes] == ["accepted", "unknown"]
    assert learnt.outcomes[1].reason == "the station answered both Accepted and Rejected"
    assert [change.key for change in learnt.changes] == [A.key]


def test_one_result_answers_a_variable_that_was_asked_twice() -> None:
    learnt = was_read(known(), [Item(A), Item(A)], [Result(A, "Accepted", value="7")], 5)
    assert [one.value for one in learnt.outcomes] == ["7", "7"]
    assert len(learnt.changes) == 1


def test_results_nobody_asked_for_are_only_findings() -> None:
    learnt = was_read(known(), [Item(A)], [Result(B, "Accepted", value="7"), Result(A, "Accepted", value="old")], 5)
    assert learnt.changes == ()
    assert [finding.code for finding in learnt.findings] == ["result_not_asked"]


def test_names_in_another_case_are_the_same() -> None:
    learnt = was_read(known(), [Item(A)], [Result(Name("c", "a"), "accepted", value="7")], 5)
    assert learnt.outcomes[0].status == "accepted"
    assert applied(known(), learnt.changes).value(A) == "7"


def test_accepted_without_a_value_teaches_nothing() -> None:
    learnt = was_read(known(), [Item(A)], [Result(A, "Accepted")], 5)
    assert learnt.changes == ()
    assert (learnt.outcomes[0].status, learnt.outcomes[0].value) == ("accepted", None)
    assert [finding.code for finding in learnt.findings] == ["accepted_without_value"]


def test_a_read_that_finds_the_same_value_changes_nothing() -> None:
    assert was_read(known(), [Item(A)], [Result(A, "Accepted", value="old")], 5).changes == ()


def test_a_read_may_find_what_no_report_named() -> None:
    learnt = was_read(Model(), [Item(A, "Target")], [Result(A, "Accepted", "Target", value="")], 5)
    [change] = learnt.changes
    assert change.before is None
    assert change.after == Variable(A, (Attribute("Target", "", updated_at=5, source="get"),))


def test_a_password_is_never_stored() -> None:  # D11, B06.FR.09
    learnt = was_read(Model(), [Item(PASSWORD)], [Result(PASSWORD, "Rejected", info="WriteOnly")], 5)
    assert [(one.status, one.reason) for one in learnt.outcomes] == [("rejected", "Rejected: WriteOnly")]
    given_away = was_read(Model(), [Item(PASSWORD)], [Result(PASSWORD, "Accepted", value="secret")], 5)
    assert "secret" not in repr((given_away.changes, given_away.outcomes))
    for status in ("Accepted", "RebootRequired"):
        written = was_written(Model(), [Item(PASSWORD, value="secret")], [Result(PASSWORD, status)], 5)
        assert "secret" not in repr(written.changes)
        assert len(written.changes) == 1
    hidden = model([Variable(A, (Attribute(mutability="WriteOnly"),))])
    assert "secret" not in repr(was_written(hidden, [Item(A, value="secret")], [Result(A, "Accepted")], 5).changes)


def test_what_was_not_answered_or_not_sent() -> None:
    items = [Item(A, value="1"), Item(B, value="2")]
    assert {one.status for one in unanswered(items, "the connection was lost")} == {"unknown"}
    assert {one.status for one in refused(items, "OccurrenceConstraintViolation")} == {"rejected"}
    assert [(one.item, one.reason) for one in not_sent(items, "too long")] == [(item, "too long") for item in items]


def test_a_reboot_ends_the_waiting_and_asks_to_read_back() -> None:
    waiting = known(pending=Pending("new", 3))
    secret = Attribute(mutability="WriteOnly", pending=Pending(None, 3))
    waiting = model([*waiting, Variable(PASSWORD, (secret,))])
    after = booted(waiting)
    assert after.read_back == tuple(Item(name) for name in NAMES)
    done = applied(waiting, after.changes)
    assert all(one.pending is None for variable in done for one in variable.attributes)
    assert done.value(A) == "old"
    assert booted(done).changes == ()


def test_a_pending_value_ends_when_it_is_read_or_written_anew() -> None:
    waiting = known(pending=Pending("new", 3))
    found = was_read(
        waiting, [Item(A), Item(B)], [Result(A, "Accepted", value="new"), Result(B, "Accepted", value="old")], 5
    )
    after = applied(waiting, found.changes)
    assert [after.variables[name.key].attributes[0].pending for name in (A, B)] == [None, Pending("new", 3)]
    written = was_written(waiting, [Item(B, value="x")], [Result(B, "Accepted")], 5)
    assert applied(waiting, written.changes).variables[B.key].attributes[0].pending is None


def test_events_tell_values_of_known_variables() -> None:  # D16
    told = [Observation(A, "event", 9), Observation(B, "late", 0), Observation(Name("Unknown", "X"), "1", 9)]
    learnt = observed(known(), told)
    after = applied(known(), learnt.changes)
    assert [after.value(name) for name in NAMES] == ["event", "old", "old"]
    assert after.variables[A.key].attributes[0].source == "event"
    assert [finding.code for finding in learnt.findings] == ["unknown_variable"]
