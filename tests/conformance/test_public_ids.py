"""No public id is missing unless it is said why, and none is said to be missing that is there."""

from __future__ import annotations

import pytest

from ohmstead.conformance import chosen
from ohmstead.conformance.public_ids import not_asked, public_ids
from ohmstead.ocpp.versions import VERSIONS, Version
from tests.conformance.serving import named


@pytest.mark.parametrize("version", VERSIONS, ids=named)
def test_every_public_id_is_asked_or_excused(version: Version) -> None:
    ids = public_ids(version)
    assert len(ids) == len(set(ids)) == {"1.6": 77, "2.0.1": 251, "2.1": 265}[version.name]
    asked = {one.id for one in chosen(version)}
    assert set(ids) - asked == set(not_asked(version))
    assert {id for id in asked if id.startswith("TC_")} <= {id for one in VERSIONS for id in public_ids(one)}
    assert all(len(why) > 20 for why in not_asked(version).values())
