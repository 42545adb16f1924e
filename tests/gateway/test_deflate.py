"""Agreeing on permessage-deflate, and the bounded inflate."""

from __future__ import annotations

import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ohmstead.gateway.deflate import BadDeflate, Deflate, TooLarge, agree, inflate

ANSWER = "permessage-deflate; server_no_context_takeover; client_no_context_takeover"


@pytest.mark.parametrize(
    ("offer", "answer"),
    [
        ("permessage-deflate", ANSWER),
        ("Permessage-Deflate", ANSWER),
        ("permessage-deflate; client_max_window_bits", ANSWER),
        ("permessage-deflate; client_max_window_bits=10", ANSWER),
        ('permessage-deflate; client_max_window_bits="10"', ANSWER),
        ("permessage-deflate;server_no_context_takeover ; client_no_context_takeover", ANSWER),
        ("permessage-deflate; server_max_window_bits=10", ANSWER + "; server_max_window_bits=10"),
        ("permessage-deflate; server_max_window_bits=15", ANSWER + "; server_max_window_bits=15"),
        ("x-webkit-deflate-frame, permessage-deflate", ANSWER),
        ("permessage-deflate; unknown, permessage-deflate", ANSWER),
        ("permessage-deflate; server_max_window_bits=8, permessage-deflate", ANSWER),
        ("", None),
        (",;=,", None),
        ("permessage-bzip2", None),
        ("permessage-deflate; unknown", None),
        ("permessage-deflate; server_max_window_bits", None),
        ("permessage-deflate; server_max_window_bits=8", None),
        ("permessage-deflate; server_max_window_bits=16", None),
        ("permessage-deflate; server_max_window_bits=010", None),
        ("permessage-deflate; client_max_window_bits=", None),
        ("permessage-deflate; client_max_window_bits=7", None),
        ("permessage-deflate; server_no_context_takeover=1", None),
        ("permessage-deflate; server_no_context_takeover; server_no_context_takeover", None),
    ],
)
def test_offers(offer: str, answer: str | None) -> None:
    deflate = agree(offer)
    assert (deflate.header if deflate else None) == answer


@given(st.text())
def test_any_offer(offer: str) -> None:
    agree(offer)


@given(st.binary(), st.sampled_from([None, 9, 15]))
def test_there_and_back(data: bytes, bits: int | None) -> None:
    assert inflate(Deflate(bits).compress(data), len(data)) == data


@given(st.binary())
def test_any_bytes_inflate_or_are_refused(data: bytes) -> None:
    try:
        assert len(inflate(data, 1000)) <= 1000
    except (BadDeflate, TooLarge):
        pass


def test_the_limit_is_exact() -> None:
    data = Deflate().compress(bytes(1000))
    assert inflate(data, 1000) == bytes(1000)
    with pytest.raises(TooLarge, match="larger than 999 bytes"):
        inflate(data, 999)


def test_a_final_block_is_allowed() -> None:
    squeezer = zlib.compressobj(wbits=-15)
    data = squeezer.compress(b"x" * 500) + squeezer.flush()
    assert inflate(data + b"\x00", 500) == b"x" * 500  # RFC 7692, 7.2.3.4
