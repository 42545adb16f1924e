"""The components that stations have and neither the standard nor the vocabulary knows; of 1.6 the keys.

They are kept beside the words (store/word_values.py), and written with these.
"""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import bindparam, delete, select
from sqlalchemy.dialects.postgresql import insert

from ohmstead.domain import standard
from ohmstead.domain.vocabulary import Reading
from ohmstead.store.bulk import Changed
from ohmstead.store.db import Db
from ohmstead.store.statement import Statement
from ohmstead.store.tables import custom_components
from ohmstead.store.terms import terms_of

_c = custom_components.c
_KEPT = Statement(select(_c.term_id).where(_c.station_id == bindparam("station")))
_PUT = Statement(
    insert(custom_components)
    .values(station_id=bindparam("station"), term_id=bindparam("term"), tenant_id=bindparam("tenant"))
    .on_conflict_do_nothing()
)
_DROP = Statement(
    delete(custom_components).where(_c.station_id == bindparam("station"), _c.term_id == bindparam("term"))
)


def of_reading(reading: Reading) -> frozenset[str]:
    """The components and keys of a station that no word stands for and the standard does not have."""
    return standard.custom(one.name for one in reading.unmapped)


async def changes(db: Db, tenant_id: int, station_id: int, now: Collection[str]) -> list[Changed]:
    """What to write so that these are the station's."""
    numbers = await terms_of(db).numbers(db, tenant_id, now)
    wanted, kept = set(numbers.values()), {row[0] for row in await db.fetch(_KEPT, station=station_id)}
    return [
        *((_DROP, {"station": station_id, "term": term}) for term in kept - wanted),
        *((_PUT, {"station": station_id, "term": term, "tenant": tenant_id}) for term in wanted - kept),
    ]
