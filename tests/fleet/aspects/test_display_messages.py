"""Messages beside what a station shows; each is set by a command of its own."""

from __future__ import annotations

import msgspec
import pytest

from ohmstead.blocks.command import parse
from ohmstead.domain.device_model import Model
from ohmstead.fleet.aspects import Seen
from ohmstead.fleet.aspects.display_messages import _check, compare, mend
from ohmstead.shapes.desired import DesiredMessage, DesiredText
from ohmstead.store.display_messages import put
from tests.fleet.test_layers import PLACE

pytestmark = pytest.mark.anyio
WANTED = [DesiredMessage(id=7, texts=[DesiredText(text="Hello")]), DesiredMessage(id=8, texts=[DesiredText(text="x")])]


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_a_message_is_the_same_text_under_its_number(db):
    seen = Seen(PLACE._replace(ocpp_version="2.1"), Model())
    checks = await compare(db, seen, WANTED)
    assert [(one.same, one.group, one.actual) for one in checks] == [(False, "7", None), (False, "8", None)]
    body = mend(WANTED, checks[1:])
    assert (body["id"], parse(msgspec.json.encode(body)).texts[0].text) == (8, "x")  # type: ignore[union-attr]
    await db.store(
        [], [put(1, 1, 7, {**checks[0].wanted, "display": None}, 0), put(1, 1, 8, {"priority": "InFront"}, 0)]
    )
    assert [one.same for one in await compare(db, seen, WANTED)] == [True, False]
    assert (await compare(db, Seen(PLACE, Model()), WANTED))[0].blocked == "OCPP 1.6 has no display messages."


def test_a_station_that_tells_no_language_may_have_it():
    wanted = DesiredMessage(id=7, texts=[DesiredText(text="Hallo", language="de")])
    said = _check(wanted, None, None).wanted
    told = {**said, "texts": [{**said["texts"][0], "language": None}]}
    found = _check(wanted, told, None)
    assert (found.same, found.near) == (False, True)
    other = {**told, "texts": [{**told["texts"][0], "text": "Hello"}]}
    assert not _check(wanted, other, None).near
    assert not _check(wanted, {**told, "texts": [*told["texts"], *told["texts"]]}, None).near
