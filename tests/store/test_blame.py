"""Who is to blame: the table of errors of both databases."""

from __future__ import annotations

import asyncio
import sqlite3

import asyncpg
import pytest

from ohmstead.store.blame import postgres_is_gone, postgres_trouble, sqlite_is_gone, sqlite_trouble
from ohmstead.store.db import DatabaseGone


def sqlite_error(code: int, kind: type[sqlite3.Error] = sqlite3.OperationalError) -> sqlite3.Error:
    error = kind("text")
    error.sqlite_errorcode = code
    return error


@pytest.mark.parametrize(
    ("error", "gone"),
    [
        (asyncpg.UniqueViolationError("x"), False),
        (asyncpg.NotNullViolationError("x"), False),
        (asyncpg.CharacterNotInRepertoireError("x"), False),
        (asyncpg.NumericValueOutOfRangeError("x"), False),
        (asyncpg.UndefinedTableError("x"), False),
        (asyncpg.ProgramLimitExceededError("x"), False),
        (asyncpg.exceptions._base.DataError("invalid input for query argument $1"), False),
        (OverflowError("x"), False),
        (UnicodeEncodeError("utf-8", "\ud800", 0, 1, "x"), False),
        (TypeError("x"), False),
        (KeyError("x"), False),
        (asyncpg.ConnectionDoesNotExistError("x"), True),
        (asyncpg.CannotConnectNowError("x"), True),
        (asyncpg.AdminShutdownError("x"), True),
        (asyncpg.CrashShutdownError("x"), True),
        (asyncpg.TooManyConnectionsError("x"), True),
        (asyncpg.DiskFullError("x"), True),
        (asyncpg.DeadlockDetectedError("x"), True),
        (asyncpg.SerializationError("x"), True),
        (asyncpg.QueryCanceledError("x"), True),
        (asyncpg.ReadOnlySQLTransactionError("x"), True),
        (asyncpg.IdleInTransactionSessionTimeoutError("x"), True),
        (asyncpg.InsufficientPrivilegeError("x"), True),
        (asyncpg.InvalidCatalogNameError("x"), True),
        (asyncpg.InternalServerError("x"), True),
        (asyncpg.InvalidCachedStatementError("x"), True),
        (asyncpg.InterfaceError("connection is closed"), True),
        (ConnectionRefusedError(), True),
        (TimeoutError(), True),
        (asyncio.IncompleteReadError(b"", 1), True),
        (DatabaseGone("x"), True),
    ],
    ids=repr,
)
def test_postgresql(error: Exception, gone: bool) -> None:
    assert postgres_is_gone(error) is gone


@pytest.mark.parametrize(
    ("error", "gone"),
    [
        (sqlite_error(sqlite3.SQLITE_CONSTRAINT_UNIQUE, sqlite3.IntegrityError), False),
        (sqlite_error(sqlite3.SQLITE_MISMATCH, sqlite3.IntegrityError), False),
        (sqlite_error(sqlite3.SQLITE_TOOBIG, sqlite3.DataError), False),
        (sqlite_error(sqlite3.SQLITE_ERROR), False),
        (sqlite3.InterfaceError("Error binding parameter 0"), False),
        (sqlite3.ProgrammingError("Incorrect number of bindings"), False),
        (OverflowError("x"), False),
        (UnicodeEncodeError("utf-8", "\ud800", 0, 1, "x"), False),
        (KeyError("x"), False),
        (sqlite_error(sqlite3.SQLITE_BUSY), True),
        (sqlite_error(sqlite3.SQLITE_BUSY_SNAPSHOT), True),
        (sqlite_error(sqlite3.SQLITE_LOCKED), True),
        (sqlite_error(sqlite3.SQLITE_FULL), True),
        (sqlite_error(sqlite3.SQLITE_IOERR_FSYNC), True),
        (sqlite_error(sqlite3.SQLITE_READONLY), True),
        (sqlite_error(sqlite3.SQLITE_CANTOPEN), True),
        (sqlite_error(sqlite3.SQLITE_CORRUPT, sqlite3.DatabaseError), True),
        (OSError("x"), True),
        (MemoryError(), True),
        (DatabaseGone("x"), True),
    ],
    ids=repr,
)
def test_sqlite(error: Exception, gone: bool) -> None:
    assert sqlite_is_gone(error) is gone


@pytest.mark.parametrize(
    ("translate", "trouble"),
    [
        (postgres_trouble, asyncpg.AdminShutdownError("shut down")),
        (sqlite_trouble, sqlite_error(sqlite3.SQLITE_FULL)),
        (postgres_trouble, TimeoutError()),
    ],
)
def test_trouble_is_told_as_database_gone(translate, trouble) -> None:
    with pytest.raises(DatabaseGone, match=f"SQL: {trouble or 'TimeoutError'}|SQLite: text") as caught, translate:
        raise trouble
    assert caught.value.__cause__ is trouble


@pytest.mark.parametrize("translate", [postgres_trouble, sqlite_trouble])
@pytest.mark.parametrize("error", [KeyError("x"), asyncpg.UniqueViolationError("x"), DatabaseGone("as it was")])
def test_the_rest_passes_as_it_is(translate, error) -> None:
    with pytest.raises(type(error)) as caught, translate:
        raise error
    assert caught.value is error
