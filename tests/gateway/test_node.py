"""What all sessions of a process share."""

from __future__ import annotations

import dataclasses

import pytest

from ohmstead.store.writer import Writer
from tests.playbook import Playbook

pytestmark = pytest.mark.anyio


async def test_a_station_keeps_its_lane(book: Playbook) -> None:
    lanes = tuple(Writer(book.db, lane) for lane in range(3))
    node = dataclasses.replace(book.node, writers=lanes)
    assert [node.writer(number) for number in (1, 2, 3, 4, 1)] == [lanes[n] for n in (1, 2, 0, 1, 1)]
