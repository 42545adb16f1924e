"""A real Ohmstead for measurements: the default configuration, with stations that can come at once.

server.py PORT STATIONS [DATABASE_URL]      prints "ready PID" when it serves
"""

from __future__ import annotations

import asyncio
import os
import sys
import tempfile
from pathlib import Path

import uvloop

from ohmstead import runtime
from ohmstead.app import Server
from ohmstead.settings import Api, Gateway, Settings
from ohmstead.store import schema
from ohmstead.store.resources import stations
from ohmstead.store.tables.meta import DEFAULT_TENANT

PASSWORD = "bench-password-123"
KEY = "bench-key-" + "0" * 32
FIRST = 1_000_000


async def main(port: int, count: int, url: str) -> None:
    with tempfile.TemporaryDirectory(prefix="ohmstead-bench-") as folder:
        if url.startswith("postgresql"):
            await schema.upgrade(url)
        settings = Settings(
            data_dir=folder,
            database_url=url,
            api=Api(bind="127.0.0.1:0", bootstrap_key=KEY),
            gateway=Gateway(bind=f"127.0.0.1:{port}", tls_bind=""),
        )
        server = Server(settings)
        await server.start()
        while server.starting:
            await asyncio.sleep(0.05)
        await _make_stations(server, count)
        Path(f"{folder}/api-port").write_text(str(server.httpd.port if server.httpd else 0))
        print("ready", os.getpid(), flush=True)
        try:
            await asyncio.Event().wait()
        finally:
            await server.stop()


async def _make_stations(server: Server, count: int) -> None:
    for start in range(0, count, 500):
        async with server.db.transaction() as tx:
            for number in range(start, min(start + 500, count)):
                identity = f"CS{number:06d}"
                await stations.add(
                    tx,
                    DEFAULT_TENANT,
                    FIRST + number,
                    runtime.now(),
                    identity=identity,
                    security_profile=1,
                    registration="accepted",
                    password_hash=server.context.passwords.hash(identity, PASSWORD.encode()),
                )


if __name__ == "__main__":
    runtime.configure_logging(as_json=True)
    uvloop.run(main(int(sys.argv[1]), int(sys.argv[2]), sys.argv[3] if len(sys.argv) > 3 else ""))
