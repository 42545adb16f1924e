"""Transactions and alerts as the API and the feed show them."""

from __future__ import annotations

import msgspec
import pytest

from ohmstead.domain.alerts import Cause, acknowledged, raised
from ohmstead.domain.transactions import Event, begin, fold
from ohmstead.store.forms import alert_form, transaction_form


def test_an_active_transaction() -> None:
    event = Event(kind="started", at=1_764_000_000_000_000, seq_no=0, evse_id=2, token="tag", charging_state="Charging")
    form = msgspec.to_builtins(transaction_form("CS1", fold(begin(7, 1, "t1"), event).transaction))
    assert (form["id"], form["station_id"], form["transaction_id"], form["state"]) == ("7", "CS1", "t1", "active")
    assert form["started_at"].startswith("2025-11-24T16:00:00")
    assert (form["ended_at"], form["evse_id"], form["token"], form["complete"]) == (None, 2, "tag", False)


@pytest.mark.parametrize(
    ("begun", "ended", "shown"),
    [
        (("tag", "ISO14443"), ("friend", "ISO14443"), "friend"),
        (("tag", "ISO14443"), ("4711", "KeyCode"), "***"),
        (("4711", "KeyCode"), ("4711", "KeyCode"), "***"),
        (("tag", None), ("friend", None), "friend"),  # 1.6
        (("tag", "ISO14443"), ("4711", None), None),  # kept before types of it were: it may be a code
        (("tag", "ISO14443"), (None, None), None),
    ],
)
def test_the_token_that_ended_it_is_shown_unless_it_is_a_code(begun, ended, shown) -> None:
    first = Event(kind="started", at=1_764_000_000_000_000, seq_no=0, token=begun[0], token_type=begun[1])
    last = Event(kind="ended", at=1_764_000_000_000_001, seq_no=1, token=ended[0], token_type=ended[1])
    assert (
        transaction_form("CS1", fold(fold(begin(7, 1, "t1"), first).transaction, last).transaction).stop_token == shown
    )


def test_a_transaction_of_which_nothing_is_known_has_no_time() -> None:
    assert transaction_form("CS1", begin(7, 1, "t1")).started_at is None


def test_an_alert() -> None:
    now = 1_764_000_000_000_000
    cause = Cause(subject="s", source="monitor", code="c", severity=3, text="t", at=now, latched=True)
    one = raised(None, cause, 7, now).alert
    form = msgspec.to_builtins(alert_form("CS1", one))
    assert (form["id"], form["station_id"], form["severity_name"], form["resolved_at"]) == (
        "7",
        "CS1",
        "critical",
        None,
    )
    over = msgspec.to_builtins(alert_form("CS1", acknowledged(one, now, "me")))
    assert over["resolved_at"] == over["acknowledged_at"] == form["first_at"]
