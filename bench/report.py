"""The page docs/scale.md and its plots, from what `scale.py --json` measured.

report.py FILE
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from html import escape
from pathlib import Path
from typing import Any

DOCS = Path(__file__).resolve().parents[1] / "docs"
WIDTH, BAR, LEFT = 640, 26, 190
FLEET = 100_000
CALLS_PER_STATION = 1 / 60
"""Calls of sessions in a second: one a minute of every station, as if all charged at all times."""
HEADROOM = 0.6
"""Of a core that is used, so that a storm finds room."""
PRICES = {"core": 20.0, "GiB of memory": 3.0, "GiB of disk": 0.1}
"""Of a month, in any currency: put your own in."""


def bars(title: str, rows: Sequence[tuple[str, float]], unit: str) -> str:
    """An SVG of horizontal bars."""
    most = max(value for _, value in rows) or 1.0
    height = 34 + BAR * len(rows)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" font-family="sans-serif" font-size="13"'
        f' role="img"><title>{escape(title)}</title><rect width="{WIDTH}" height="{height}" fill="#fff"/>'
        f'<text x="8" y="18" font-weight="bold">{escape(title)}</text>'
    ]
    for number, (name, value) in enumerate(rows):
        y, long = 30 + number * BAR, (WIDTH - LEFT - 120) * value / most
        parts.append(
            f'<text x="{LEFT - 8}" y="{y + 15}" text-anchor="end">{escape(name)}</text>'
            f'<rect x="{LEFT}" y="{y + 2}" width="{long:.1f}" height="{BAR - 8}" fill="#0a7d55"/>'
            f'<text x="{LEFT + long + 6:.1f}" y="{y + 15}">{value:g} {escape(unit)}</text>'
        )
    return "".join(parts) + "</svg>\n"


def plots(found: dict[str, Any]) -> dict[str, str]:
    """File name -> SVG."""
    made = {}
    if through := found.get("throughput"):
        made["scale-cpu.svg"] = bars(
            "CPU of a durable call, database included",
            [(name, round(one["cpu_s_per_1000"], 3)) for name, one in through.items()],
            "ms",
        )
    if idle := found.get("idle"):
        made["scale-memory.svg"] = bars(
            "Memory of an idle booted station",
            [(f"{name}, {one['stations']:,} of them", one["kib"]) for name, one in idle.items()],
            "KiB",
        )
    if commands := found.get("commands"):
        rows = [(f"{name}, {at}", one["round_trip_ms"][at]) for name, one in commands.items() for at in ("p50", "p99")]
        made["scale-commands.svg"] = bars("A command across nodes and its answer back", rows, "ms")
    if profile := shares(found):
        made["scale-profile.svg"] = bars(
            "Where the time of the process goes", [(n, round(100 * s, 1)) for n, s in profile[:12]], "%"
        )
    return made


def shares(found: dict[str, Any]) -> list[tuple[str, float]]:
    """(module, share of the samples), the largest first; small ones together."""
    seen = found.get("profile") or {}
    total = sum(seen.values()) or 1
    large = sorted(
        ((name, many / total) for name, many in seen.items() if many / total >= 0.02), key=lambda one: -one[1]
    )
    rest = 1 - sum(share for _, share in large)
    return [*large, ("all others", rest)] if seen else []


def table(head: Sequence[str], rows: Sequence[Sequence[Any]]) -> str:
    lines = [f"| {' | '.join(head)} |", "|" + "---|" * len(head)]
    return "\n".join([*lines, *(f"| {' | '.join(str(cell) for cell in row)} |" for row in rows)]) + "\n"


def cost(found: dict[str, Any]) -> str:
    """100,000 stations, on paper."""
    one = found["throughput"]["PostgreSQL, 1 gateways"]
    kib = found["idle"]["TLS 1.3"]["kib"]
    rate = FLEET * CALLS_PER_STATION
    cores = rate * one["cpu_s_per_1000"] / 1000 / HEADROOM
    memory = FLEET * kib / 1024 / 1024
    disk = rate * 86_400 * 30 * one["bytes_per_call"] / 1024**3
    price = cores * PRICES["core"] + memory * PRICES["GiB of memory"] + disk * PRICES["GiB of disk"]
    return table(
        ("what", "how", "for 100,000 stations"),
        (
            ("calls", f"{CALLS_PER_STATION * 60:g} a minute of each station: all charge at all times", f"{rate:,.0f}/s"),
            ("cores", f"{one['cpu_s_per_1000']:.2f} ms each with PostgreSQL's part, {HEADROOM:.0%} used", f"{cores:.1f}"),
            ("memory of connections", f"{kib:g} KiB each with TLS", f"{memory:.1f} GiB"),
            ("disk", f"{one['bytes_per_call']:,} bytes a call, 30 days kept", f"{disk:,.0f} GiB"),
            ("all stations come back at once", f"{found['idle']['TLS 1.3']['server_cpu_s'] / found['idle']['TLS 1.3']['booted'] * 1000:.1f} ms CPU each with TLS",
             f"{FLEET * found['idle']['TLS 1.3']['server_cpu_s'] / found['idle']['TLS 1.3']['booted'] / max(cores, 1):,.0f} s on these cores"),
            ("cost of a month", ", ".join(f"{price:g} for a {what}" for what, price in PRICES.items()), f"{price:,.0f}"),
        ),
    )  # fmt: skip


def page(found: dict[str, Any], names: Sequence[str]) -> str:
    """The text of docs/scale.md."""
    parts = [
        "# From one process to many, measured\n",
        f"Made by `make bench-scale` (`bench/scale.py`, `bench/report.py`) on {found['cores']} shared cores, load average {found['load']}:\n"
        "generator, servers and databases together, with other work on the machine. CPU for each call holds on such a machine;\n"
        "calls per second, percentiles and what more gateways bring do not: here four gateways share two cores with everything else.\n",
        *(f"![{name.removesuffix('.svg')}](pictures/{name})\n" for name in names),
    ]
    if through := found.get("throughput"):
        parts += ["## A charging session, durable\n", table(
            ("on", "CPU ms for a call", "calls/s", "p50 / p99 ms", "errors"),
            [(name, f"{one['cpu_s_per_1000']:.3f}", f"{one['calls_per_s']:,}", f"{one['p50_ms']} / {one['p99_ms']}", one["errors"] or "none")
             for name, one in through.items()],
        )]  # fmt: skip
    if idle := found.get("idle"):
        parts += ["## Idle stations, then all back at once: one process on SQLite\n", table(
            ("by", "stations", "memory each", "came back", "boots/s", "server CPU of a boot"),
            [(name, f"{one['stations']:,}", f"{one['kib']} KiB", f"{one['booted']:,}", one["boots_per_s"], f"{one['server_cpu_s'] / max(one['booted'], 1) * 1000:.2f} ms")
             for name, one in idle.items()],
        )]  # fmt: skip
    if commands := found.get("commands"):
        parts += ["## A command across nodes\n", "From the operator's request to an API process until the station of a gateway process has it, and until its answer is\n"
                  "the operator's; two commits and a ring on the way. One after the other.\n", table(
            ("bus", "there p50 / p99 ms", "round trip p50 / p99 ms"),
            [(name, f"{one['there_ms']['p50']} / {one['there_ms']['p99']}", f"{one['round_trip_ms']['p50']} / {one['round_trip_ms']['p99']}")
             for name, one in commands.items()],
        )]  # fmt: skip
    if hot := found.get("hotpath"):
        parts += ["## One event without sockets and disk\n", f"Frame in, typed validation, fold, frame out (`bench/hotpath.py`): {hot['us_per_event']} us of CPU,\n"
                  f"**{hot['instructions_per_event']:,} machine instructions** counted by callgrind. The second number compares between machines.\n"]  # fmt: skip
    if profile := shares(found):
        parts += ["## Where the time goes\n", "Samples of the server's process under the session mix on SQLite, every 2 ms of its CPU, by the module that ran or had called.\n",
                  table(("module", "share"), [(name, f"{share:.0%}") for name, share in profile])]  # fmt: skip
    if "throughput" in found and "idle" in found:
        parts += ["## What 100,000 stations cost, on paper\n", "From the unit costs above; nobody ran 100,000 stations here. The prices are placeholders: put yours in.\n", cost(found)]  # fmt: skip
    return "\n".join(parts)


def main() -> None:
    found = json.loads(Path(sys.argv[1]).read_text())
    made = plots(found)
    for name, svg in made.items():
        (DOCS / "pictures" / name).write_text(svg)
    (DOCS / "scale.md").write_text(page(found, list(made)))


if __name__ == "__main__":
    main()
