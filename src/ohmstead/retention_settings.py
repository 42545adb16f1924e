"""How long things are kept: the section `retention` of the settings."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta, Struct

Days = Annotated[int, Meta(ge=1, le=36_500)]
WeekOrMore = Annotated[int, Meta(ge=7, le=36_500)]
NinetyOrMore = Annotated[int, Meta(ge=90, le=36_500)]


class Retention(Struct, frozen=True, kw_only=True):
    messages: Annotated[Days, Meta(description="days of the message log")] = 14
    feed: Annotated[
        WeekOrMore, Meta(description="days of the events that can be read again, and of deliveries of webhooks")
    ] = 7
    refusals: Annotated[Days, Meta(description="days of refused handshakes")] = 30
    streams: Annotated[Days, Meta(description="days of the values of event streams, and of streams that closed")] = 30
    alerts: Annotated[Days, Meta(description="days of alerts after their end; open ones stay")] = 90
    commands: Annotated[Days, Meta(description="days of commands after they were given; the audit stays")] = 400
    device_history: Annotated[Days, Meta(description="days of what variables were before")] = 400
    availability: Annotated[
        Days, Meta(description="days of how connectors were, of which uptime is made: this year and the one before")
    ] = 800
    site_samples: Annotated[Days, Meta(description="days of the timelines of sites, one sample a minute")] = 400
    procedures: Annotated[
        Days, Meta(description="days of updates of firmware, of logs and displays asked for, once they have ended")
    ] = 400
    customer_information: Annotated[
        Days, Meta(description="days of what stations reported of customers; the command that asked for it stays")
    ] = 30
    uploads: Annotated[Days, Meta(description="days of the files that stations upload; those of operators stay")] = 90
    transaction_events: Annotated[
        NinetyOrMore,
        Meta(
            description="days of the messages and meter values of sealed transactions after their end: what is younger"
            " a station may repeat; the transaction, its record, bill and roll-ups stay"
        ),
    ] = 36_500
