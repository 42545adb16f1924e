from __future__ import annotations

import stat
from pathlib import Path

import msgspec
import pytest

from ohmstead.api import admin_key
from ohmstead.api.auth import identify
from ohmstead.api.problems import Refused
from ohmstead.settings import Api
from ohmstead.store.resources import keys

pytestmark = pytest.mark.anyio


@pytest.fixture
def without_bootstrap(context):
    object.__setattr__(context, "settings", msgspec.structs.replace(context.settings, api=Api()))
    return Path(context.settings.data_dir, admin_key.FILE)


async def test_the_first_start_makes_a_key_that_only_the_owner_can_read(context, without_bootstrap):
    await admin_key.ensure(context)
    assert stat.S_IMODE(without_bootstrap.stat().st_mode) == 0o600
    caller = await identify(context, f"Bearer {without_bootstrap.read_text().strip()}")
    assert caller.scopes == {"admin"}
    await admin_key.ensure(context)
    assert len((await keys.page(context.db, 1, limit=9, cursor=None)).rows) == 1


async def test_the_key_of_init_is_made_known_and_stays_revoked_once_it_is(context, without_bootstrap):
    without_bootstrap.write_text("chosen-by-init\n")
    await admin_key.ensure(context)
    caller = await identify(context, "Bearer chosen-by-init")
    async with context.db.transaction() as tx:
        await keys.revoke(tx, 1, caller.key_id, 1)
    await admin_key.ensure(context)
    with pytest.raises(Refused):
        await identify(context, "Bearer chosen-by-init")


async def test_no_key_is_made_where_there_is_a_bootstrap_key(context):
    await admin_key.ensure(context)
    assert not await keys.are_there_any(context.db, 1)
