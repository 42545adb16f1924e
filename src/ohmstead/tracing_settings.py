"""Traces by OpenTelemetry: the section `tracing` of the settings."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta, Struct


class Tracing(Struct, frozen=True, kw_only=True):
    endpoint: Annotated[
        str,
        Meta(
            title="a URL http(s)://... or empty",
            pattern=r"^$|^https?://\S+(?!\n)$",
            description="where spans go (OTLP over HTTP, http://HOST:4318/v1/traces); empty: none are made",
        ),
    ] = ""
    sample: Annotated[
        float, Meta(ge=0, le=1, description="share of calls and requests that are traced, if nobody decided before")
    ] = 0.01
