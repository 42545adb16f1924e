from __future__ import annotations

import pytest

from ohmstead.store.secrets import seal, unseal

KEY = b"k" * 32


@pytest.mark.parametrize("text", ["", "a", "{}" * 16, "ü" * 1000])
def test_only_the_key_opens_it(text):
    sealed = seal(KEY, text)
    assert unseal(KEY, sealed) == text
    assert seal(KEY, text) != sealed
    with pytest.raises(ValueError, match="sealed under another key"):
        unseal(b"x" * 32, sealed)


def test_a_change_is_noticed():
    sealed = seal(KEY, "secret")
    with pytest.raises(ValueError, match="or changed"):
        unseal(KEY, sealed[:-4] + "AAA=")
