"""Texts that many rows share, each stored once and known by a number: names and characteristics of variables, words.

A station of a vendor we have met brings nothing new, so a process that remembers what it met seldom asks the database.
A term is stored before the rows that use it, in a commit of its own: one that nobody uses in the end harms nobody.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from weakref import WeakKeyDictionary

import msgspec
from sqlalchemy import BigInteger, bindparam, select
from sqlalchemy.dialects.postgresql import insert

from ohmstead.domain.device_model import Characteristics, Key, Name
from ohmstead.store.db import Db, Row
from ohmstead.store.ids import Ids
from ohmstead.store.statement import Statement
from ohmstead.store.tables import terms

Term = Name | Characteristics | str
"""The name of a variable, the characteristics of one, a word of the vocabulary."""

_KINDS: dict[type[Any], int] = {Name: 1, Characteristics: 2, str: 3}
_TYPES = {number: kind for kind, number in _KINDS.items()}
AT_ONCE = 256
MOST = 200_000
"""Terms that a process remembers; 10,000 stations of 50 models bring some 20,000."""

NEW = Statement(
    insert(terms).values({column.name: bindparam(column.name) for column in terms.columns}).on_conflict_do_nothing()
)
FIND = Statement(
    select(terms.c.id, terms.c.digest).where(
        terms.c.tenant_id == bindparam("tenant"),
        terms.c.kind == bindparam("which"),
        terms.c.digest.in_([bindparam(f"digest_{n}", type_=BigInteger()) for n in range(AT_ONCE)]),
    )
)

_encode = msgspec.json.Encoder().encode
_decoders = {kind: msgspec.json.Decoder(kind) for kind in _KINDS}


def plain_text(key: Key) -> str:
    """The text by which a variable is found, whatever the spelling of its name."""
    return _encode(key).decode()


class Terms:
    """The terms of one database, as far as this process met them."""

    def __init__(self, db: Db) -> None:
        self._ids = Ids(db, "terms", 500)
        self._numbers: dict[tuple[int, Term], int] = {}
        self._terms: dict[int, Term] = {}

    async def numbers(self, db: Db, tenant_id: int, wanted: Iterable[Term]) -> Mapping[Term, int]:
        """The number of each; those that are new are stored first."""
        every = set(wanted)
        known = {term: number for term in every if (number := self._numbers.get((tenant_id, term))) is not None}
        for kind in _KINDS:
            missing = {_digest(term): term for term in every - known.keys() if type(term) is kind}
            known |= await self._found(db, tenant_id, missing)
            unknown = {digest: term for digest, term in missing.items() if term not in known}
            if unknown:
                await self._store(db, tenant_id, unknown)
                known |= await self._found(db, tenant_id, unknown)
        return known

    async def find(self, db: Db, tenant_id: int, words: Iterable[str]) -> dict[Term, int]:
        """The numbers of those words that any station has."""
        return await self._found(db, tenant_id, {_digest(word): word for word in words})

    async def _found(self, db: Db, tenant_id: int, wanted: Mapping[int, Term]) -> dict[Term, int]:
        digests = list(wanted)
        found: dict[Term, int] = {}
        for start in range(0, len(digests), AT_ONCE):
            some = digests[start : start + AT_ONCE]
            arguments = {f"digest_{n}": some[min(n, len(some) - 1)] for n in range(AT_ONCE)}
            which = _KINDS[type(wanted[some[0]])]
            for number, digest in await db.fetch(FIND, tenant=tenant_id, which=which, **arguments):
                found[wanted[digest]] = number
        for term, number in found.items():
            self._remember(tenant_id, number, term)
        return found

    async def _store(self, db: Db, tenant_id: int, new: Mapping[int, Term]) -> None:
        rows = []
        for digest, term in sorted(new.items(), key=lambda one: one[0]):  # in one order, so that two never wait in turn
            rows.append({
                "id": await self._ids.take(),
                "tenant_id": tenant_id,
                "kind": _KINDS[type(term)],
                "digest": digest,
                "text": _encode(term).decode(),
                "plain": plain_text(term.key) if isinstance(term, Name) else None,
            })  # fmt: skip
        await db.store([], [(NEW, row) for row in rows])

    def known(self, numbers: Iterable[int]) -> dict[int, Any]:
        """The terms of those numbers that this process met."""
        return {number: term for number in numbers if (term := self._terms.get(number)) is not None}

    def learn(self, rows: Sequence[Row]) -> dict[int, Any]:
        """The terms that were read as id, tenant_id, kind, text; remembered from now on."""
        found = {row[0]: _decoders[_TYPES[row[2]]].decode(row[3]) for row in rows}
        for row in rows:
            self._remember(row[1], row[0], found[row[0]])
        return found

    def _remember(self, tenant_id: int, number: int, term: Term) -> None:
        if len(self._terms) >= MOST:
            self._terms.clear()
            self._numbers.clear()
        self._terms[number] = term
        self._numbers[tenant_id, term] = number


def _digest(term: Term) -> int:
    """63 bits for the text; two that share one would share their number, which chance does not do."""
    return int.from_bytes(hashlib.blake2b(_encode(term), digest_size=8).digest()) >> 1


_of: WeakKeyDictionary[Any, Terms] = WeakKeyDictionary()


def terms_of(db: Db) -> Terms:
    """The terms of this database."""
    if db not in _of:
        _of[db] = Terms(db)
    return _of[db]
