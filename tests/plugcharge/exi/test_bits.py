"""The values of EXI, there and back; their bytes by hand."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ohmstead.plugcharge.exi.bits import ExiError, Reader, Writer


def written(do) -> bytes:
    writer = Writer()
    do(writer)
    return writer.done()


@pytest.mark.parametrize(
    ("do", "data"),
    [
        (lambda w: w.unsigned(0), "00"),
        (lambda w: w.unsigned(127), "7f"),
        (lambda w: w.unsigned(128), "8001"),
        (lambda w: w.binary(b"\x01\x02"), "020102"),
        (lambda w: w.text("AB"), "044142"),
        (lambda w: w.integer(-1), "8000"),  # the sign, then 0 in eight bits, filled up
        (lambda w: w.bits(3, 5), "a0"),
    ],
)
def test_by_hand(do, data):
    assert written(do).hex() == data


@settings(max_examples=100, deadline=None)
@given(st.lists(st.integers(-(2**200), 2**200)), st.binary(max_size=300), st.text(max_size=50))
def test_what_is_written_is_read(numbers, data, text):
    def do(writer):
        for number in numbers:
            writer.integer(number)
        writer.binary(data)
        writer.text(text)

    reader = Reader(written(do))
    assert [reader.integer() for _ in numbers] == numbers
    assert reader.binary() == data
    assert reader.text("n") == text


def test_a_text_may_be_named_by_its_number():
    data = written(lambda w: (w.text("one"), w.text("two"), w.unsigned(1), w.bits(1, 1), w.unsigned(0), w.bits(1, 0)))
    reader = Reader(data)
    assert [reader.text("n") for _ in range(4)] == ["one", "two", "two", "one"]


@pytest.mark.parametrize(
    ("do", "read", "said"),
    [
        (lambda w: w.unsigned(0), lambda r: r.text("n"), "was not there"),
        (lambda w: w.unsigned(1000), lambda r: r.text("n"), "too early"),
        (lambda w: w.unsigned(2**60), lambda r: r.binary(), "too early"),
        (lambda w: w.bits(400, 2**400 - 1), lambda r: r.unsigned(), "too long"),
        (lambda w: (w.unsigned(3), w.unsigned(0x110000), w.bits(64, 0)), lambda r: r.text("n"), "does not exist"),
        (lambda w: None, lambda r: r.bits(1), "too early"),
    ],
)
def test_what_cannot_be_read(do, read, said):
    with pytest.raises(ExiError, match=said):
        read(Reader(written(do)))
