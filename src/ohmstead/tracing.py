"""Spans of calls, commands and requests, by OpenTelemetry (the extra `tracing`). Off, a span costs one comparison.

While a traced span lasts, lines of the log carry its `trace_id`.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from functools import wraps
from typing import TYPE_CHECKING, Any, TypeVar, cast

import structlog

from ohmstead.tracing_settings import Tracing

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import SpanExporter


class NoTracing(Exception):
    """OpenTelemetry is not installed."""


_provider: TracerProvider | None = None
_tracer: Any = None
Handle = TypeVar("Handle", bound=Callable[..., Awaitable[None]])
_NOTHING: AbstractContextManager[None] = nullcontext()


def start(tracing: Tracing, process: str, role: str, exporter: SpanExporter | None = None) -> None:
    """Make spans from now on and send them to `tracing.endpoint` from a thread of its own. Raises NoTracing."""
    global _provider, _tracer
    if importlib.util.find_spec("opentelemetry.sdk") is None:
        raise NoTracing("tracing.endpoint needs libraries of its own: pip install 'ohmstead[tracing]'")
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor
    from opentelemetry.sdk.trace.sampling import ParentBased, TraceIdRatioBased

    if exporter is None:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter

        exporter = OTLPSpanExporter(endpoint=tracing.endpoint)
    what = {"service.name": "ohmstead", "service.instance.id": process, "ohmstead.role": role}
    _provider = TracerProvider(resource=Resource.create(what), sampler=ParentBased(TraceIdRatioBased(tracing.sample)))
    _provider.add_span_processor(BatchSpanProcessor(exporter))
    _tracer = _provider.get_tracer("ohmstead")


def stop() -> None:
    """Send what is left, within seconds."""
    global _provider, _tracer
    provider, _provider, _tracer = _provider, None, None
    if provider is not None:
        provider.shutdown()


def span(name: str, headers: Mapping[str, str] | None = None, **attributes: str) -> AbstractContextManager[None]:
    """A span around the block; its parent is the one that `headers` (traceparent) tell of, or the span around it.
    An exception marks it as failed. Attributes get the prefix `ohmstead.`."""
    return _NOTHING if _tracer is None else _span(name, headers, attributes)


def traceparent() -> str | None:
    """The span around the caller, for one that goes on from it elsewhere; None where nothing is traced."""
    if _tracer is None:
        return None
    from opentelemetry.propagate import inject

    carrier: dict[str, str] = {}
    inject(carrier)
    return carrier.get("traceparent")


def of_calls(handle: Handle) -> Handle:
    """Spans around `handle(session, message, frame)` of a station's calls."""

    @wraps(handle)
    async def traced(session: Any, message: Any, frame: str) -> None:
        if _tracer is None:
            return await handle(session, message, frame)
        with span("call", station=session.identity, action=message.action, message_id=message.message_id):
            await handle(session, message, frame)

    return cast(Handle, traced)


@contextmanager
def _span(name: str, headers: Mapping[str, str] | None, attributes: dict[str, str]) -> Iterator[None]:
    from opentelemetry.propagate import extract

    context = extract(headers) if headers is not None and headers.get("traceparent") else None
    named = {f"ohmstead.{key}": value for key, value in attributes.items()}
    with _tracer.start_as_current_span(name, context=context, attributes=named) as one:
        if not one.is_recording():
            yield
            return
        with structlog.contextvars.bound_contextvars(trace_id=f"{one.get_span_context().trace_id:032x}"):
            yield
