"""docs/reference/conformance.md: what Ohmstead is asked, by requirement. `tools/reference.py` writes it."""

from __future__ import annotations

import re

from ohmstead.conformance.case import Case
from ohmstead.conformance.public_ids import not_asked
from ohmstead.conformance.runner import chosen
from ohmstead.ocpp.versions import VERSIONS

_HEAD = """# Conformance, by requirement

Generated from the cases by `make docs`. **It is no certification.** The tests of each build (`tests/conformance`) play
every case of a CSMS against Ohmstead, where it passes, and against a mutant that it catches; those of a station against
the simulator in the same way. [How to ask any CSMS or station](../howto/conformance.md). `OHM_...` are ids of ours.
"""


def page() -> str:
    """The whole page."""
    lines = [_HEAD, f"| requirement | {' | '.join(one.name for one in VERSIONS)} |", "|---|" + "---|" * len(VERSIONS)]
    asked: dict[str, dict[str, list[str]]] = {}
    for version in VERSIONS:
        for one in (*chosen(version), *chosen(version, of="station")):
            for requirement in one.requirements:
                asked.setdefault(requirement, {}).setdefault(version.name, []).append(_short(one))
    for requirement in sorted(asked, key=_natural):
        cells = (", ".join(asked[requirement].get(version.name, ())) for version in VERSIONS)
        lines.append(f"| {requirement} | {' | '.join(cells)} |")
    lines += ["", "## What is not asked", ""]
    for version in VERSIONS:
        lines += [f"- {id} of {version.name}: {why}" for id, why in not_asked(version).items()]
    return "\n".join(lines) + "\n"


def _short(one: Case) -> str:
    return one.id.removesuffix("_CSMS")


def _natural(requirement: str) -> list[str]:
    """E01.FR.12 after E01.FR.2."""
    return [part.zfill(6) if part.isdigit() else part for part in re.split(r"(\d+)", requirement)]
