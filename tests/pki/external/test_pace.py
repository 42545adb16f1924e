"""No faster than agreed."""

from __future__ import annotations

from typing import Any

import pytest

from ohmstead.pki.external.pace import Paced
from ohmstead.runtime import FakeClock


def test_a_pace(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = FakeClock()
    monkeypatch.setattr("ohmstead.runtime.clock", clock)
    ca: Any = type("Ca", (), {"name": "ca"})()
    one = Paced(ca, per_minute=30)
    assert [one.may_begin() for _ in range(31)] == [True] * 30 + [False]
    clock.advance(2)
    assert [one.may_begin() for _ in range(2)] == [True, False]
    clock.advance(3600)
    assert [one.may_begin() for _ in range(31)] == [True] * 30 + [False]
