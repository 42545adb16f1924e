from __future__ import annotations

import json

import pytest

from ohmstead.store.secrets import closed, opened, seal, unseal

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


def test_a_command_with_a_password_is_sealed_beside_its_mask():
    body = '{"ocpp":{"action":"ChangeConfiguration","payload":{"key":"AuthorizationKey","value":"s3cret"}}}'
    kept = closed(KEY, body)
    assert "s3cret" not in kept
    assert json.loads(kept)["ocpp"]["payload"] == {"key": "AuthorizationKey", "value": "***"}
    assert opened(KEY, kept) == body
    with pytest.raises(ValueError, match="another key"):
        opened(bytes(32), kept)


@pytest.mark.parametrize("body", ['{"type":"reset"}', '{"type":"reset","why":"\\"sealed\\""}'])
def test_any_other_command_stays_as_it_was_asked(body):
    assert opened(KEY, closed(KEY, body)) == closed(KEY, body) == body
