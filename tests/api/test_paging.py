from __future__ import annotations

import pytest

from ohmstead.api.paging import PageQuery, page, position
from ohmstead.api.problems import Refused
from ohmstead.store.resources.listing import Found


def test_a_cursor_says_where_its_list_goes_on():
    made = page(Found([{"id": 1}], [5, "ü"]), lambda row: row["id"], "-at")
    assert made.data == [1]
    assert position(PageQuery(cursor=made.next_cursor), "-at") == [5, "ü"]
    with pytest.raises(Refused):
        position(PageQuery(cursor=made.next_cursor), "at")


def test_the_last_page_has_none():
    assert page(Found([], None), dict).next_cursor is None
    assert position(PageQuery()) is None


@pytest.mark.parametrize("cursor", ["", "x", "ü", "WyIiLFtdXQ", "bnVsbA", "////"])
def test_rubbish_is_refused(cursor):
    with pytest.raises(Refused) as caught:
        position(PageQuery(cursor=cursor))
    assert caught.value.errors[0].pointer == "/cursor"
