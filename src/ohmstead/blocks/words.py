"""B: configuration in the words of the vocabulary, the same for every version and vendor."""

from __future__ import annotations

from typing import Annotated, ClassVar, cast

from msgspec import Meta

from ohmstead.blocks.command import Ask, Calls, Command, Outcome, Unsupported, parse
from ohmstead.blocks.version_change import body_of, reading_of
from ohmstead.domain import vocabulary
from ohmstead.domain.device_model import Item, Model
from ohmstead.domain.vendor_words import rules_for
from ohmstead.domain.words import Version
from ohmstead.shapes.device_model import WordChange
from ohmstead.store import device_model
from ohmstead.store.db import Db


class SetValues(Command):
    """Set words of the vocabulary, such as `evse.current.max`; what the station has already is not sent again."""

    actions: ClassVar = ("SetVariables", "ChangeConfiguration", "GetVariables", "GetConfiguration")
    waits_offline: ClassVar[bool] = True
    values: Annotated[list[WordChange], Meta(min_length=1, max_length=500)]
    read_back: bool = False
    """Whether the station is asked then how all of them are: some accept and do nothing."""

    async def prepare(self, ask: Ask, db: Db) -> None:
        known = await device_model.load(db, ask.station.id)
        items = _items(self.values, ask, known)
        missing = [one for one in items if not _is_so(known, one)]
        ask.inner = parse(body_of(tuple(missing), _version(ask))) if missing else None
        if isinstance(ask.inner, Command):
            await ask.inner.prepare(ask, db)
        if self.read_back:
            reading = parse(reading_of(tuple(items), _version(ask)))
            assert isinstance(reading, Command)
            await reading.prepare(ask, db)
            ask.found = reading

    def to_v16(self, ask: Ask) -> Calls:
        return self._calls(ask)

    def to_v2(self, ask: Ask) -> Calls:
        return self._calls(ask)

    def _calls(self, ask: Ask) -> Calls:
        found = Outcome(True, "it is so already")
        if isinstance(ask.inner, Command):
            found = yield from ask.inner.calls(ask)
        if self.read_back and found.accepted:
            told = ask.results
            yield from ask.found.calls(ask)
            ask.results = told  # what became of setting them; what was read is in the device model
        return found


def _items(values: list[WordChange], ask: Ask, known: Model) -> list[Item]:
    """The variables to set. Raises Unsupported, and then nothing is sent, where one of the words cannot be set."""
    rules = rules_for(ask.station.vendor)
    found: list[Item] = []
    refused: list[str] = []
    for one in values:
        items = vocabulary.write(one.name, one.evse_id, one.value, known, _version(ask), rules)
        if isinstance(items, vocabulary.Refusal):
            refused.append(f"{one.name}: {items.reason}")
        else:
            found += items
    if refused:
        raise Unsupported("; ".join(refused))
    return found


def _version(ask: Ask) -> Version:
    return cast("Version", ask.version.name)


def _is_so(known: Model, item: Item) -> bool:
    variable = known.get(item.name)
    attribute = None if variable is None else variable.attribute(item.attribute)
    return attribute is not None and attribute.value == item.value
