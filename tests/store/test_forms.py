"""Transactions and alerts as the API and the feed show them."""

from __future__ import annotations

import msgspec

from ohmstead.domain.alerts import Cause, acknowledged, raised
from ohmstead.domain.transactions import Event, begin, fold
from ohmstead.store.forms import alert_form, transaction_form


def test_an_active_transaction() -> None:
    event = Event(kind="started", at=1_764_000_000_000_000, seq_no=0, evse_id=2, token="tag", charging_state="Charging")
    form = msgspec.to_builtins(transaction_form("CS1", fold(begin(7, 1, "t1"), event).transaction))
    assert (form["id"], form["station_id"], form["transaction_id"], form["state"]) == ("7", "CS1", "t1", "active")
    assert form["started_at"].startswith("2025-11-24T16:00:00")
    assert (form["ended_at"], form["evse_id"], form["token"], form["complete"]) == (None, 2, "tag", False)


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
