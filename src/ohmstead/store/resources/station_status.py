"""A station's status in SQL: the same words and the same order as `domain.station.station_status`."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import Any

from sqlalchemy import ColumnElement, and_, bindparam, case, exists, literal_column

from ohmstead.domain.station import OCCUPIED, STATUSES
from ohmstead.store.statement import fixed
from ohmstead.store.tables import connectors, stations, transactions

_c = stations.c


def _says(words: Iterable[str]) -> ColumnElement[bool]:
    """Whether a connector, an EVSE or the station itself says one of the words."""
    known = [fixed(word) for word in sorted(words)]
    return exists().where(and_(connectors.c.station_id == _c.id, connectors.c.status.in_(known)))


def _rank(status: str) -> ColumnElement[int]:
    return literal_column(str(STATUSES.index(status)))


_charging = exists().where(and_(transactions.c.station_id == _c.id, transactions.c.state == fixed("active")))
RANK: ColumnElement[Any] = case(
    (_c.registration != fixed("accepted"), _rank("pending")),
    (_c.connected_since.is_(None), _rank("offline")),
    (_says({"Faulted"}), _rank("faulted")),
    (_charging, _rank("charging")),
    (_says(OCCUPIED), _rank("occupied")),
    (_says({"Reserved"}), _rank("reserved")),
    (_says({"Available"}), _rank("available")),
    (_says({"Unavailable"}), _rank("unavailable")),
    else_=_rank("available"),
)
"""Its place in STATUSES: 0 is the worst."""
IS_ONE_OF = RANK.in_([bindparam(f"status_{n}") for n in range(len(STATUSES))])
"""The filter; `arguments` gives what it needs."""


def arguments(wanted: Sequence[str]) -> dict[str, int]:
    ranks = [rank for rank, word in enumerate(STATUSES) if word in wanted]
    return {f"status_{n}": ranks[min(n, len(ranks) - 1)] for n in range(len(STATUSES))} if ranks else {}


def counts(rows: Collection[Any]) -> dict[Any, int]:
    """Of rows (rank, count): every word with its count."""
    found = {STATUSES[rank]: count for rank, count in rows}
    return {word: found.get(word, 0) for word in STATUSES}
