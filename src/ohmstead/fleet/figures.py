"""What /metrics shows of the whole fleet, counted now and then by the process that has the lead of periodic work.

Only fresh counts are shown: a process that lost the lead shows none, so that nothing is shown twice for long.
"""

from __future__ import annotations

from collections.abc import Iterator

from prometheus_client import REGISTRY, Metric
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from ohmstead import runtime
from ohmstead.store import figures
from ohmstead.store.db import Db

EVERY = 15.0
"""Seconds between two counts."""
FRESH = 60.0
"""Seconds for which a count is shown."""


class FleetFigures(Collector):
    def __init__(self) -> None:
        self._counted = -FRESH
        self._at = 0
        self._commands: dict[str, int] = {}
        self._certificates: dict[str, int] = {}
        self._lines: dict[str, int] = {}
        self._forwarded: dict[str, int] = {}

    async def count(self, db: Db, now: int) -> None:
        self._commands = await figures.open_commands(db)
        self._certificates = await figures.expiring_certificates(db, now)
        self._lines, self._forwarded = await figures.forwarding_lines(db)
        self._counted, self._at = runtime.monotonic(), now

    def collect(self) -> Iterator[Metric]:
        if runtime.monotonic() - self._counted >= FRESH:
            return
        for name, text, label, counts in (
            ("open_commands", "Commands without an end yet.", "state", self._commands),
            ("certificates_expiring", "Certificates of stations that end soon.", "within", self._certificates),
            ("forwarding_lines", "Stations that are told to a second CSMS.", "state", self._lines),
            ("forwarded", "Messages and commands of these lines since their stations came.", "what", self._forwarded),
        ):
            family = GaugeMetricFamily(f"ohmstead_{name}", text, labels=[label])
            for value, number in counts.items():
                family.add_metric([value], number)
            yield family
        when = "When the fleet was counted last, by the process that does the periodic work."
        yield GaugeMetricFamily("ohmstead_fleet_counted_seconds", when, self._at / 1e6)


FIGURES = FleetFigures()
REGISTRY.register(FIGURES)
