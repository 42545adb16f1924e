from __future__ import annotations

import pytest

from ohmstead.api import passwords

pytestmark = pytest.mark.anyio
COST = passwords.N
"""As it is outside of tests, where a try is cheap."""


async def test_a_password_is_known_again_and_its_hash_is_salted_and_dear(monkeypatch):
    monkeypatch.setattr(passwords, "N", COST)
    assert COST >= 1 << 15
    one, two = await passwords.hashed("correct horse"), await passwords.hashed("correct horse")
    assert one != two
    assert "horse" not in one
    assert await passwords.matches("correct horse", one)
    assert not await passwords.matches("correct Horse", one)


async def test_a_name_that_nobody_has_is_never_right():
    assert not await passwords.matches("", None)
