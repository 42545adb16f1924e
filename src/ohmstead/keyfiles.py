"""The keys that lie beside the database, readable by their owner alone."""

from __future__ import annotations

import os
import secrets
from pathlib import Path


def server_key(data_dir: Path) -> bytes:
    """The key under which passwords and API keys are hashed; made on the first start. All nodes of one database need
    the same file."""
    path = data_dir / "server.key"
    text = _read(path)
    if text is None:
        text = secrets.token_hex(32)
        write_private(path, text)
    return bytes.fromhex(text)


def _read(path: Path) -> str | None:
    try:
        return path.read_text().strip()
    except FileNotFoundError:
        return None


def write_private(path: Path, text: str) -> None:
    """Write a file that nobody else can read, whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(text + "\n")
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(path)
