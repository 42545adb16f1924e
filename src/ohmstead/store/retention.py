"""What is kept for a while only: the message log, refused handshakes, the feed. The ledger is kept for ever."""

from __future__ import annotations

from sqlalchemy import bindparam, delete, func, select

from ohmstead.store.db import Db
from ohmstead.store.statement import Statement
from ohmstead.store.tables import feed, messages, refusals

DAY = 24 * 3600 * 1_000_000
MESSAGES_DAYS = 14
FEED_DAYS = 7
REFUSALS_DAYS = 30
AT_ONCE = 5_000
"""Rows of one transaction: the writer of the stations waits for it."""

OLD_MESSAGES = Statement(
    delete(messages)
    .where(messages.c.id.in_(select(messages.c.id).where(messages.c.at < bindparam("before")).limit(AT_ONCE)))
    .returning(messages.c.id)
)
OLD_REFUSALS = Statement(
    delete(refusals)
    .where(refusals.c.id.in_(select(refusals.c.id).where(refusals.c.at < bindparam("before")).limit(AT_ONCE)))
    .returning(refusals.c.id)
)
# the newest event stays whatever its age: SQLite reads the feed's number off it
_newest = select(func.max(feed.c.sequence)).scalar_subquery()
_old = (
    select(feed.c.sequence)
    .where(feed.c.at < bindparam("before"), feed.c.sequence < _newest)
    .order_by(feed.c.sequence)
    .limit(AT_ONCE)
)
OLD_EVENTS = Statement(delete(feed).where(feed.c.sequence.in_(_old)).returning(feed.c.sequence))


async def forget(db: Db, now: int) -> int:
    """Delete what is older than its days; how many rows that were."""
    total = 0
    for statement, days in ((OLD_MESSAGES, MESSAGES_DAYS), (OLD_REFUSALS, REFUSALS_DAYS), (OLD_EVENTS, FEED_DAYS)):
        while True:
            async with db.transaction() as tx:
                gone = len(await tx.fetch(statement, before=now - days * DAY))
            total += gone
            if gone < AT_ONCE:
                break
    return total
