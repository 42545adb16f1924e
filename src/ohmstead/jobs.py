"""Periodic work. One process has the lead and does it; each job is harmless all the same when two do it at once. What
goes wrong is logged and tried again."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import NamedTuple

from ohmstead import runtime
from ohmstead.blocks.alerts import fade
from ohmstead.blocks.local_list import keep_in_step
from ohmstead.blocks.migrated import watch as watch_migrations
from ohmstead.blocks.monitor_reports import give_up
from ohmstead.blocks.no_show import bill_reservations
from ohmstead.blocks.payment import settle_payments
from ohmstead.blocks.pricing import make_bills
from ohmstead.blocks.procedures import end_quiet
from ohmstead.blocks.proving import end_late
from ohmstead.blocks.reconciliation import reconcile, watch
from ohmstead.blocks.renewal import renew_due
from ohmstead.blocks.reservation import settle_reservations
from ohmstead.blocks.revoking import pass_on
from ohmstead.blocks.sealing import seal_all
from ohmstead.blocks.settling import settle
from ohmstead.blocks.signing import sign_waiting
from ohmstead.blocks.version_change import carry_over
from ohmstead.energy import demand_response
from ohmstead.energy.openadr import Ven
from ohmstead.fleet import desired
from ohmstead.fleet.campaigns import advance
from ohmstead.fleet.figures import EVERY as FIGURES_EVERY
from ohmstead.fleet.figures import FIGURES
from ohmstead.pki.acme.keeping import keep_certificates
from ohmstead.pki.issuer import Issuers
from ohmstead.settings import Settings
from ohmstead.store import leases
from ohmstead.store.commands import end_overdue
from ohmstead.store.db import Db
from ohmstead.store.fleet import bury_dead
from ohmstead.store.ids import ROWS, Ids
from ohmstead.store.retention import forget, forget_uploads
from ohmstead.store.word_values import refresh, reword

LEASE, LEASE_S, ASK_EVERY = "periodic work", 15, 5.0
"""Its name in the database; seconds that it lasts, and after which it is renewed."""


class Job(NamedTuple):
    name: str
    every: float
    """Seconds between two runs."""
    run: Callable[[], Awaitable[object]]
    led: bool = True
    """Done only by the process that has the lead."""


def all_jobs(db: Db, settings: Settings, issuers: Issuers | None = None, server_key: bytes | None = None) -> list[Job]:
    numbers = Ids(db, ROWS, 20)
    ven = Ven(db, settings, numbers)
    uploads = Path(settings.data_dir) / "files"
    return [
        *_of_certificates(db, settings, numbers, issuers, server_key),
        Job("renewals", 20.0, lambda: renew_due(db, settings, numbers, runtime.now())),
        Job("dead gateways", 2.0, lambda: bury_dead(db, runtime.now())),
        Job("overdue commands", 1.0, lambda: end_overdue(db, runtime.now())),
        Job("reports", 2.0, lambda: settle(db, settings, runtime.now())),
        Job("reports of monitors", 10.0, lambda: give_up(db, runtime.now())),
        Job("procedures", 600.0, lambda: end_quiet(db, runtime.now())),
        Job("changes of version", 2.0, lambda: carry_over(db, settings, runtime.now())),
        Job("records", 2.0, lambda: seal_all(db, numbers, runtime.now())),
        Job("reconciliation", 2.0, lambda: reconcile(db, settings, numbers, runtime.now())),
        Job("quiet transactions", 300.0, lambda: watch(db, settings, runtime.now())),
        Job("local lists", 30.0, lambda: keep_in_step(db, settings, runtime.now())),
        Job("reservations", 5.0, lambda: settle_reservations(db, runtime.now())),
        Job("upgrades that are late", 15.0, lambda: end_late(db, runtime.now())),
        Job("migrations to another CSMS", 5.0, lambda: watch_migrations(db, runtime.now())),
        Job("vocabulary", 3600.0, lambda: reword(db)),
        Job("words", 2.0, lambda: refresh(db)),
        Job("alerts that fade", 60.0, lambda: fade(db, runtime.now())),
        Job("campaigns", 1.0, lambda: advance(db, runtime.now())),
        Job("demand response", 1.0, lambda: demand_response.advance(db, numbers, runtime.now())),
        Job("OpenADR", settings.openadr.poll_every, lambda: ven.look(runtime.now())),
        Job("desired state", 2.0, lambda: desired.advance(db, settings, runtime.now())),
        Job("bills", 10.0, lambda: make_bills(db, runtime.now())),
        Job("bills of reservations", 20.0, lambda: bill_reservations(db, runtime.now())),
        Job("payments", 5.0, lambda: settle_payments(db, settings, runtime.now())),
        Job("figures", FIGURES_EVERY, lambda: FIGURES.count(db, runtime.now())),
        Job("retention", 600.0, lambda: forget(db, settings.retention, runtime.now())),
        Job("old uploads", 3600.0, lambda: forget_uploads(db, uploads, settings.retention.uploads, runtime.now())),
    ]


def _of_certificates(
    db: Db, settings: Settings, numbers: Ids, issuers: Issuers | None, server_key: bytes | None
) -> list[Job]:
    """What only a process with a CA, or with the keys of our server certificates, can do."""
    signing = [] if issuers is None else [
        Job("signing requests", 1.0, lambda: sign_waiting(db, issuers, settings, numbers, runtime.now()),
            led=False),  # the leader may be a process without a CA
        Job("revocations", 1.0, lambda: pass_on(db, issuers, runtime.now()), led=False),
    ]  # fmt: skip
    acme = [] if server_key is None or not settings.acme.directory else [
        Job("server certificates", 2.0, lambda: keep_certificates(db, settings, server_key)),
    ]  # fmt: skip
    return [*signing, *acme]


class Lead:
    """Whether this process does the periodic work: one at a time has the lease, and keeps it while it can."""

    def __init__(self, db: Db, me: str) -> None:
        self._db, self._me = db, me
        self._ends = 0.0

    @property
    def ours(self) -> bool:
        return runtime.monotonic() < self._ends

    async def ask(self) -> None:
        """Take or renew the lease; where the database does not answer it runs out."""
        asked, now = runtime.monotonic(), runtime.now()
        try:
            taken = await leases.take(self._db, LEASE, self._me, now, now + LEASE_S * 1_000_000)
        except Exception as error:
            runtime.log.warning("the lead of periodic work waits", error=repr(error))
            return
        self._ends = asked + LEASE_S if taken else 0.0

    async def keep(self) -> None:
        """Ask for ever; give the lease back at the end."""
        try:
            while True:
                await asyncio.sleep(ASK_EVERY)
                await self.ask()
        finally:
            with contextlib.suppress(Exception):
                await leases.release(self._db, LEASE, self._me)


async def run(job: Job, lead: Lead | None = None) -> None:
    """Run a job for ever; where several processes may do it, while this one has the `lead`."""
    while True:
        try:
            if lead is None or lead.ours or not job.led:
                await job.run()
        except Exception as error:
            runtime.log.warning("job failed", job=job.name, error=repr(error))
        await asyncio.sleep(job.every)
