"""The catalogue as a page for people who connect a station: what its vendor is known for, and what comes of it."""

from __future__ import annotations

from collections.abc import Iterable

from ohmstead.vendors.rows import ANY, Quirk

ANSWERED = {
    "repair": "repaired when it is read",
    "capability": "what it is told is made fit",
    "reconcile": "put in order, as for every station",
    "connect": "taken as it connects, as from every station",
    "advice": "for you to do",
}
HEAD = """\
# Stations by vendor

Generated from the vendor catalogue by `make docs`: what kinds of stations are known for, what Ohmstead does about it by
itself, and what is left for you. [Connect a station](../howto/connect-a-station.md) says what to type into any of them;
[the catalogue](../howto/vendors.md) how a row is written. What is not here is not known to be odd: nobody has said so
in public, or the station is quiet.
"""


def page(rows: Iterable[Quirk]) -> str:
    """docs/reference/vendors.md."""
    by_vendor: dict[str, list[Quirk]] = {}
    for row in rows:
        by_vendor.setdefault("Any vendor" if ANY in row.match.vendor else _vendor(row), []).append(row)
    parts = [HEAD]
    for vendor in sorted(by_vendor, key=lambda name: (name == "Any vendor", name.lower())):
        parts.append(f"\n## {vendor}\n")
        parts += [_shown(row) for row in by_vendor[vendor]]
    return "".join(parts)


def _vendor(row: Quirk) -> str:
    return next((name for name in row.match.vendor if name), "No name at all")


def _shown(row: Quirk) -> str:
    links = ", ".join(f"[{number}]({link})" for number, link in enumerate(row.evidence, 1))
    advice = f" **Do:** {row.advice}" if row.advice else ""
    return f"\n**{row.title}** ({_whom(row)}; {ANSWERED[row.answered_by]}) {row.why}{advice} Seen: {links}\n"


def _whom(row: Quirk) -> str:
    match = row.match
    models = "all models" if ANY in match.model else ", ".join(match.model)
    firmware = "" if match.firmware == ANY else f", firmware {match.firmware}"
    return f"{models}{firmware}, OCPP {', '.join(match.versions)}"
