"""What is known of kinds of stations: a catalogue of rows, matched by vendor, model and firmware.

It is applied in two places only: at the handshake, by what an earlier boot said, and in `gateway/dispatch.py`. A
station that no row is about costs a look-up of its session's own kind and nothing else.

Rows come from `catalogue/*.toml` here, from files of the operator (`stations.vendor_files`), and from packages: an
entry point of the group `ohmstead.vendors` names a package, whose `*.toml` files are read. Nothing in a file is run.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cache
from importlib import metadata, resources
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any, NamedTuple

from ohmstead.shapes.tables import BadFile, Table, read
from ohmstead.vendors.mending import Mending
from ohmstead.vendors.rows import Quirk, parse

GROUP = "ohmstead.vendors"
MOST_KINDS = 4096
"""Kinds that are remembered: a fleet has some dozens."""


class About(NamedTuple):
    """What is known of a station."""

    vendor: str | None
    model: str | None
    firmware: str | None
    version: str | None
    """Its OCPP version; None: any."""


class Kind(NamedTuple):
    """What the rows that fit a station say, put together."""

    rows: tuple[Quirk, ...] = ()
    mending: Mending = Mending()
    capabilities: dict[str, Any] = {}


class Catalogue:
    """Rows, and which of them fit a station."""

    def __init__(self, rows: Iterable[Quirk]) -> None:
        self.rows = tuple(rows)
        self._kinds: dict[About, Kind] = {}
        self._everybody: dict[str | None, Kind] = {}

    def kind(self, about: About) -> Kind:
        """What is known of such stations, but for what is done for everybody."""
        known = self._kinds.get(about)
        if known is None:
            if len(self._kinds) >= MOST_KINDS:
                self._kinds.clear()
            fit = (row for row in self.rows if not row.match.is_everybody and row.match.fits(*about))
            known = self._kinds[about] = _kind(fit)
        return known

    def everybody(self, version: str | None) -> Kind:
        """The last help for what a station of any kind says and nobody can read."""
        known = self._everybody.get(version)
        if known is None:
            about = About(None, None, None, version)
            fit = (row for row in self.rows if row.match.is_everybody and row.match.fits(*about))
            known = self._everybody[version] = _kind(fit)
        return known


def _kind(rows: Iterable[Quirk]) -> Kind:
    rows = tuple(rows)
    together: dict[str, Any] = {}
    for row in rows:
        said = row.capabilities.said()
        if forbidden := said.pop("forbidden_commands", None):
            together["forbidden_commands"] = [*together.get("forbidden_commands", ()), *forbidden]
        together |= said
    return Kind(rows, Mending.of(rows), together)


@cache
def ours() -> Catalogue:
    """The rows that come with Ohmstead and those of installed packages."""
    return Catalogue(_unique(list(_installed())))


def catalogue(files: Iterable[str] = ()) -> Catalogue:
    """All rows, with those of the operator's `files` (TOML files, or folders of them). Raises BadFile."""
    own = list(_of_files(files))
    return Catalogue(_unique([*_installed(), *own])) if own else ours()


def rows_of(path: Path) -> tuple[Quirk, ...]:
    """The rows of one file. Raises BadFile."""
    return parse(read(path))


def _installed() -> Iterator[tuple[str, Quirk]]:
    folders: list[Traversable] = [resources.files("ohmstead.vendors").joinpath("catalogue")]
    folders += [resources.files(one.value.partition(":")[0]) for one in metadata.entry_points(group=GROUP)]
    for folder in folders:
        for entry in sorted(folder.iterdir(), key=lambda one: one.name):
            if entry.name.endswith(".toml"):
                yield from ((entry.name, row) for row in parse(Table(entry.name, entry.read_text("utf-8"))))


def _of_files(files: Iterable[str]) -> Iterator[tuple[str, Quirk]]:
    for name in files:
        path = Path(name)
        for one in sorted(path.glob("*.toml")) if path.is_dir() else [path]:
            yield from ((str(one), row) for row in rows_of(one))


def _unique(found: list[tuple[str, Quirk]]) -> Iterator[Quirk]:
    """The rows; one of the same name in two files is a mistake."""
    seen: dict[str, str] = {}
    for file, row in found:
        if row.name in seen:
            raise BadFile(file, None, f"quirk.name: `{row.name}` is in {seen[row.name]} already; expected another name")
        seen[row.name] = file
        yield row
