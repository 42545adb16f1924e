"""The tables of tokens and keys."""

from __future__ import annotations

from ohmstead.store.tables import keys, tokens


def test_no_secret_is_stored_in_clear() -> None:
    assert not {"secret", "password", "key"} & {column.name for column in keys.columns}


def test_a_token_is_found_by_its_folded_case() -> None:
    unique = [tuple(one.columns.keys()) for one in tokens.constraints if hasattr(one, "columns")]
    assert ("tenant_id", "token_key", "type") in unique
