"""Messages on displays, by their numbers. Stations accept and show nothing: after a change they are asked."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ohmstead.domain.desired import Check
from ohmstead.fleet.aspects import Aspect, Seen, register
from ohmstead.shapes.desired import DesiredMessage
from ohmstead.store import display_messages
from ohmstead.store.db import Db

NONE_IN_16 = "OCPP 1.6 has no display messages."


async def compare(db: Db, seen: Seen, wanted: list[DesiredMessage]) -> list[Check]:
    known = await display_messages.of_station(db, seen.place.id)
    blocked = NONE_IN_16 if seen.place.ocpp_version == "1.6" else None
    return [_check(one, known.get(one.id), blocked) for one in wanted]


def _check(one: DesiredMessage, held: dict[str, Any] | None, blocked: str | None) -> Check:
    said = _said(one)
    shown = None if held is None else {name: held.get(name) for name in said}
    return Check(
        aspect="display_messages", what=f"message {one.id}", wanted=said, actual=shown, same=shown == said,
        near=shown is not None and shown == _without_language(said, shown), blocked=blocked, group=str(one.id),
    )  # fmt: skip


def _without_language(said: dict[str, Any], shown: dict[str, Any]) -> dict[str, Any]:
    """As a station tells it that tells no language of some texts."""
    told = [text.get("language") for text in shown.get("texts") or ()]
    both = zip(said["texts"], told, strict=False)
    texts = [text | {"language": None} if known is None else text for text, known in both]
    return said | {"texts": texts}


def _said(one: DesiredMessage) -> dict[str, Any]:
    """As the store describes messages (blocks/display.py)."""
    texts = [{"format": text.format, "language": text.language, "text": text.text} for text in one.texts]
    return {"priority": one.priority, "state": one.state, "evse_id": one.evse_id, "texts": texts}


def mend(wanted: list[DesiredMessage], wrong: Sequence[Check]) -> dict[str, Any]:
    return _set(next(one for one in wanted if str(one.id) == wrong[0].group))


def _set(one: DesiredMessage) -> dict[str, Any]:
    fields = {"id": one.id, "priority": one.priority, "state": one.state, "evse_id": one.evse_id}
    texts = [{"text": text.text, "format": text.format} | _given({"language": text.language}) for text in one.texts]
    return {"type": "set_display_message", "texts": texts, **_given(fields)}


def _given(fields: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if value is not None}


def read(wanted: list[DesiredMessage]) -> dict[str, Any]:
    return {"type": "get_display_messages"}


register(
    Aspect("display_messages", compare, mend, lambda wanted: [_set(one) for one in wanted], read=read, proves=False)
)
