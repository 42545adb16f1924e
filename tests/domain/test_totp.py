"""The one-time password of C25, against openssl: HMAC-SHA256 of the number of the interval, of which the characters of
base 62 are read off here."""

from __future__ import annotations

import subprocess

import pytest

from ohmstead.domain.totp import ALPHABET, matches, totp

AT = 1_764_000_123_000_000
SECRET = "s3cret-of-CS1"


def by_openssl(secret: str, interval: int, length: int) -> str:
    """The same by a program that nobody here wrote."""
    said = subprocess.run(
        ["openssl", "dgst", "-sha256", "-mac", "HMAC", "-macopt", f"key:{secret}", "-binary"],
        input=interval.to_bytes(8, "big"), capture_output=True, check=True,
    ).stdout  # fmt: skip
    begin = said[31] % 16
    return "".join(ALPHABET[said[(begin + n) % 32] % 62] for n in range(length))


@pytest.mark.parametrize(("validity_s", "length"), [(60, 8), (30, 6), (3600, 32)])
def test_it_is_what_openssl_says(validity_s, length):
    interval = AT // 1_000_000 // validity_s
    assert totp(SECRET, validity_s, length, AT) == by_openssl(SECRET, interval, length)


@pytest.mark.parametrize(
    ("at_s", "validity_s", "password"),
    [
        (0, 30, "u5CoKdo5HUS1"),
        (30, 30, "tVGiyLys7Y1V"),
        (1716423785, 60, "XJZr0L1DGKn0"),
        (1716423785 - 60, 60, "nTdkiuG6yUyg"),
        (1718611200, 30, "akF3c7qY2uiuO4rpyU0SC0W8VFE6nvxz"),
    ],
)
def test_it_is_what_its_author_published(at_s, validity_s, password):
    """Vectors of the Open Charging Cloud's implementations."""
    assert totp("secure!Charging!", validity_s, len(password), at_s * 1_000_000) == password


def test_it_holds_for_its_interval_and_those_beside_it():
    one = totp(SECRET, 60, 8, AT)
    minute = 60_000_000
    assert [matches(one, SECRET, 60, 8, AT + n * minute) for n in (-2, -1, 0, 1, 2)] == [False, True, True, True, False]
    for wrong in ("", one[:-1], one.swapcase() + "x", "é" * 8):
        assert not matches(wrong, SECRET, 60, 8, AT)
