"""How a station is brought to what is declared: patience, local changes, restarts; and the words for it."""

from __future__ import annotations

from typing import Any

import msgspec

from ohmstead.domain.desired import (
    BACKOFF,
    MINUTE,
    MOST_IN_VAIN,
    MOST_RESTORED,
    Check,
    Ended,
    Record,
    as_kept,
    concluded,
    in_words,
    next_step,
    noticed,
)


def one(what: str = "a", *, same: bool = False, wanted: Any = 1, aspect: str = "configuration", **fields: Any) -> Check:
    return Check(aspect=aspect, what=what, wanted=wanted, actual=wanted if same else 0, same=same, **fields)


def asked(*checks: Check) -> Record:
    return Record(command_id="cmd_1", asked=tuple(check.key for check in checks))


def test_all_that_is_wrong_in_one_aspect_is_asked_at_once_and_one_aspect_at_a_time():
    checks = [one("a"), one("b"), one("c", same=True), one("v", aspect="firmware")]
    step = next_step(Record(), checks, 0, may_restart=False)
    assert (step.state, [check.what for check in step.due]) == ("working", ["a", "b"])
    assert next_step(Record(), [one(same=True)], 0, may_restart=False).state == "in_step"


def test_what_was_tried_in_vain_is_waited_over_for_longer_and_longer():
    check, record, now = one(), Record(), 0
    for minutes in (*BACKOFF, BACKOFF[-1]):
        record = concluded(
            Record(asked=(check.key,), trials=record.trials), Ended(False, True, "Rejected"), [check], now
        )
        step = next_step(record, [check], now, may_restart=False)
        assert (step.state, step.reason, step.look_at) == ("waiting", "a: Rejected", now + minutes * MINUTE)
        now += minutes * MINUTE
        assert next_step(record, [check], now, may_restart=False).due == (check,)


def test_the_reason_is_what_happened():
    check = one()
    for ended, reason in (
        (Ended(True, True, None), "a: the station accepted it, and it is still 0"),
        (Ended(False, True, None), "a: the station refused it"),
        (Ended(False, True, "timed_out"), "a: timed_out"),
        (Ended(False, False, "expired"), "a: it was not asked yet"),
    ):
        assert in_words([check], concluded(asked(check), ended, [check], 0)) == reason


def test_a_refusal_holds_up_nothing_else():
    bad, good = one("a"), one("v", aspect="firmware")
    record = concluded(asked(bad), Ended(False, True, "Rejected"), [bad, good], 0)
    assert next_step(record, [bad, good], 1, may_restart=False).due == (good,)


def test_what_cannot_be_is_held_and_says_why():
    step = next_step(Record(), [one(blocked="is read-only")], 0, may_restart=True)
    assert (step.state, step.reason, step.look_at) == ("held", "a: is read-only", None)


def test_a_change_by_hand_is_told_set_back_a_few_times_and_then_left_alone():
    record = Record()
    for _ in range(MOST_RESTORED):
        record = noticed(record, [one(same=True)], True).record
        record, local = noticed(record, [one()], True)
        assert [check.what for check in local] == ["a"]
        assert next_step(record, [one()], 0, may_restart=False).state == "working"
        assert not noticed(record, [one()], True).local, "told once"
    record = noticed(record, [one(same=True)], True).record
    record, local = noticed(record, [one()], True)
    step = next_step(record, [one()], 0, may_restart=False)
    assert step.state == "held"
    assert "set back 3 times" in str(step.reason)
    assert noticed(record, [one(wanted=2)], True).record.trials == {}, "declared otherwise, it begins anew"


def test_a_change_by_hand_may_be_only_reported():
    record = noticed(Record(), [one(same=True)], False).record
    record, local = noticed(record, [one()], False)
    assert local
    assert next_step(record, [one()], 0, may_restart=False).state == "held"


def test_what_counts_after_a_restart_waits_for_one_or_gets_one():
    check = one(after_restart=True)
    assert next_step(Record(), [check], 0, may_restart=False).state == "held"
    step = next_step(Record(), [check], 0, may_restart=True)
    assert (step.restart, step.due) == (True, (check,))
    record = concluded(asked(check), Ended(True, True, None), [check], 0)
    assert next_step(record, [check], 0, may_restart=True).look_at == MINUTE


def test_what_was_remembered_before_is_still_read():
    """A release before this one kept one time for all aspects."""
    kept = b'{"command_id":"cmd_1","asked":["a"],"read_at":5}'
    assert msgspec.json.decode(kept, type=Record) == Record(command_id="cmd_1", asked=("a",))


def test_what_a_station_keeps_in_its_own_way_counts_once_it_took_it():
    check = one(wanted=16.4, near=True)
    assert not as_kept(Record(), [check])[0].same
    refused = concluded(asked(check), Ended(False, True, "Rejected"), [check], 0)
    assert not as_kept(refused, [check])[0].same
    record = concluded(asked(check), Ended(True, True, None), [check], 0)
    assert record.trials == {}
    record = noticed(record, as_kept(record, [check]), True).record
    kept = msgspec.json.decode(msgspec.json.encode(record), type=Record)
    assert as_kept(kept, [check])[0].same
    assert not as_kept(kept, [one(wanted=17.4, near=True)])[0].same, "it is wanted otherwise"
    changed = Check(aspect="configuration", what="a", wanted=16.4, actual=17, same=False, near=True)
    assert noticed(kept, as_kept(kept, [changed]), True).local == (changed,), "somebody changed it there"


def test_what_is_accepted_in_vain_is_not_tried_for_ever():
    check, record = one(), Record()
    for _ in range(MOST_IN_VAIN):
        assert not any(trial.held for trial in record.trials.values())
        record = concluded(Record(asked=(check.key,), trials=record.trials), Ended(True, True, None), [check], 0)
    step = next_step(record, [check], 10**18, may_restart=False)
    assert (step.state, step.due) == ("held", ())
    assert "after 5 times it is not tried again" in str(step.reason)
