"""Spans: what they tell of, and that there are none where nobody asked for them."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import structlog
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from ohmstead import tracing
from ohmstead.process import CannotStart, traced
from ohmstead.settings import Settings
from ohmstead.tracing_settings import Tracing
from tests.acceptance.serving import serving

PARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


@pytest.fixture
def spans() -> Iterator[Any]:
    """Ends the tracing and gives what was exported."""
    exporter = InMemorySpanExporter()
    tracing.start(Tracing(endpoint="http://127.0.0.1:1/v1/traces", sample=1.0), "p1", "all", exporter)

    def finished() -> tuple[Any, ...]:
        tracing.stop()
        return exporter.get_finished_spans()

    yield finished
    tracing.stop()


def test_without_an_endpoint_there_is_nothing() -> None:
    assert tracing.span("call", station="CS1") is tracing.span("other")
    with tracing.span("call"):
        assert "trace_id" not in structlog.contextvars.get_contextvars()


def test_who_called_decides_and_the_log_knows(spans: Any) -> None:
    with tracing.span("GET /x", {"traceparent": PARENT}, request_id="r"), tracing.span("inner"):
        assert structlog.contextvars.get_contextvars()["trace_id"] == "0af7651916cd43dd8448eb211c80319c"
    assert "trace_id" not in structlog.contextvars.get_contextvars()
    inner, outer = spans()
    assert (outer.name, outer.attributes["ohmstead.request_id"]) == ("GET /x", "r")
    assert f"{outer.parent.span_id:016x}" == "b7ad6b7169203331"
    assert inner.parent.span_id == outer.context.span_id
    assert outer.resource.attributes["service.instance.id"] == "p1"


def test_what_fails_is_marked(spans: Any) -> None:
    def fail() -> None:
        with tracing.span("call"):
            raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        fail()
    (one,) = spans()
    assert not one.status.is_ok


def test_none_are_made_where_the_share_is_nothing() -> None:
    exporter = InMemorySpanExporter()
    tracing.start(Tracing(endpoint="http://127.0.0.1:1", sample=0.0), "p1", "all", exporter)
    with tracing.span("call"):
        assert "trace_id" not in structlog.contextvars.get_contextvars()
    tracing.stop()
    assert exporter.get_finished_spans() == ()


def test_it_says_what_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(CannotStart, match=r"ohmstead\[tracing\]"):
        traced(Settings(tracing=Tracing(endpoint="http://127.0.0.1:1")))


@pytest.mark.anyio
async def test_calls_requests_and_commands_are_traced(tmp_path: Path, spans: Any) -> None:
    async with serving(tmp_path) as csms:
        await csms.add_station("CS1")
        async with csms.station("CS1") as station:
            await station.call("Heartbeat", {})
    found = {(one.name, one.attributes.get("ohmstead.action")) for one in spans()}
    assert ("call", "Heartbeat") in found
    assert ("call", "BootNotification") in found
    assert ("POST /stations", None) in found


@pytest.mark.anyio
async def test_a_command_goes_on_from_the_request_that_asked_for_it(tmp_path: Path, spans: Any) -> None:
    """By its row: whichever process holds the station's socket."""
    async with serving(tmp_path) as csms:
        await csms.add_station("CS1")
        async with csms.station("CS1") as station:
            csms.api.headers["traceparent"] = PARENT
            command = await csms.command("CS1", {"type": "clear_cache"})
            del csms.api.headers["traceparent"]
            await station.answer(await station.next_call(), {"status": "Accepted"})
            await csms.command_in(command["id"], "accepted", "confirmed")
    found = {one.name: one for one in spans()}
    asked = found["POST /stations/{id}/commands"]
    assert found["command"].parent.span_id == asked.context.span_id
    assert f"{found['command'].context.trace_id:032x}" == "0af7651916cd43dd8448eb211c80319c"
