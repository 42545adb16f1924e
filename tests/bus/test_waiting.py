"""Rings that wait for a way to the other processes."""

from __future__ import annotations

from contextlib import suppress

import pytest

from ohmstead.bus import waiting
from ohmstead.bus.waiting import Waiting

pytestmark = pytest.mark.anyio


async def test_what_could_not_be_told_waits_again_with_what_came_meanwhile():
    one = Waiting()
    one.add("a", "1")
    with suppress(OSError), one.taken():
        one.add("a", "2")
        raise OSError("cut")
    await one.until_woken()
    with one.taken() as rings:
        assert rings == [("a", "1"), ("a", "2")]
    with one.taken() as rings:
        assert rings == []


async def test_they_are_bounded(monkeypatch):
    monkeypatch.setattr(waiting, "MOST", 2)
    one = Waiting()
    for key in "1234":
        one.add("a", key)
    with one.taken() as rings:
        assert rings == [("a", "1"), ("a", "2")]
