"""The table of files holds no secret of a link."""

from __future__ import annotations

from ohmstead.store.tables import files


def test_no_secret_of_a_link_is_stored() -> None:
    assert not {"secret", "token", "url"} & {column.name for column in files.columns}
