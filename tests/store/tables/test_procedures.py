"""The table of procedures: lookups go by its indexes."""

from __future__ import annotations

from ohmstead.store.tables import procedures


def test_what_changes_often_is_in_the_index_of_open_ones_alone() -> None:
    indexed = {index.name: [column.name for column in index.columns] for index in procedures.indexes}
    assert indexed["ix_procedures_open"] == ["updated_at"]
    assert not {"status", "steps", "state"} & {name for names in indexed.values() for name in names}
