"""Which transaction an event belongs to, and whether it has been here before.

A station that got no answer sends the same again; it is known by its content, never by its message id, because stations
restart those at 1. And some end a transaction without knowing its number.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from ohmstead.domain import tokens
from ohmstead.domain.transactions import Event, Transaction, note


def may_be_repeat(transaction: Transaction, event: Event) -> bool:
    """Must the store be asked whether this event is in the ledger already? Never wrongly no.

    A repeat has the time, kind and sequence number of an event we hold, whatever `offline` or the message id says.
    """
    if not transaction.events or event.at > transaction.last_at:
        return False
    numbers = transaction.numbers
    return event.seq_no is None or (numbers is not None and numbers.seen(event.seq_no) is not False)


def is_repeated_start_16(transaction: Transaction, event: Event) -> bool:
    """Is this 1.6 StartTransaction the one that began `transaction`? Its answer was lost, so it came again."""
    return (
        transaction.started_seen
        and event.at == transaction.started_at
        and event.evse_id == transaction.evse_id
        and event.meter_start == transaction.meter_start
        and tokens.same(event.token, transaction.token)
    )


def opens_anew(transaction: Transaction, event: Event) -> bool:
    """Does this Started begin another transaction under the id of one that is over (`ordinal` + 1)?

    It must be later than that one's Started too: a clock set back in between made the end look earlier. One whose
    Started is still missing takes this for it, if it is numbered before all that came: its clock was set back.
    """
    ended_at, numbers = transaction.ended_at, transaction.numbers
    if not transaction.started_seen and numbers is not None and (event.seq_no or 0) < numbers.first:
        return False
    return event.kind == "started" and ended_at is not None and event.at > max(ended_at, transaction.started_at)


def choose(transactions: Sequence[Transaction], event: Event) -> Transaction | None:
    """Of the transactions that share the event's station and id, the one it belongs to: the latest that had begun."""
    if len(transactions) == 1:
        return transactions[0]
    found = sorted(transactions, key=lambda transaction: transaction.ordinal)
    return next((t for t in reversed(found) if t.started_at <= event.at), found[0] if found else None)


def match_stop_16(active: Iterable[Transaction], event: Event, transaction_id: int | None) -> Transaction | None:
    """The transaction that a 1.6 StopTransaction with an id we do not know must mean, or None: keep it aside.

    -1 and 0 are what stations send that started offline: among the active ones that had begun by then, with a meter not
    above the stop's and the same token if it has one, exactly one will do. Any other id may belong to a transaction we
    never heard of, so there the token must be given and equal.
    """
    if transaction_id not in (None, 0, -1) and not event.token:
        return None
    found = [
        t
        for t in active
        if t.state == "active"
        and t.started_at <= event.at
        and (not event.token or tokens.same(event.token, t.token))
        and (event.meter_stop is None or t.meter_start is None or event.meter_stop >= t.meter_start)
    ]
    if len(found) != 1:
        return None
    text = f"StopTransaction named transaction {transaction_id}; token, time and meter fit this one alone"
    return note(found[0], "stop_matched_by_content", text)
