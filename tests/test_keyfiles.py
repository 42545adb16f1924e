"""Keys beside the database: private, durable, one for all who start at once."""

from __future__ import annotations

import os
import threading
from pathlib import Path

import pytest

from ohmstead import keyfiles
from ohmstead.keyfiles import server_key, write_private


def mode(path: Path) -> int:
    return path.stat().st_mode & 0o777


@pytest.fixture(autouse=True)
def careless():
    """A umask that hides nothing."""
    before = os.umask(0)
    yield
    os.umask(before)


def test_a_key_is_made_once_and_nobody_else_reads_it(tmp_path):
    key = server_key(tmp_path / "data")
    assert len(key) == 32
    assert server_key(tmp_path / "data") == key
    assert server_key(tmp_path / "other") != key
    assert mode(tmp_path / "data" / "server.key") == 0o600
    assert os.listdir(tmp_path / "data") == ["server.key"]


def test_all_who_start_at_once_get_the_same_key(tmp_path, monkeypatch):
    together = threading.Barrier(8)
    monkeypatch.setattr(
        keyfiles.secrets, "token_hex", lambda n, real=keyfiles.secrets.token_hex: (together.wait(10), real(n))[1]
    )
    keys: list[bytes] = []
    threads = [threading.Thread(target=lambda: keys.append(server_key(tmp_path))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert len(keys) == 8
    assert len(set(keys)) == 1
    assert os.listdir(tmp_path) == ["server.key"]


@pytest.mark.parametrize("text", ["", "no key", "abcd", "00" * 31])
def test_a_file_that_is_no_key_is_not_replaced(tmp_path, text):
    (tmp_path / "server.key").write_text(text)
    with pytest.raises(ValueError, match=r"server\.key is not a key"):
        server_key(tmp_path)
    assert (tmp_path / "server.key").read_text() == text


def test_a_private_file_is_whole_or_not_there(tmp_path, monkeypatch):
    path = tmp_path / "some" / "secret"
    write_private(path, "one")
    path.chmod(0o644)
    write_private(path, "two")
    assert path.read_text() == "two\n"
    assert mode(path) == 0o600

    def full(descriptor: int) -> None:
        raise OSError("disk full")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="disk full"):
        write_private(path, "three")
    assert path.read_text() == "two\n"
    assert os.listdir(path.parent) == ["secret"]
