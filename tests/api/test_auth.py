from __future__ import annotations

import pytest

from ohmstead.api.auth import OWNER, Caller, identify
from ohmstead.api.problems import Refused
from ohmstead.store.resources import keys

pytestmark = pytest.mark.anyio


def test_admin_may_everything_and_others_what_they_have():
    assert Caller("k", "k", 1, frozenset({"admin"})).may("keys:write")
    reader = Caller("k", "reader", 1, frozenset({"stations:read"}))
    reader.must("stations:read")
    with pytest.raises(Refused, match="'reader' lacks the scope stations:write") as caught:
        reader.must("stations:write")
    assert caught.value.status == 403


@pytest.mark.parametrize(("sites", "site", "reaches"), [(None, None, True), (None, 5, True), ((5,), 5, True)])
def test_a_key_reaches_its_sites(sites, site, reaches):
    Caller("k", "k", 1, frozenset(), sites).must_reach(site)


@pytest.mark.parametrize(("sites", "site"), [((5,), None), ((5,), 6), ((), 5)])
def test_and_no_other(sites, site):
    with pytest.raises(Refused):
        Caller("k", "k", 1, frozenset(), sites).must_reach(site)


async def test_who_a_key_is(context):
    digest = context.passwords.hash(OWNER, b"secret")
    async with context.db.transaction() as tx:
        await keys.add(tx, 7, "key_1", digest, name="ci", scopes=["stations:read"], sites=[1, 2], now=0)
    for header in ("Bearer secret", "bearer  secret "):
        assert await identify(context, header) == Caller("key_1", "ci", 7, frozenset({"stations:read"}), (1, 2))


@pytest.mark.parametrize("header", [None, "", "secret", "Basic secret", "Bearer", "Bearer other", "Bearer ümlaut"])
async def test_who_nobody_is(context, header):
    with pytest.raises(Refused) as caught:
        await identify(context, header)
    assert (caught.value.status, "WWW-Authenticate" in caught.value.headers) == (401, True)
