"""What the controller asks of the dialect of its OCPP version, and what it tells to those who watch."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import NamedTuple, Protocol

from ohmstead.simulator.availability import Place
from ohmstead.simulator.outbox import Message, Words
from ohmstead.simulator.session import Happened, Session, Token, Transaction
from ohmstead.simulator.tokens import Verdict


class Happening(NamedTuple):
    """One plain line for people: simulated time in microseconds UTC, station, text."""

    at: int
    identity: str
    text: str


class Dialect(Protocol):
    """How one family of OCPP versions says what the controller means. Words are payloads of the wire."""

    @property
    def handlers(self) -> dict[str, Callable[[Words], Words]]:
        """The CSMS's calls that are understood; a handler may raise conversation.Refusal."""

    def boot(self, reason: str) -> Words:
        """BootNotification."""

    def started_up(self) -> Iterable[Message]:
        """What a station says once it was accepted after power up, before its statuses."""

    def places(self) -> Iterable[Place]:
        """The status of every connector."""

    def authorise(self, token: Token) -> Words:
        """Authorize."""

    def verdict(self, words: Words) -> Verdict | None:
        """What an answer says about the token, if it does."""

    def tell(self, session: Session, transaction: Transaction, happened: Happened) -> Iterable[Message]:
        """The messages about something in a transaction."""

    def new_transaction_id(self) -> str:
        """For a transaction that begins now; empty where the CSMS gives it."""

    def start_points(self) -> tuple[str, ...]:
        """TxStartPoint."""

    def stop_points(self) -> tuple[str, ...]:
        """TxStopPoint."""
