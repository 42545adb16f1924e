from __future__ import annotations

import re
from pathlib import Path

import msgspec

from ohmstead.api.asyncapi import document
from ohmstead.shapes.events import DATA

SOURCE = Path(__file__).parents[2] / "src" / "ohmstead"


def test_every_reference_leads_somewhere():
    found = document()
    for reference in set(re.findall(r'"\$ref":"#/([^"]+)"', msgspec.json.encode(found).decode())):
        part = found
        for step in reference.split("/"):
            part = part[step]
    assert len(found["components"]["messages"]) == len(DATA)


def test_every_event_that_is_told_has_its_message():
    """By the source: whoever emits a new type gives it a place in the table."""
    told = set()
    for path in SOURCE.rglob("*.py"):
        text = path.read_text()
        told |= set(re.findall(r'feed_event\([^,]+, f?"([a-z_]+\.[a-z_{]+)', text))
        told |= set(re.findall(r'\bemit\(f?"([a-z_]+\.[a-z_{]+)', text))
        told |= set(re.findall(r'Event\([a-z_.]+, f?"ohmstead\.([a-z_]+\.[a-z_{]+)', text))
    assert len(told) > 20
    known = {one.removeprefix("ohmstead.") for one in DATA}
    families = {one.removesuffix(".*") for one in known if one.endswith(".*")} | {"transaction", "contract"}
    assert {one for one in told if one not in known and one.partition(".")[0] not in families} == set()
