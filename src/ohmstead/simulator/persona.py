"""Personas: kinds of station, as data. One TOML file each, ours in `personas/`, anybody's own by path.

A persona says what is odd about it, why we believe that (a requirement or a public report), and which switches make
it so. It is never blame: a file is named after the behaviour, and who was seen with it stands behind the link.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Annotated, Literal

from msgspec import Meta

from ohmstead.ocpp.versions import BY_NAME, Version
from ohmstead.shapes.tables import Table, nearest, read
from ohmstead.simulator import manners
from ohmstead.simulator.inventory import extras
from ohmstead.simulator.traits import Traits
from ohmstead.simulator.variables import Variables

_FOLDER = resources.files("ohmstead.simulator") / "personas"
VersionName = Literal["1.6", "2.0.1", "2.1"]


class UnknownPersona(ValueError):
    """There is no such persona; the text says which there are."""

    def __init__(self, name: str) -> None:
        super().__init__(f"There is no persona {name!r}; {nearest(name, list(names()))}")


class Persona(Traits, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """One kind of station."""

    name: Annotated[str, Meta(pattern="^[a-z0-9-]+$")]
    title: Annotated[str, Meta(min_length=1)]
    """One sentence: what it does."""
    why: Annotated[tuple[str, ...], Meta(min_length=1)]
    """Requirement ids, and links to where it was seen."""
    marks: Literal["compliant", "odd"]
    """compliant: it reads the specification another way, and may."""
    versions: Annotated[tuple[VersionName, ...], Meta(min_length=1)] = ("1.6", "2.0.1", "2.1")
    synthetic: bool = False
    """Made up by us after a kind of station, without public evidence for each detail."""
    breaks: str = ""
    """What becomes of it at a CSMS that did not expect it."""
    findings: tuple[str, ...] = ()
    """What a careful CSMS notes about its messages or transactions, in Ohmstead's words."""

    def version(self, wanted: str | Version | None = None) -> Version:
        """The OCPP version of such a station: the one wanted, else 2.0.1 or its first; ValueError without it."""
        name = wanted.name if isinstance(wanted, Version) else wanted
        if name is None:
            name = "2.0.1" if "2.0.1" in self.versions else self.versions[0]
        if name not in self.versions:
            raise ValueError(f"There is no OCPP {name} of the persona {self.name}; known: {', '.join(self.versions)}.")
        return BY_NAME[name]


def names() -> Iterator[str]:
    """Our personas; `default`, the ordinary station, first."""
    found = sorted(entry.name.removesuffix(".toml") for entry in _FOLDER.iterdir() if entry.name.endswith(".toml"))
    yield from sorted(found, key=lambda name: name != "default")


def load(which: str | Path) -> Persona:
    """The persona of this name, or of a TOML file: a path with a folder or the ending .toml. Raises UnknownPersona, and
    BadFile for a file with a mistake."""
    if isinstance(which, Path) or which.endswith(".toml") or "/" in which or "\\" in which:
        return parse(read(Path(which)))
    return _ours(which)


@cache
def _ours(name: str) -> Persona:
    if name not in names():
        raise UnknownPersona(name)
    persona = parse(Table(f"{name}.toml", (_FOLDER / f"{name}.toml").read_text("utf-8")))
    assert persona.name == name, f"{name}.toml calls itself {persona.name}"
    return persona


def parse(table: Table) -> Persona:
    """The persona in a document; raises BadFile."""
    persona = table.as_a(Persona)
    variables = Variables(tuple(extras(persona)))
    for name, value in persona.settings.items():
        variable = variables.named(name)
        if variable is None:
            known = [f"{one.component}.{one.name}" for one in variables]
            raise table.wrong(["settings", name], f"there is no such variable; {nearest(name, known)}")
        if not variable.accepts(value):
            raise table.wrong(["settings", name], f"{value!r} is no value of a {variable.kind}")
    versions = [BY_NAME[name] for name in persona.versions]
    for place, answers in ((["answers"], persona.answers), (["faults", "answers"], persona.faults.answers)):
        for action, manner in answers.items():
            wrong = manners.objection(action, manner, versions)
            if wrong is not None:
                raise table.wrong([*place, action], wrong)
    return persona
