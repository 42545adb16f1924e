"""The repairs of the rows that fit, sorted by what they are for, and their application to one message or text."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import NamedTuple

import msgspec

from ohmstead.vendors.fixes import ANSWERS, FIXES, Fix, Function
from ohmstead.vendors.rows import Quirk
from ohmstead.vendors.texts import LARGEST, TEXTS

_UNREADABLE = (msgspec.MsgspecError, RecursionError, UnicodeError, ArithmeticError)
_ODD = (ArithmeticError, AttributeError, LookupError, TypeError, ValueError)
"""What a repair may raise: before it is decoded a payload has any shape, and `1e999999999999999999999` is a number."""
_decoder = msgspec.json.Decoder(float_hook=Decimal)  # a value keeps the digits it was written in
_encode = msgspec.json.Encoder(decimal_format="number").encode


class Step(NamedTuple):
    """One repair: its name, its argument, the row that asked for it."""

    name: str
    value: str
    row: str


class Mended(NamedTuple):
    """A payload, or a text, as it is read instead. `payload` is None where nothing is left of the message."""

    payload: bytes | None
    steps: tuple[Step, ...]
    """Those that changed something; empty: nothing was changed."""


class Mending(NamedTuple):
    """What to do with a call of the station and with its answers, by action, and with its text."""

    calls: dict[str, tuple[Step, ...]] = {}
    answers: dict[str, tuple[Step, ...]] = {}
    texts: tuple[Step, ...] = ()

    @staticmethod
    def of(rows: Iterable[Quirk]) -> Mending:
        steps = [Step(one.fix, one.value, row.name) for row in rows for one in row.repairs]
        texts = tuple(step for step in steps if step.name in TEXTS)
        return Mending(_by_action(steps, FIXES), _by_action(steps, ANSWERS), texts)

    def call(self, action: str, payload: bytes) -> Mended:
        """What is read in the place of a call's payload."""
        steps = self.calls.get(action)
        return Mended(payload, ()) if steps is None else _mended(payload, steps, FIXES)

    def answer(self, action: str, payload: bytes) -> Mended:
        """What is read in the place of an answer's payload."""
        steps = self.answers.get(action)
        return Mended(payload, ()) if steps is None else _mended(payload, steps, ANSWERS)

    def text(self, text: bytes) -> Mended:
        """What is read in the place of a text that is no JSON."""
        if not self.texts or len(text) > LARGEST:
            return Mended(text, ())
        mended, done = text.decode("utf-8", "replace"), []
        for step in self.texts:
            before, mended = mended, TEXTS[step.name](mended)
            if mended != before:
                done.append(step)
        return Mended(mended.encode(), tuple(done))


def _by_action(steps: Iterable[Step], fixes: dict[str, Fix]) -> dict[str, tuple[Step, ...]]:
    found: dict[str, tuple[Step, ...]] = {}
    for step in steps:
        for action in fixes[step.name].actions if step.name in fixes else ():
            found[action] = (*found.get(action, ()), step)
    return found


def _mended(payload: bytes, steps: tuple[Step, ...], fixes: dict[str, Fix]) -> Mended:
    try:
        value = _decoder.decode(payload)
    except _UNREADABLE:
        return Mended(payload, ())
    if not isinstance(value, dict):
        return Mended(payload, ())
    done = []
    for step in steps:
        function: Function = fixes[step.name].function
        try:
            changed = function(value, step.value)
        except _ODD:
            continue  # the schema has the last word
        if changed is value:
            continue
        done.append(step)
        if changed is None:
            return Mended(None, tuple(done))
        value = changed
    return Mended(_encode(value) if done else payload, tuple(done))
