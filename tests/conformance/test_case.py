"""The list of cases: ids are unique in each version, and each says where it comes from."""

from __future__ import annotations

import pytest

from ohmstead.conformance import chosen
from ohmstead.conformance.case import CASES, Broken, add, wanted
from ohmstead.ocpp.versions import VERSIONS, Version


@pytest.mark.parametrize("version", VERSIONS, ids=lambda version: version.name)
def test_each_case_is_named_once(version: Version) -> None:
    found = [one.id for one in chosen(version)]
    assert len(found) == len(set(found))
    assert len(found) > 60
    assert all(one.id.startswith(("TC_", "OHM_")) and one.title and one.requirements for one in chosen(version))


def test_a_second_one_of_the_same_name_is_a_mistake() -> None:
    one = chosen(VERSIONS[1])[0]
    before = len(CASES)
    with pytest.raises(ValueError, match=one.id):
        add(one.id, "again", "X", one.versions, one.play)
    assert len(CASES) == before


def test_what_is_wanted() -> None:
    wanted(True, "nothing")
    with pytest.raises(Broken, match="something"):
        wanted(False, "something")
