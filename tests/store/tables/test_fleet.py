"""The tables of stations: the row that a commit reads is small and apart."""

from __future__ import annotations

from ohmstead.store.tables import connectors, sessions, stations


def test_a_sessions_row_is_small() -> None:
    assert [column.name for column in sessions.columns] == ["station_id", "tenant_id", "node", "epoch", "generation"]
    assert not sessions.indexes


def test_what_a_station_says_often_is_in_no_index() -> None:
    indexed = {column.name for table in (stations, connectors) for index in table.indexes for column in index.columns}
    assert not indexed & {"last_seen_at", "connected_since", "node", "clock_skew_us", "status", "status_at"}
