"""What the gateway shows at /metrics."""

from __future__ import annotations

import pytest
from prometheus_client import CollectorRegistry, generate_latest

from ohmstead.gateway import metrics
from tests.playbook import Playbook

pytestmark = pytest.mark.anyio


async def test_what_is_shown(book: Playbook, monkeypatch: pytest.MonkeyPatch) -> None:
    registry = CollectorRegistry()
    monkeypatch.setattr(metrics, "REGISTRY", registry)
    metrics.publish(book.node, book.hub)
    metrics.publish(book.node, book.hub)  # once more in this process: it takes the place of the first
    await book.add_stations(["CS1", "CS2"])
    talk = await book.connect("CS1")
    await book.connect("CS2")
    await talk.calls("Heartbeat", {})
    await talk.calls("MadeUp", {})
    talk.says("nonsense")
    book.node.counts.refused["wrong_password"] += 3
    text = generate_latest(registry).decode()
    for line in (
        "ohmstead_stations_connected 2.0",
        'ohmstead_calls_total{action="Heartbeat",result="SecurityError"} 1.0',
        'ohmstead_refused_handshakes_total{code="wrong_password"} 3.0',
        'ohmstead_calls_total{action="other",result="NotImplemented"} 1.0',
        'ohmstead_sessions{version="2.0.1"} 2.0',
        "ohmstead_waiting_writes 0.0",
        "ohmstead_database_in_trouble 0.0",
        "ohmstead_unreadable_frames_total 1.0",
        "ohmstead_dropped_log_rows_total 0.0",
    ):
        assert line in text.splitlines()
    assert "server_certificate" not in text  # no TLS port
    assert "CS1" not in text
    assert "MadeUp" not in text
    (commits,) = [line for line in text.splitlines() if line.startswith("ohmstead_commit_seconds_count")]
    assert float(commits.split()[1]) == sum(one.commits for one in book.node.writers)
    book.node.db.trouble = "the disk is full"
    assert "ohmstead_database_in_trouble 1.0" in generate_latest(registry).decode().splitlines()
    book.node.db.trouble = None
