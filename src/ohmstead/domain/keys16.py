"""The configuration keys of OCPP 1.6 as variables of the device model.

A key that means and is written the same as a 2.x variable is that variable: HeartbeatInterval is
OCPPCommCtrlr.HeartbeatInterval. Every other key, of the standard or of a vendor, is a variable of that name of the
component `Ocpp16`. Either way the model keeps the text of the station, so that it can be written back as it was; what
differs in meaning or writing (`Current` for `A`, one key for two variables) is the vocabulary's business.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cache
from typing import NamedTuple

from ohmstead.domain.answers import Learnt, Result, was_read
from ohmstead.domain.device_model import (
    Attribute,
    Change,
    Characteristics,
    Item,
    Model,
    Name,
    Source,
    Variable,
    applied,
    plain,
)
from ohmstead.domain.reports import Merge, Report, merge, part
from ohmstead.domain.words import OCPP16, Type, Word, home, homes, words

MOST_CHARACTERS = 500


class Configured(NamedTuple):
    """One entry of a GetConfiguration answer."""

    key: str
    readonly: bool
    value: str | None


def key_of(name: Name) -> str | None:
    """The 1.6 key behind a variable of the model; None where 1.6 has none. The other way: `words.home`."""
    if plain(name.component) == plain(OCPP16):
        return name.variable
    return _keys().get(name.key)


@cache
def _keys() -> dict[tuple[str, str, int, int, str, str], str]:
    spelling = {plain(key): key for word in words().values() for key in word.keys}
    return {name.key: spelling[key] for key, name in homes().items()}


def variables(answers: Iterable[Configured], at: int, source: Source) -> tuple[Variable, ...]:
    """The entries of a GetConfiguration answer as variables."""
    return tuple(
        Variable(
            home(one.key),
            (
                Attribute(
                    value=one.value,
                    mutability="ReadOnly" if one.readonly else "ReadWrite",
                    updated_at=at,
                    source=source,
                ),
            ),
            _characteristics(one.key),
        )
        for one in answers
    )


def dumped(known: Model, answers: Sequence[Configured], at: int, most_keys: int | None = None) -> Merge:
    """A GetConfiguration without keys was answered.

    What it does not name is gone, unless it was once read or written by name: some vendors show their own keys only
    then. And nothing is gone where the answer is as long as the station's GetConfigurationMaxKeys allows: there it was
    cut. Such an answer is a good report all the same.
    """
    named = variables(answers, at, "report")
    report = Report(0, "full", at, {0: (part(0, 0, False, at, named),)})
    found = merge(known, report, settled=len(answers) != most_keys)
    kept = tuple(change for change in found.changes if change.after is not None or _was_dumped(change.before))
    return Merge(kept, found.report)


def _was_dumped(variable: Variable | None) -> bool:
    return variable is not None and all(one.source == "report" for one in variable.attributes)


def read(known: Model, asked: Sequence[Item], answers: Sequence[Configured], unknown: Iterable[str], at: int) -> Learnt:
    """A GetConfiguration that named keys was answered; the keys in `unknown` the station does not have."""
    results = [Result(home(one.key), "Accepted", value=one.value) for one in answers]
    missing = [home(key) for key in unknown]
    results += [Result(name, "UnknownKey") for name in missing]
    learnt = was_read(known, asked, results, at)
    wanted = {item.name.key for item in asked}
    told = [
        one for one in variables(answers, at, "get") if one.name.key in wanted and one.attributes[0].value is not None
    ]
    after = applied(known, learnt.changes)
    more = merge(after, Report(0, "partial", at, {0: (part(0, 0, False, at, told),)}))
    changed = {change.key: change for change in learnt.changes} | {change.key: change for change in more.changes}
    changes = [Change(key, known.variables.get(key), one.after) for key, one in changed.items()]
    gone = [Change(name.key, known.variables[name.key], None) for name in missing if name.key in known.variables]
    return learnt._replace(changes=(*changes, *gone))


_DATA_TYPES: dict[Type, str] = {
    "integer": "integer",
    "decimal": "decimal",
    "boolean": "boolean",
    "option": "string",
    "list": "MemberList",
    "seqlist": "SequenceList",
    "datetime": "dateTime",
}


@cache
def _words_of() -> dict[str, Word]:
    """The word that says of what type a key is: the one that takes it as it is."""
    found: dict[str, Word] = {}
    for word in words().values():
        for key in word.keys:
            if word.key_form is None or word.key_form == "rate_units":
                found.setdefault(plain(key), word)
    return found


def _characteristics(key: str) -> Characteristics | None:
    word = _words_of().get(plain(key))
    if word is None:
        return None
    return Characteristics(_DATA_TYPES.get(word.type, "string"), unit=word.unit)
