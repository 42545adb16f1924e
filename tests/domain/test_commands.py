import pytest
from hypothesis import given
from hypothesis import strategies as st

from ohmstead.domain.commands import FINAL, NEXT, STATES, Awaiting, confirmed_by, has_ended, may_follow, meets

WORDS = st.lists(st.sampled_from(["status", "boot", "1", "2", "ended"]), max_size=4).map(tuple)


@pytest.mark.parametrize("state", sorted(FINAL))
def test_nothing_follows_an_ended_command(state):
    assert not any(may_follow(state, following) for following in STATES)
    assert has_ended(state, awaits=True)


def test_a_command_is_sent_at_most_once():
    assert {state for state in STATES if may_follow(state, "sent")} == {"queued", "sent"}


def test_only_what_was_never_sent_expires_or_is_cancelled():
    for following in ("expired", "cancelled"):
        assert {state for state in STATES if may_follow(state, following)} == {"queued"}


def test_every_state_is_reached_from_queued():
    seen, ahead = {"queued"}, {"queued"}
    while ahead:
        ahead = {after for state in ahead for after in NEXT.get(state, ())} - seen
        seen |= ahead
    assert seen == STATES


@pytest.mark.parametrize(("awaits", "ended"), [(True, False), (False, True)])
def test_accepted_is_the_end_where_nothing_can_confirm_it(awaits, ended):
    assert has_ended("accepted", awaits) is ended


@pytest.mark.parametrize(
    ("expectation", "happening", "met"),
    [
        (("boot",), ("boot",), True),
        (("status", "2"), ("status", "2", "1"), True),
        (("status", "2"), ("status", "1", "1"), False),
        (("status", "2", "1"), ("status", "2"), False),
        (("started_by", "ab12"), ("started_by", "ab12", "1"), True),
        ((), ("anything",), True),
    ],
)
def test_an_expectation_is_the_beginning_of_what_meets_it(expectation, happening, met):
    assert meets(expectation, happening) is met


@given(WORDS, WORDS)
def test_more_words_never_unmeet_an_expectation(expectation, more):
    assert meets(expectation, expectation + more)


def test_a_confirmation_counts_in_time_only():
    early, late = Awaiting("cmd_1", ("boot",), until=10), Awaiting("cmd_2", ("boot",), until=4)
    assert confirmed_by([early, late], [("status", "1"), ("boot",)], now=5) == [early]
    assert confirmed_by([early, late], [("status", "1")], now=5) == []
