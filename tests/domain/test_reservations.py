from __future__ import annotations

from typing import get_args

from ohmstead.domain.reservations import OPEN, TABLE, UPDATES, Happening, State, from_states, state_after


def test_an_end_is_an_end() -> None:
    assert {state for state, _ in TABLE} == {*OPEN, "expired"}
    assert [what for state, what in TABLE if state == "expired"] == ["used"]  # told late, by a station that was offline
    assert set(TABLE.values()) == set(get_args(State)) - {"requested"}


def test_each_happening_leads_to_one_state() -> None:
    for what in get_args(Happening):
        assert {after for (_, happening), after in TABLE.items() if happening == what} == {state_after(what)}
    assert from_states("refused") == ("requested",)
    assert from_states("used") == ("requested", "active", "expired")


def test_what_stations_say_of_reservations() -> None:
    assert set(UPDATES) == {"Expired", "Removed", "NoTransaction"}
    assert all(("active", what) in TABLE for what in UPDATES.values())
