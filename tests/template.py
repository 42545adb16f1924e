"""An SQLite database of the newest schema, made once for all workers: the migrations take longer than a test."""

from __future__ import annotations

import asyncio
import atexit
import fcntl
import os
import shutil
import tempfile
from functools import cache
from pathlib import Path

from ohmstead.store import schema

FOLDER = "TESTS_TEMPLATE_FOLDER"
"""The environment's name for where it lies; a program that is no test makes a folder of its own."""


@cache
def migrated_sqlite() -> Path:
    """A file to be copied. Not to be called on an event loop."""
    folder = os.environ.get(FOLDER)
    if folder is None:
        folder = tempfile.mkdtemp(prefix="ohmstead-template-")
        atexit.register(shutil.rmtree, folder)
    path = Path(folder, "migrated.db")
    with Path(folder, "migrated.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not path.exists():
            part = path.with_suffix(".part")
            asyncio.run(schema.upgrade(f"{schema.SQLITE}{part}"))
            part.replace(path)
    return path
