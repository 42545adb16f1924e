"""Who is to blame for a statement that failed: the write, or the database.

A write with bad data fails alone, and whoever made it hears of it at once. Trouble of the database (connection, disk,
lock, shutdown) says nothing about the write: it waits and is tried again. What is not known as the database's trouble
is the write's own fault: nothing of it was stored and nobody was answered, whereas a write that is tried for ever would
stop every station.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable

import asyncpg

from ohmstead.store.db import DatabaseGone

# SQLSTATE classes: connection, transaction state (read-only after a failover), authorisation, catalogue name, rollback
# (deadlock), resources, object state, operator intervention, system, configuration file, internal.
_CLASSES = frozenset({"08", "25", "28", "3D", "40", "53", "55", "57", "58", "F0", "XX"})
_DENIED = "42501"
_LOGIC_ERROR = 1  # SQLITE_ERROR: the statement itself is wrong


def postgres_is_gone(error: BaseException) -> bool:
    """Whether PostgreSQL or the way to it is the trouble."""
    if isinstance(error, asyncpg.InvalidCachedStatementError):  # a migration ran: the next try compiles it anew
        return True
    if isinstance(error, asyncpg.PostgresError):
        return (error.sqlstate or "XX")[:2] in _CLASSES or error.sqlstate == _DENIED
    if isinstance(error, ValueError):  # an argument that asyncpg could not encode; its class is an InterfaceError too
        return False
    known = (DatabaseGone, OSError, EOFError, asyncpg.InterfaceError, asyncpg.exceptions.InternalClientError)
    return isinstance(error, known)


def sqlite_is_gone(error: BaseException) -> bool:
    """Whether SQLite, its file or its disk is the trouble."""
    if isinstance(error, sqlite3.OperationalError):
        return getattr(error, "sqlite_errorcode", 0) & 0xFF != _LOGIC_ERROR
    return isinstance(error, (DatabaseGone, OSError, MemoryError)) or type(error) is sqlite3.DatabaseError


class Trouble:
    """`with` it, trouble of a database is raised as DatabaseGone. One object for all: every read goes through it."""

    __slots__ = ("_is_gone", "_name")

    def __init__(self, name: str, is_gone: Callable[[BaseException], bool]) -> None:
        self._name, self._is_gone = name, is_gone

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: object, error: BaseException | None, traceback: object) -> None:
        if isinstance(error, Exception) and not isinstance(error, DatabaseGone) and self._is_gone(error):
            raise DatabaseGone(f"{self._name}: {str(error) or type(error).__name__}") from error


postgres_trouble = Trouble("PostgreSQL", postgres_is_gone)
sqlite_trouble = Trouble("SQLite", sqlite_is_gone)
