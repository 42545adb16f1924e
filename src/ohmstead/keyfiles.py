"""The keys that lie beside the database, readable by their owner alone."""

from __future__ import annotations

import os
import secrets
import tempfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

KEY_BYTES = 32


def server_key(data_dir: Path) -> bytes:
    """The key under which passwords and API keys are hashed; made on the first start. All nodes of one database need
    the same file. Raises ValueError when the file holds something else."""
    path = data_dir / "server.key"
    if not path.exists():
        with suppress(FileExistsError):  # somebody else made it in this moment: that one counts
            _place(path, secrets.token_hex(KEY_BYTES), os.link)
    text = path.read_text().strip()
    try:
        key = bytes.fromhex(text)
    except ValueError:
        key = b""
    if len(key) != KEY_BYTES:
        raise ValueError(f"{path} is not a key of {KEY_BYTES} bytes in hexadecimal: restore it from your backup")
    return key


def write_private(path: Path, text: str) -> None:
    """Write a file that nobody else can read, whole or not at all; it replaces one that is there."""
    _place(path, text, os.replace)


def _place(path: Path, text: str, put: Callable[[str, Path], None]) -> None:
    """Write a temporary file (mode 0600) and `put` it under its name, durably."""
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor, temporary = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    try:
        with os.fdopen(descriptor, "w") as file:
            file.write(text + "\n")
            file.flush()
            os.fsync(file.fileno())
        put(temporary, path)
    finally:
        Path(temporary).unlink(missing_ok=True)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
