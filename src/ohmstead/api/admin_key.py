"""The first key: `<data_dir>/admin.key` lets whoever may read that file in, from the first second on.

`ohmstead init` writes the file; `serve` writes it where there is no key at all, and makes it known to the database.
"""

from __future__ import annotations

import asyncio
import secrets
from pathlib import Path

from ohmstead import runtime
from ohmstead.api.auth import OWNER
from ohmstead.api.context import Context
from ohmstead.keyfiles import write_private
from ohmstead.store.resources import audit, keys
from ohmstead.store.tables.meta import DEFAULT_TENANT

FILE = "admin.key"


async def ensure(context: Context) -> None:
    """Make the key of the file known, once: a key that was revoked stays revoked."""
    path = Path(context.settings.data_dir, FILE)
    secret = await asyncio.to_thread(_read, path)
    if secret is None:
        if context.settings.api.bootstrap_key or await keys.are_there_any(context.db, DEFAULT_TENANT):
            return
        secret = f"ohm_{secrets.token_urlsafe(32)}"
        await asyncio.to_thread(write_private, path, secret)
        runtime.log.info("made an API key", file=str(path))
    digest = context.passwords.hash(OWNER, secret.encode())
    if await keys.is_known(context.db, DEFAULT_TENANT, digest):
        return
    number = await context.ids.take()
    async with context.db.transaction() as tx:
        id, now = f"key_{secrets.token_hex(8)}", runtime.now()
        await keys.add(tx, DEFAULT_TENANT, id, digest, name=FILE, scopes=["admin"], sites=None, now=now)
        detail = {"name": FILE, "scopes": ["admin"]}
        await audit.add(tx, DEFAULT_TENANT, number, now, "server", "key.create", id, detail)


def _read(path: Path) -> str | None:
    try:
        return path.read_text().strip() or None
    except FileNotFoundError:
        return None
