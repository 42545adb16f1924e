"""Settings read from the TOML file and the environment, and every problem with them told at once."""

from __future__ import annotations

import difflib
import json
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, get_args, get_origin

import msgspec

from ohmstead.ocpp.versions import V21
from ohmstead.settings import KEYS, SECTIONS, Key, Settings, address, masked

PREFIX = "OHMSTEAD_"
CLIENT_VARIABLES = frozenset({"OHMSTEAD_URL", "OHMSTEAD_KEY", "OHMSTEAD_CONFIG"})
"""Environment variables of the command line client, which are no settings."""


class SettingsError(Exception):
    """The settings cannot be used; one line for each problem: file, key, what was expected, what was given."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


def load(path: Path | str | None, environ: Mapping[str, str]) -> Settings:
    """Settings from the file `path` (None: no file) and `environ`.

    Raises SettingsError with every problem at once; the text never holds a password.
    """
    problems: list[str] = []
    tree: dict[str, Any] = {}
    for given in (_from_file(path, problems) if path is not None else (), _from_environment(environ, problems)):
        for key, value, source in given:
            try:
                converted = _convert(KEYS[key], value)
            except (msgspec.ValidationError, ValueError) as error:
                wanted, shown = expected(KEYS[key].type), json.dumps(masked(key, value), default=str)
                why = f"; {error}" if isinstance(error, _Misspelt) else ""
                problems.append(f"{source}: {key}: expected {wanted}, given {shown}{why}")
            else:
                section, _, name = key.rpartition(".")
                (tree.setdefault(section, {}) if section else tree)[name] = converted
    if problems:
        raise SettingsError(problems)
    return msgspec.convert(tree, Settings)


def _from_file(path: Path | str, problems: list[str]) -> Iterator[tuple[str, Any, str]]:
    try:
        document = tomllib.loads(Path(path).read_text("utf-8"))
    except OSError as error:
        problems.append(f"{path}: cannot be read: {error.strerror}")
        return
    except ValueError as error:
        problems.append(f"{path}: is not TOML: {error}")
        return
    for name, value in document.items():
        inner = value if isinstance(value, dict) else {}
        if name in SECTIONS and not isinstance(value, dict):
            problems.append(f"{path}: {name}: expected a table [{name}], given {json.dumps(value, default=str)}")
            continue
        for key, one in [(f"{name}.{k}", v) for k, v in inner.items()] if name in SECTIONS else [(name, value)]:
            if key in KEYS:
                yield key, one, str(path)
            else:
                problems.append(_unknown(str(path), key, key, list(KEYS) + list(SECTIONS)))


def _from_environment(environ: Mapping[str, str], problems: list[str]) -> Iterator[tuple[str, Any, str]]:
    for name, value in sorted(environ.items()):
        if not name.startswith(PREFIX) or name in CLIENT_VARIABLES:
            continue
        key = name.removeprefix(PREFIX).lower().replace("__", ".")
        if key in KEYS:
            yield key, _typed(KEYS[key], value), f"environment {name}"
        else:
            problems.append(_unknown("environment", name, variable(key), [variable(known) for known in KEYS]))


def variable(key: str) -> str:
    """The environment variable of a dotted key."""
    return PREFIX + key.replace(".", "__").upper()


def _unknown(source: str, shown: str, wanted: str, known: list[str]) -> str:
    near = difflib.get_close_matches(wanted, known, n=1, cutoff=0.0)
    return f"{source}: {shown}: unknown key; the nearest one is {near[0]}"


def _typed(key: Key, text: str) -> Any:
    """What `text` of the environment means for `key`; what cannot be read stays text, and is then refused."""
    if "tuple" in str(key.type) and text != "all":
        return [one.strip(' "') for one in text.strip("[] ").split(",") if one.strip()]
    try:
        return msgspec.convert(text, key.type, strict=False)
    except msgspec.ValidationError:
        return text


class _Misspelt(ValueError):
    """A name that means nothing here; the message tells the nearest one."""


def _convert(key: Key, value: Any) -> Any:
    converted = msgspec.convert(value, key.type)
    if key.name.endswith("_actions") and converted:
        _check_actions(converted)
    if key.name.endswith("bind") and converted and address(converted)[1] > 65535:
        raise ValueError(value)
    return converted


def _check_actions(given: Iterable[str]) -> None:
    """An action that is misspelt would never be verified, and nobody would notice. Raises _Misspelt."""
    known = V21.messages.ACTIONS  # imported only where it is needed
    for one in given:
        if one not in known:
            near = difflib.get_close_matches(one, known, n=1, cutoff=0.0)
            raise _Misspelt(f"{one} is no action; the nearest one is {near[0]}")


def expected(kind: Any) -> str:
    """The type of a key in words."""
    base, limits = (get_args(kind)[0], get_args(kind)[1:]) if get_origin(kind) is Annotated else (kind, ())
    for limit in limits:
        if limit.title:
            return str(limit.title)
    options = get_args(base)
    if get_origin(base) is Literal:
        return " or ".join(f'"{option}"' for option in options)
    if get_origin(base) is tuple:
        return "a list of texts" if options[0] is str else f"a list of {expected(options[0])}"
    if options:
        return " or ".join(expected(option) for option in options)
    words = {str: "a text", int: "a whole number", float: "a number", bool: "true or false"}[base]
    bounds = (("ge", ", at least"), ("gt", " above"), ("le", ", at most"), ("min_length", ", its length at least"))
    return words + "".join(
        f"{word} {getattr(limit, name):g}"
        for limit in limits
        for name, word in bounds
        if getattr(limit, name) is not None
    )
