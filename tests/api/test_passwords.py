from __future__ import annotations

import pytest

from ohmstead.api import passwords

pytestmark = pytest.mark.anyio


async def test_a_password_is_known_again_and_its_hash_is_salted():
    one, two = await passwords.hashed("correct horse"), await passwords.hashed("correct horse")
    assert one != two
    assert "horse" not in one
    assert await passwords.matches("correct horse", one)
    assert not await passwords.matches("correct Horse", one)


async def test_a_name_that_nobody_has_is_never_right():
    assert not await passwords.matches("", None)
