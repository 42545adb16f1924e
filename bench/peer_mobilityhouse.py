#!/usr/bin/env python3
# /// script
# requires-python = ">=3.11"
# dependencies = ["ocpp==2.1.0", "websockets", "uvloop"]
# ///
"""The peer most Python projects start from, as its users run it: the `ocpp` package with `websockets`, no storage.

peer_mobilityhouse.py PORT [noval]       noval: schema validation off
"""

import asyncio
import logging
import sys
from datetime import datetime, timezone

import websockets
from ocpp.routing import on
from ocpp.v201 import ChargePoint, call_result

logging.getLogger("ocpp").setLevel(logging.WARNING)
SKIP = "noval" in sys.argv[2:]


def now() -> str:
    return datetime.now(timezone.utc).isoformat()


class Station(ChargePoint):
    @on("BootNotification", skip_schema_validation=SKIP)
    def boot(self, **_):
        return call_result.BootNotification(current_time=now(), interval=300, status="Accepted")

    @on("Heartbeat", skip_schema_validation=SKIP)
    def heartbeat(self):
        return call_result.Heartbeat(current_time=now())

    @on("StatusNotification", skip_schema_validation=SKIP)
    def status(self, **_):
        return call_result.StatusNotification()

    @on("MeterValues", skip_schema_validation=SKIP)
    def meter(self, **_):
        return call_result.MeterValues()

    @on("TransactionEvent", skip_schema_validation=SKIP)
    def transaction(self, **_):
        return call_result.TransactionEvent()


async def connected(socket):
    try:
        await Station(socket.request.path.strip("/"), socket).start()
    except websockets.ConnectionClosed:
        pass


async def main():
    server = await websockets.serve(connected, "127.0.0.1", int(sys.argv[1]), subprotocols=["ocpp2.0.1"], backlog=4096)
    await server.wait_closed()


asyncio.run(main())
