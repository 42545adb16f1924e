"""The list of words of the vocabulary, read from `vocabulary.toml`, and where each word is found at a station.

A word is one thing an operator means, such as `evse.current.max`; a `Way` is one variable (in 1.6 one key) that holds
it. The same word has other ways in other versions, and vendors add their own by rules.
"""

from __future__ import annotations

import difflib
import re
import tomllib
from collections.abc import Mapping
from functools import cache, lru_cache
from importlib import resources
from typing import Any, Literal, NamedTuple

import msgspec
from msgspec import Struct

from ohmstead.domain.device_model import Name, plain

Version = Literal["1.6", "2.0.1", "2.1"]
Level = Literal["station", "evse", "connector"]
Type = Literal["integer", "decimal", "boolean", "string", "option", "list", "seqlist", "datetime", "password"]
Target = Literal["value", "max_limit", "values_list", "max_elements"]
Many = Literal["slot", "first", "list", "map", "count"]

OCPP16 = "Ocpp16"
"""The component that holds the keys of a 1.6 station that are no variable of 2.x."""
ANY = "*"


class Word(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One word. `vocabulary.toml` explains its fields."""

    name: str
    meaning: str
    type: Type
    writable: Literal["rw", "ro", "wo", "station", "1.6"]
    tier: Literal["core", "extra", "vendor"]
    level: Level = "station"
    unit: str | None = None
    keys: tuple[str, ...] = ()
    key_form: str | None = None
    variable: str | None = None
    variable_2_1: str | None = None
    also: tuple[str, ...] = ()
    target: Target = "value"
    form: str | None = None
    many: Many | None = None
    minimum: int | None = None
    maximum: int | None = None
    absent: bool | None = None
    aliases: tuple[str, ...] = ()
    note: str | None = None


class Address(NamedTuple):
    """A variable without its EVSE: component, instance, variable, instance as they are compared; `*` is any."""

    component: str
    component_instance: str
    variable: str
    variable_instance: str


class Rule(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A variable or key of a vendor that holds a word.

    `source` is a 1.6 key or `Component.Variable[instance]`; `[n]` in a key stands for the number of the connector.
    `unit` is the one its number is in, `form` how its text is written (see `conversions`).
    """

    source: str
    word: str
    versions: tuple[Version, ...] = ("1.6",)
    unit: str | None = None
    form: str | None = None
    target: Target = "value"
    writable: bool = True
    note: str | None = None


class Way(NamedTuple):
    """Where a word is found, and how it is written there. `spelling` is the variable's name as documents write it."""

    address: Address
    spelling: Name
    form: str | None
    target: Target
    unit: str | None = None
    writable: bool = True
    vendor: bool = False
    many: Many | None = None


@cache
def words() -> Mapping[str, Word]:
    """All words by name, in the order of the list."""
    text = resources.files("ohmstead.domain").joinpath("vocabulary.toml").read_text("utf-8")
    rows: dict[str, Any] = tomllib.loads(text)
    return {name: msgspec.convert({"name": name, **row}, Word) for name, row in rows.items()}


@cache
def _names() -> Mapping[str, Word]:
    """Every name a word is found by; where two words share one, the first has it."""
    result: dict[str, Word] = {}
    for word in words().values():
        variables = (one for one in (word.variable, word.variable_2_1, *word.also) if one)
        for name in (word.name, *word.aliases, *word.keys, *variables):
            result.setdefault(plain(name), word)
    return result


def find(name: str) -> Word | None:
    """The word of this name: its own, an alias that guides use, a 1.6 key or a 2.x `Component.Variable`."""
    return words().get(name) or _names().get(plain(name))


def nearest(name: str) -> str | None:
    """The word that somebody may have meant."""
    found = difflib.get_close_matches(plain(name), _names(), n=1, cutoff=0.6)
    return _names()[found[0]].name if found else None


_WRITTEN = re.compile(r"([^.\[\]]+)(?:\[([^\]]*)\])?\.([^\[\]]+)(?:\[([^\]]*)\])?")


def spelled(text: str) -> Name:
    """The variable that `Component[instance].Variable[instance]` names. Raises ValueError."""
    found = _WRITTEN.fullmatch(text)
    if found is None:
        raise ValueError(f"{text!r} is not Component[instance].Variable[instance]")
    component, component_instance, variable, variable_instance = found.groups()
    return Name(component, variable, component_instance=component_instance, variable_instance=variable_instance)


def address(name: Name) -> Address:
    key = name.key
    return Address(key[0], key[1], key[4], key[5])


@cache
def homes() -> Mapping[str, Name]:
    """The 1.6 keys that mean and are written the same as a 2.x variable: they are that variable in the model too."""
    result: dict[str, Name] = {}
    for word in words().values():
        variable = word.variable or word.variable_2_1
        if variable and word.target == "value" and word.key_form is None and word.many is None:
            result.update((plain(key), spelled(variable)) for key in word.keys if "[n]" not in key)
    return result


def home(key: str) -> Name:
    """The variable of the device model that a 1.6 key is: its 2.x twin, else one of the component `Ocpp16`."""
    return homes().get(plain(key)) or Name(OCPP16, key)


def ways(word: Word, version: Version, rules: tuple[Rule, ...] = ()) -> tuple[Way, ...]:
    """Where the word may be found at a station of this version, the standard's first."""
    standard = _of_keys(word) if version == "1.6" else _of_variables(word, version)
    return (*standard, *(_of_rule(rule) for rule in rules if rule.word == word.name and version in rule.versions))


def _of_keys(word: Word) -> tuple[Way, ...]:
    target: Target = "value"
    return tuple(
        Way(address(home(key)), home(key), word.key_form or word.form, target, writable=word.key_form != "shared")
        for key in word.keys
    )


def _of_variables(word: Word, version: Version) -> tuple[Way, ...]:
    """2.0.1 stations offer variables of 2.1 too."""
    own, other = word.variable, word.variable_2_1
    order = (other, own) if version == "2.1" else (own, other)
    names = [spelled(one) for one in (*order, *word.also) if one]
    return tuple(Way(address(name), name, word.form, word.target, many=word.many) for name in names)


def _of_rule(rule: Rule) -> Way:
    name = Name(OCPP16, rule.source) if rule.versions == ("1.6",) else spelled(rule.source)
    return Way(address(name), name, rule.form, rule.target, rule.unit, rule.writable, vendor=True)


@lru_cache(maxsize=512)
def all_ways(version: Version, rules: tuple[Rule, ...] = ()) -> tuple[tuple[Word, tuple[Way, ...]], ...]:
    """Every word with its ways."""
    return tuple((word, ways(word, version, rules)) for word in words().values())


_COMPONENTS = {
    "authorization": "AuthCtrlr",
    "authorizationcache": "AuthCacheCtrlr",
    "communication": "OCPPCommCtrlr",
    "display": "DisplayMessageCtrlr",
    "localauthorizationlist": "LocalAuthListCtrlr",
    "metering": "SampledDataCtrlr",
    "tariffandcost": "TariffCostCtrlr",
    "transaction": "TxCtrlr",
    "v2x": "V2XChargingCtrlr",
}


@cache
def _controllers() -> Mapping[str, str]:
    """`smartcharging` -> `SmartChargingCtrlr`, for every controller that the vocabulary knows."""
    known = {spelled(one).component for word in words().values() for one in (word.variable, word.variable_2_1) if one}
    return {plain(name.removesuffix("Ctrlr")): name for name in known if name.endswith("Ctrlr")} | _COMPONENTS


def component(name: str) -> str:
    """The standard component that a guide means by `SmartCharging`, `SecurityCtrl` or `ClockController`; others as they
    are. Ask only for a name that the station itself does not have."""
    stem = plain(name)
    for ending in ("controller", "ctrlr", "ctrl"):
        stem = stem.removesuffix(ending)
    return _controllers().get(stem, name)
