from __future__ import annotations

import io

import pytest

from ohmstead.store import sealed_files
from ohmstead.store.sealed_files import Opener, Sealer, Unsealable

WORDS = "correct horse battery"


@pytest.fixture(autouse=True)
def small(monkeypatch):
    """Blocks of ten bytes, and a passphrase that is cheap to try."""
    monkeypatch.setattr(sealed_files, "BLOCK", 10)
    monkeypatch.setattr(sealed_files, "COST", 4)


def sealed(*pieces: bytes) -> bytes:
    file = io.BytesIO()
    sealer = Sealer(file, WORDS)
    for piece in pieces:
        sealer.write(piece)
    sealer.close()
    return file.getvalue()


def opened(data: bytes, words: str = WORDS, size: int = 7) -> bytes:
    opener, found = Opener(io.BytesIO(data), words), b""
    while piece := opener.read(size):
        found += piece
    return found


HEAD = len(sealed_files.MAGIC) + 1 + sealed_files.SALT + sealed_files.NONCE
SEALED_BLOCK = 10 + sealed_files.TAG


@pytest.mark.parametrize("size", [0, 1, 9, 10, 11, 20, 35])
@pytest.mark.parametrize("at_once", [1, 1000])
def test_what_was_sealed_comes_back_whatever_its_length(size, at_once):
    plain = bytes(range(size))
    data = sealed(*(plain[n : n + at_once] for n in range(0, size, at_once)))
    assert opened(data) == plain
    assert opened(data, size=1000) == plain
    assert size < 9 or plain[:9] not in data
    assert len(data) == HEAD + size + sealed_files.TAG * (size // 10 + 1)


def blocks(data: bytes) -> list[bytes]:
    return [data[n : n + SEALED_BLOCK] for n in range(HEAD, len(data), SEALED_BLOCK)]


def test_whatever_is_done_to_it_is_noticed():
    data = sealed(bytes(35))
    one, two, three, last = blocks(data)
    spoilt = {
        "a bit of it": data[:50] + bytes([data[50] ^ 1]) + data[51:],
        "its salt": data[:20] + bytes([data[20] ^ 1]) + data[21:],
        "its nonce": data[: HEAD - 1] + bytes([data[HEAD - 1] ^ 1]) + data[HEAD:],
        "order": data[:HEAD] + two + one + three + last,
        "a block less": data[:HEAD] + one + three + last,
        "a block twice": data[:HEAD] + one + one + two + three + last,
        "cut between blocks": data[: -len(last)],
        "cut in a block": data[:-1],
        "more behind it": data + last,
        "blocks of another": sealed(bytes(35))[:HEAD] + one + two + three + last,
    }
    for what, bad in spoilt.items():
        with pytest.raises(Unsealable, match="not what was written"):
            pytest.fail(f"{what}: {opened(bad)!r}")


def test_another_passphrase_and_other_files_do_not_open():
    with pytest.raises(Unsealable, match="not opened by this passphrase"):
        opened(sealed(b"x"), "correct horse")
    for other in (b"", b"PK\x03\x04" * 20, sealed(b"")[:16] + b"\x15" + bytes(40)):
        with pytest.raises(Unsealable, match="no sealed file"):
            opened(other)


def test_no_two_files_are_alike():
    assert sealed(b"x")[HEAD:] != sealed(b"x")[HEAD:]
