"""How the CA sees that a name is ours: a text that any process of ours answers from the database (http-01), or a record
that the operator's own program puts into the DNS (dns-01)."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator

from ohmstead import runtime
from ohmstead.pki.acme.client import Challenge, NoCertificate, Prove
from ohmstead.store import acme
from ohmstead.store.db import Db

PROGRAM_TAKES = 120.0
"""Seconds: until the record can be seen."""


def prover(db: Db, program: str) -> Prove:
    """By the `program` where there is one."""

    @contextlib.asynccontextmanager
    async def by_http(one: Challenge) -> AsyncIterator[None]:
        await acme.put(db, acme.challenge(one.token), one.authorization, runtime.now())
        try:
            yield
        finally:
            await acme.remove(db, acme.challenge(one.token))

    @contextlib.asynccontextmanager
    async def by_dns(one: Challenge) -> AsyncIterator[None]:
        name = f"_acme-challenge.{one.name.removeprefix('*.')}"
        await _run(program, "present", name, one.record)
        try:
            yield
        finally:
            try:
                await _run(program, "cleanup", name, one.record)
            except NoCertificate as error:
                runtime.log.warning("a record of a challenge stays", name=name, error=str(error))

    return by_dns if program else by_http


async def _run(program: str, *arguments: str) -> None:
    """Raises NoCertificate, with the last that it said."""
    try:
        process = await asyncio.create_subprocess_exec(
            program, *arguments, stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.PIPE,
        )  # fmt: skip
    except OSError as error:
        raise NoCertificate(f"acme.dns_program {program} cannot be run: {error.strerror}.") from None
    try:
        async with asyncio.timeout(PROGRAM_TAKES):
            _, said = await process.communicate()
    except TimeoutError:
        raise NoCertificate(f"{program} {arguments[0]} was not done within {PROGRAM_TAKES:g} s.") from None
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    if process.returncode:
        text = said.decode(errors="replace").strip()[-300:]
        raise NoCertificate(f"{program} {arguments[0]} ended with {process.returncode}: {text}")
