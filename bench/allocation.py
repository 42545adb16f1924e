"""How long the control of a site takes: sharing for 50, 500 and 5,000 EVSEs (CPU), and from a changed limit until the
orders for 500 EVSEs are committed for their stations (wall clock, SQLite).

allocation.py [--json] [--svg FILE]
"""

from __future__ import annotations

import asyncio
import json
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import msgspec  # noqa: E402
from sqlalchemy import bindparam, func, insert, select, update  # noqa: E402

from ohmstead import blocks, runtime  # noqa: E402
from ohmstead.bus.local import LocalBus  # noqa: E402
from ohmstead.domain.allocation import Node, Point, allocate  # noqa: E402
from ohmstead.domain.control import regulate  # noqa: E402
from ohmstead.domain.regulation import Account, Evse  # noqa: E402
from ohmstead.domain.transactions import Transaction  # noqa: E402
from ohmstead.energy.control import Control  # noqa: E402
from ohmstead.settings import Settings  # noqa: E402
from ohmstead.shapes.energy import CircuitEvse, CircuitNew, LimitNew  # noqa: E402
from ohmstead.shapes.site import SiteNew  # noqa: E402
from ohmstead.store import schema  # noqa: E402
from ohmstead.store.resources import energy, sites, stations  # noqa: E402
from ohmstead.store.sqlite import Sqlite  # noqa: E402
from ohmstead.store.statement import Statement  # noqa: E402
from ohmstead.store.tables import commands, transactions  # noqa: E402

SIZES = (50, 500, 5000)
FOREVER = 2**62


def tree(count: int) -> list[Node]:
    """A grid connection that is too small, and a panel for every ten EVSEs."""
    grid = Node("grid", "grid", None, (count * 8.0,) * 3)
    return [grid, *(Node(f"p{n}", f"panel {n}", "grid", (120.0,) * 3) for n in range(count // 10))]


def shared(count: int) -> float:
    """CPU seconds of one allocation; the best of three."""
    points = [Point(key=(f"CS{n}", 1), node=f"p{n // 10}", cap_a=float(8 + n % 25)) for n in range(count)]
    return best(lambda: allocate(tree(count), points))


def turned(count: int) -> float:
    """CPU seconds of one turn of the control, where the limit has just changed."""
    account = Account(accepted_a=16.0, transaction_id="t", lapses_at=FOREVER, default_a=6.0, applied=True)
    evses = [
        Evse(key=(f"CS{n}", 1), node=f"p{n // 10}", station=n, transaction_id="t", account=account,
             measured_w=11_040.0, measured_at=1_000_000)
        for n in range(count)
    ]  # fmt: skip
    return best(lambda: regulate(tree(count), evses, {}, 2_000_000))


def best(work: Any) -> float:
    found = []
    for _ in range(3):
        begun = time.process_time()
        work()
        found.append(time.process_time() - begun)
    return min(found)


async def ordered(count: int) -> tuple[float, int]:
    """Seconds from a changed limit until all orders are committed, and how many there are."""
    with tempfile.TemporaryDirectory(prefix="ohmstead-bench-") as folder:
        path = Path(folder) / "ohmstead.db"
        await asyncio.to_thread(lambda: asyncio.run(schema.upgrade(f"sqlite:///{path}")))
        db = Sqlite(path, LocalBus())
        await db.start()
        blocks.discover()
        await build(db, count)
        control = Control(db, Settings(), "bench")
        for _ in range(3):  # fail-safes, shares, and all of it accepted
            await control.look()
            await run(db, update(commands).where(commands.c.state == "queued").values(state="accepted"))
        begun = time.perf_counter()
        async with db.transaction() as tx:
            await energy.add_limit(tx, 1, 11, 8, "put", LimitNew(limit_w=count * 230.0 * 3 * 7), runtime.now())
        await control.look()
        took = time.perf_counter() - begun
        statement = Statement(select(func.count()).where(commands.c.state == "queued"))
        ((orders,),) = await db.fetch_many(statement)
        await db.close()
    return took, orders


async def build(db: Any, count: int) -> None:
    """A site with a station for each EVSE, all of them charging."""
    now = runtime.now()
    async with db.transaction() as tx:
        await sites.add(tx, 1, 11, SiteNew(name="Depot", limit_a=[count * 8.0] * 3), now)
        for panel in range(count // 10):
            evses = [CircuitEvse(station_id=f"CS{n}", evse_id=1) for n in range(panel * 10 + 1, panel * 10 + 11)]
            new = CircuitNew(name=f"panel {panel}", limit_a=120.0, evses=evses)
            await energy.add_circuit(tx, 1, 11, 100 + panel, new, now)
    for n in range(1, count + 1):
        async with db.transaction() as tx:
            await stations.add(tx, 1, n, now, identity=f"CS{n}", registration="accepted", security_profile=1,
                               site_id=11, connected_since=now, last_seen_at=now, ocpp_version="2.0.1")  # fmt: skip
        one = Transaction(id=n, station_id=n, transaction_id=f"t{n}", evse_id=1, events=1, started_at=now)
        row = {"id": n, "tenant_id": 1, "station_id": n, "transaction_id": f"t{n}", "ordinal": 0, "state": "active",
               "energy_wh": 0.0, "complete": 0, "evse_id": 1, "started_at": now,
               "body": msgspec.json.encode(one).decode()}  # fmt: skip
        async with db.transaction() as tx:
            await tx.execute(Statement(insert(transactions).values({name: bindparam(name) for name in row})), **row)


async def run(db: Any, clause: Any) -> None:
    async with db.transaction() as tx:
        await tx.execute(Statement(clause))


def plot(found: dict[str, Any]) -> str:
    """Bars of the milliseconds, a tenth of the height for each power of ten."""
    import math

    bars, names = [], [("share", "#2f6f9f"), ("turn", "#c47f2c")]
    for group, size in enumerate(SIZES):
        for n, (name, colour) in enumerate(names):
            ms = found[f"{name} {size}"]
            height = max(2.0, 45 * (math.log10(ms) + 1))
            x, y = 60 + group * 150 + n * 55, 230 - height
            bars.append(f'<rect x="{x}" y="{y:.1f}" width="45" height="{height:.1f}" fill="{colour}"/>'
                        f'<text x="{x + 22}" y="{y - 5:.1f}" text-anchor="middle">{ms:g}</text>')  # fmt: skip
        bars.append(f'<text x="{110 + group * 150}" y="250" text-anchor="middle">{size:,} EVSEs</text>')
    title = "ms CPU: sharing (blue), a whole turn of the control (orange); logarithmic"
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 520 265" font-family="sans-serif" font-size="12">'
        f'<rect width="520" height="265" fill="white"/><text x="20" y="18">{title}</text>{"".join(bars)}</svg>\n'
    )


def main() -> None:
    found: dict[str, Any] = {}
    for size in SIZES:
        found[f"share {size}"] = round(shared(size) * 1000, 1)
        found[f"turn {size}"] = round(turned(size) * 1000, 1)
    took, orders = asyncio.run(ordered(500))
    found |= {"limit to orders 500": round(took * 1000), "orders": orders}
    print(json.dumps(found))
    if "--svg" in sys.argv:
        Path(sys.argv[sys.argv.index("--svg") + 1]).write_text(plot(found))


if __name__ == "__main__":
    main()
