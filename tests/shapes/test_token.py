from __future__ import annotations

import msgspec
import pytest
from msgspec import UNSET

from ohmstead.shapes.token import TokenChange, TokenNew


def test_a_new_token_is_an_accepted_card_everywhere():
    new = msgspec.convert({"token": "a"}, TokenNew)
    assert (new.type, new.status, new.site_ids, new.evses) == ("ISO14443", "accepted", None, None)


def test_a_change_leaves_the_rest():
    assert msgspec.convert({"group": None}, TokenChange) == TokenChange(group=None)
    assert TokenChange().group is UNSET


@pytest.mark.parametrize("body", [{"token": "b"}, {"type": "VIN"}, {"status": None}, {"cache_s": -1}])
def test_what_no_change_can_be(body):
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert(body, TokenChange)
