#!/usr/bin/env python3
# /// script
# requires-python = ">=3.11"
# dependencies = ["picows>=1.9", "uvloop>=0.19", "msgspec>=0.18"]
# ///
"""ocpp_load: a load generator for OCPP-J central systems (1.6, 2.0.1, 2.1).

It opens N charging-station connections, boots every one of them
(BootNotification, then StatusNotification), drives a realistic mix of calls
either closed loop (each active station sends its next call as soon as the last
one is answered) or at a fixed rate (open loop), checks every answer, answers
what the central system calls, and prints one JSON object.

  ocpp_load.py --url ws://127.0.0.1:9000/{id} --stations 200 --duration 10
  ocpp_load.py --url ws://127.0.0.1:9000/{id} --stations 1000 --rate 1500 --duration 30
  ocpp_load.py --url ws://127.0.0.1:9000/{id} --stations 5000 --idle 5 --server-pid 1234
  ocpp_load.py --url wss://localhost:9443/{id} --ca ca.pem --certs certs/ --storms 3

Rules it keeps
* One call in flight per station, as OCPP-J demands.
* In open loop a latency runs from the instant the call was DUE (on a 1 ms
  grid), not from the instant it could be sent, so that a stalled server is not
  flattered ("coordinated omission").  In closed loop it runs from the send.
* Every CALLRESULT is decoded in full and checked: message id, JSON shape, the
  required members of its response.  A CALLERROR is an error, by its code.
* Latencies go into log-linear buckets (0.8 % wide), so memory stays bounded.
* It tells on itself: `generator.busy` is its own CPU share of one core per
  process; above about 0.9 the figures measure the generator, not the server.

Client certificates (--certs DIR): DIR/{id}.pem (key and chain in one file), or
DIR/{id}.crt + DIR/{id}.key; else DIR/client.pem or DIR/client.crt + client.key.
"""

from __future__ import annotations

import argparse
import asyncio
import base64
import collections
import json
import multiprocessing
import os
import random
import resource
import ssl
import sys
import time
from datetime import datetime, timezone
from pathlib import Path

import msgspec
import uvloop
from picows import WSFrame, WSListener, WSMsgType, WSTransport, ws_connect

decode = msgspec.json.Decoder().decode
encode = msgspec.json.Encoder().encode
monotonic = time.monotonic
TEXT, CONT, CLOSE = WSMsgType.TEXT, WSMsgType.CONTINUATION, WSMsgType.CLOSE
TICK = 0.001


# ---------------------------------------------------------------- latencies
class Histogram:
    """Log-linear histogram of microseconds: 128 buckets per power of two."""

    __slots__ = ("counts", "total", "max")

    def __init__(self) -> None:
        self.counts = [0] * 4096
        self.total = 0
        self.max = 0

    def add(self, seconds: float) -> None:
        us = int(seconds * 1e6)
        if us > self.max:
            self.max = us
        elif us < 0:
            us = 0
        shift = us.bit_length() - 8
        self.counts[us if shift <= 0 else (shift << 7) + (us >> shift)] += 1
        self.total += 1

    def merge(self, counts: list[int], largest: int) -> None:
        self.counts = [a + b for a, b in zip(self.counts, counts)]
        self.total += sum(counts)
        self.max = max(self.max, largest)

    def quantile_ms(self, q: float) -> float | None:
        if not self.total:
            return None
        want, seen = q * self.total, 0
        for index, count in enumerate(self.counts):
            seen += count
            if count and seen >= want:
                shift = max(0, (index >> 7) - 1)
                low = index - (shift << 7)
                return round(min((low + 0.5) * (1 << shift), self.max) / 1000, 3)
        return self.max / 1000

    def report(self) -> dict:
        names = (("p50", 0.5), ("p95", 0.95), ("p99", 0.99), ("p999", 0.999))
        out = {name: self.quantile_ms(q) for name, q in names}
        out["max"] = round(self.max / 1000, 3) if self.total else None
        return out


# ----------------------------------------------------------------- messages
def iso_now() -> bytes:
    now = datetime.now(timezone.utc)
    return f"{now:%Y-%m-%dT%H:%M:%S}.{now.microsecond // 1000:03d}Z".encode()


class Clock:
    """A UTC time stamp refreshed every 10 ms, so that calls need not format one."""

    stamp = iso_now()

    @classmethod
    async def run(cls) -> None:
        while True:
            cls.stamp = iso_now()
            await asyncio.sleep(0.01)


_SAMPLES = (
    b'[{"value":%(energy)d,"context":"Sample.Periodic","measurand":"Energy.Active.Import.Register",'
    b'"location":"Outlet","unitOfMeasure":{"unit":"Wh"}},'
    b'{"value":10983.4,"context":"Sample.Periodic","measurand":"Power.Active.Import","unitOfMeasure":{"unit":"W"}},'
    b'{"value":15.91,"measurand":"Current.Import","phase":"L1","unitOfMeasure":{"unit":"A"}},'
    b'{"value":15.88,"measurand":"Current.Import","phase":"L2","unitOfMeasure":{"unit":"A"}},'
    b'{"value":15.94,"measurand":"Current.Import","phase":"L3","unitOfMeasure":{"unit":"A"}},'
    b'{"value":231.2,"measurand":"Voltage","phase":"L1-N","unitOfMeasure":{"unit":"V"}}]'
)
_METER = b'[{"timestamp":"%(now)b","sampledValue":' + _SAMPLES + b"}]"
_SAMPLES16 = (
    b'[{"value":"%(energy)d","context":"Sample.Periodic","measurand":"Energy.Active.Import.Register",'
    b'"location":"Outlet","unit":"Wh"},'
    b'{"value":"10983.4","context":"Sample.Periodic","measurand":"Power.Active.Import","unit":"W"},'
    b'{"value":"15.91","measurand":"Current.Import","phase":"L1","unit":"A"},'
    b'{"value":"15.88","measurand":"Current.Import","phase":"L2","unit":"A"},'
    b'{"value":"15.94","measurand":"Current.Import","phase":"L3","unit":"A"},'
    b'{"value":"231.2","measurand":"Voltage","phase":"L1-N","unit":"V"}]'
)
_METER16 = b'[{"timestamp":"%(now)b","sampledValue":' + _SAMPLES16 + b"}]"

# step name -> (action, payload template).  Placeholders: now, id, tx, seq, energy.
STEPS_2X = {
    "boot": (
        "BootNotification",
        b'{"reason":"PowerUp","chargingStation":{"model":"LG-22","vendorName":"OcppLoad",'
        b'"serialNumber":"%(id)b","firmwareVersion":"1.4.2","modem":{"iccid":"8944110065","imsi":"234105712"}}}',
    ),
    "available": (
        "StatusNotification",
        b'{"timestamp":"%(now)b","connectorStatus":"Available","evseId":1,"connectorId":1}',
    ),
    "occupied": (
        "StatusNotification",
        b'{"timestamp":"%(now)b","connectorStatus":"Occupied","evseId":1,"connectorId":1}',
    ),
    "heartbeat": ("Heartbeat", b"{}"),
    "meter": ("MeterValues", b'{"evseId":1,"meterValue":' + _METER + b"}"),
    "started": (
        "TransactionEvent",
        b'{"eventType":"Started","timestamp":"%(now)b","triggerReason":"Authorized","seqNo":%(seq)d,'
        b'"transactionInfo":{"transactionId":"%(tx)b","chargingState":"EVConnected"},'
        b'"evse":{"id":1,"connectorId":1},"idToken":{"idToken":"04A2B9C1D2E380","type":"ISO14443"},'
        b'"meterValue":' + _METER + b"}",
    ),
    "updated": (
        "TransactionEvent",
        b'{"eventType":"Updated","timestamp":"%(now)b","triggerReason":"MeterValuePeriodic","seqNo":%(seq)d,'
        b'"transactionInfo":{"transactionId":"%(tx)b","chargingState":"Charging"},'
        b'"evse":{"id":1,"connectorId":1},"meterValue":' + _METER + b"}",
    ),
    "ended": (
        "TransactionEvent",
        b'{"eventType":"Ended","timestamp":"%(now)b","triggerReason":"EVDeparted","seqNo":%(seq)d,'
        b'"transactionInfo":{"transactionId":"%(tx)b","chargingState":"Idle","stoppedReason":"EVDisconnected"},'
        b'"evse":{"id":1,"connectorId":1},"idToken":{"idToken":"04A2B9C1D2E380","type":"ISO14443"},'
        b'"meterValue":' + _METER + b"}",
    ),
}
STEPS_16 = {
    "boot": (
        "BootNotification",
        b'{"chargePointVendor":"OcppLoad","chargePointModel":"LG-22",'
        b'"chargePointSerialNumber":"%(id)b","firmwareVersion":"1.4.2"}',
    ),
    "available": (
        "StatusNotification",
        b'{"connectorId":1,"errorCode":"NoError","status":"Available","timestamp":"%(now)b"}',
    ),
    "occupied": (
        "StatusNotification",
        b'{"connectorId":1,"errorCode":"NoError","status":"Charging","timestamp":"%(now)b"}',
    ),
    "heartbeat": ("Heartbeat", b"{}"),
    "meter": ("MeterValues", b'{"connectorId":1,"meterValue":' + _METER16 + b"}"),
    "started": (
        "StartTransaction",
        b'{"connectorId":1,"idTag":"04A2B9C1D2E380","meterStart":%(energy)d,"timestamp":"%(now)b"}',
    ),
    "updated": ("MeterValues", b'{"connectorId":1,"transactionId":%(tx16)d,"meterValue":' + _METER16 + b"}"),
    "ended": (
        "StopTransaction",
        b'{"transactionId":%(tx16)d,"idTag":"04A2B9C1D2E380","meterStop":%(energy)d,'
        b'"timestamp":"%(now)b","reason":"EVDisconnected"}',
    ),
}
# One charging session: 20 calls.  14 of them carry a transaction.
SESSION = (
    "occupied started updated updated updated heartbeat updated updated updated updated meter "
    "updated updated updated heartbeat updated updated ended available heartbeat"
).split()
MIXES = {
    "session": SESSION,
    "heartbeat": ["heartbeat"],
    "updated": ["started"] + ["updated"] * 98 + ["ended"],
    "boot": ["boot"],
}
IN_TRANSACTION = frozenset(("started", "updated", "ended"))
STATUSES = frozenset(("Accepted", "Pending", "Rejected"))


def bad_shape(action: str, result: object, v16: bool) -> bool:
    """True when a response lacks what its schema requires."""
    if type(result) is not dict:
        return True
    if action == "BootNotification":
        return (
            result.get("status") not in STATUSES
            or type(result.get("interval")) is not int
            or type(result.get("currentTime")) is not str
        )
    if action == "Heartbeat":
        return type(result.get("currentTime")) is not str
    if action == "StartTransaction":
        return type(result.get("transactionId")) is not int or type(result.get("idTagInfo")) is not dict
    if action == "TransactionEvent":
        token = result.get("idTokenInfo")
        return token is not None and (type(token) is not dict or type(token.get("status")) is not str)
    return False


# ------------------------------------------------- what the CSMS may ask of us
_EMPTY_16 = frozenset(("GetDiagnostics", "UpdateFirmware"))
_ACCEPT = frozenset(
    (
        "CancelReservation",
        "CertificateSigned",
        "ChangeAvailability",
        "ChangeConfiguration",
        "ClearCache",
        "ClearChargingProfile",
        "ClearDisplayMessage",
        "CustomerInformation",
        "DeleteCertificate",
        "ExtendedTriggerMessage",
        "GetBaseReport",
        "GetLog",
        "GetMonitoringReport",
        "GetReport",
        "InstallCertificate",
        "RemoteStartTransaction",
        "RemoteStopTransaction",
        "RequestStartTransaction",
        "RequestStopTransaction",
        "ReserveNow",
        "Reset",
        "SendLocalList",
        "SetChargingProfile",
        "SetDisplayMessage",
        "SetMonitoringBase",
        "SetMonitoringLevel",
        "SetNetworkProfile",
        "SignedUpdateFirmware",
        "TriggerMessage",
        "UnpublishFirmware",
    )
)


def answer(action: str, payload: dict, v16: bool) -> dict | None:
    """The response of a well-behaved station, or None (NotImplemented)."""
    if action == "UnlockConnector":
        return {"status": "Unlocked"}
    if action in _ACCEPT:
        return {"status": "Accepted"}
    if action == "DataTransfer":
        return {"status": "UnknownVendorId"}
    if action == "GetLocalListVersion":
        return {"listVersion": 0} if v16 else {"versionNumber": 0}
    if action == "GetCompositeSchedule":
        return {"status": "Rejected"}
    if v16:
        if action == "GetConfiguration":
            return {"configurationKey": [], "unknownKey": payload.get("key", [])}
        return {} if action in _EMPTY_16 else None
    if action == "GetVariables":
        return {
            "getVariableResult": [
                {
                    "attributeStatus": "Accepted",
                    "attributeValue": "1",
                    "component": d["component"],
                    "variable": d["variable"],
                    "attributeType": d.get("attributeType", "Actual"),
                }
                for d in payload["getVariableData"]
            ]
        }
    if action == "SetVariables":
        return {
            "setVariableResult": [
                {"attributeStatus": "Accepted", "component": d["component"], "variable": d["variable"]}
                for d in payload["setVariableData"]
            ]
        }
    if action == "GetTransactionStatus":
        return {"messagesInQueue": False}
    if action == "GetInstalledCertificateIds":
        return {"status": "NotFound"}
    if action == "GetChargingProfiles":
        return {"status": "NoProfiles"}
    if action in ("UpdateFirmware", "PublishFirmware"):
        return {"status": "Accepted"}
    if action == "CostUpdated":
        return {}
    return None


# ------------------------------------------------------------------- station
class Worker:
    """One process's share of the stations, and the state they share."""

    def __init__(self, options: argparse.Namespace, index: int) -> None:
        self.o = options
        self.index = index
        self.v16 = options.protocol == "ocpp1.6"
        self.steps = STEPS_16 if self.v16 else STEPS_2X
        self.mix = MIXES[options.mix]
        self.errors: collections.Counter[str] = collections.Counter()
        self.csms_calls: collections.Counter[str] = collections.Counter()
        self.latency = Histogram()
        self.boot_latency = Histogram()
        self.by_action: collections.Counter[str] = collections.Counter()
        self.counter = 0
        self.id_prefix = b"%08x-%04x-4000-8000-" % (random.getrandbits(32), index)
        self.ready: collections.deque[Station] = collections.deque()
        self.driving = False  # stations may send
        self.measuring = False  # answers are counted
        self.open_loop = options.rate > 0
        self.contexts: dict[str, ssl.SSLContext] = {}
        mine = range(index, options.stations, options.processes)
        self.stations = [Station(self, n) for n in mine]

    def ssl_context(self, station_id: str) -> ssl.SSLContext | None:
        if not self.o.url.startswith("wss:"):
            return None
        pair: tuple[str, str | None] | None = None
        if self.o.certs:
            for stem in (station_id, "client"):
                base = Path(self.o.certs)
                if (base / f"{stem}.pem").exists():
                    pair = (str(base / f"{stem}.pem"), None)
                elif (base / f"{stem}.crt").exists():
                    pair = (str(base / f"{stem}.crt"), str(base / f"{stem}.key"))
                if pair:
                    break
            else:
                raise FileNotFoundError(f"no client certificate for {station_id} in {self.o.certs}")
        key = pair[0] if pair else ""
        context = self.contexts.get(key)
        if context is None:
            context = ssl.create_default_context(cafile=self.o.ca)
            if self.o.insecure:
                context.check_hostname = False
                context.verify_mode = ssl.CERT_NONE
            if pair:
                context.load_cert_chain(*pair)
            self.contexts[key] = context
        return context

    async def connect_all(self, at: float, storm: bool) -> dict:
        """Connect and boot every station; all at once when storm is set."""
        self.boot_latency = Histogram()
        limit = len(self.stations) if storm or not self.o.connect_concurrency else self.o.connect_concurrency
        gate = asyncio.Semaphore(limit)
        await asyncio.sleep(max(0.0, at - monotonic()))
        begun = monotonic()

        async def one(station: Station) -> None:
            async with gate:
                await station.open_and_boot()

        await asyncio.gather(*(one(s) for s in self.stations))
        return {
            "connected": sum(s.transport is not None for s in self.stations),
            "booted": sum(s.booted for s in self.stations),
            "begun": begun,
            "ended": monotonic(),
            "boot_counts": self.boot_latency.counts,
            "boot_max": self.boot_latency.max,
        }

    async def drive(self, at: float) -> dict:
        o = self.o
        alive = [s for s in self.stations if s.booted and s.transport is not None]
        active = alive[: -(-o.active // o.processes)] if o.active else alive
        await asyncio.sleep(max(0.0, at - monotonic()))
        self.driving = True
        sweeper = asyncio.create_task(self.sweep())
        pacer = None
        if self.open_loop:
            self.ready.extend(active)
            pacer = asyncio.create_task(self.pace(at))
        else:
            for station in active:
                station.send_next(monotonic())
        await asyncio.sleep(max(0.0, at + o.warmup - monotonic()))
        self.measuring = True
        cpu, begun = time.process_time(), monotonic()
        await asyncio.sleep(o.duration)
        self.measuring = False
        ended, cpu = monotonic(), time.process_time() - cpu
        self.driving = False
        if pacer:
            pacer.cancel()
        deadline = monotonic() + o.timeout
        while any(s.action is not None and s.transport for s in active) and monotonic() < deadline:
            await asyncio.sleep(0.02)
        sweeper.cancel()
        for station in active:
            if station.action is not None and station.transport:
                self.errors[f"timeout:{station.action}"] += 1
        self.ready.clear()
        return {
            "active": len(active),
            "seconds": ended - begun,
            "cpu": cpu,
            "counts": self.latency.counts,
            "max": self.latency.max,
            "by_action": dict(self.by_action),
        }

    async def pace(self, at: float) -> None:
        """Open loop: hand out calls as they fall due, on a 1 ms grid."""
        rate, issued = self.o.rate / self.o.processes, 0
        ready = self.ready
        while True:
            due = int((monotonic() - at) * rate)
            while issued < due and ready:
                station = ready.popleft()
                if station.transport is None:
                    continue
                station.send_next(at + (int(issued / (rate * TICK)) + 1) * TICK)
                issued += 1
            await asyncio.sleep(TICK)

    async def sweep(self) -> None:
        while True:
            await asyncio.sleep(0.5)
            limit = monotonic() - self.o.timeout
            for station in self.stations:
                if station.action is not None and station.sent_at < limit and station.transport:
                    self.errors[f"timeout:{station.action}"] += 1
                    station.drop()

    async def close_all(self, abort: bool) -> None:
        for station in self.stations:
            station.drop(abort)
        deadline = monotonic() + 5
        while any(s.transport for s in self.stations) and monotonic() < deadline:
            await asyncio.sleep(0.02)


class Station(WSListener):
    """One charging station: a connection, a transaction, one call in flight."""

    __slots__ = (
        "w",
        "number",
        "id",
        "id_bytes",
        "transport",
        "booted",
        "closing",
        "charging",
        "action",
        "mid",
        "sent_at",
        "step",
        "seq",
        "tx",
        "tx16",
        "energy",
        "waiter",
        "partial",
        "connect_started",
    )

    def __init__(self, worker: Worker, number: int) -> None:
        self.w = worker
        self.number = number
        self.id = f"{worker.o.prefix}{number:06d}"
        self.id_bytes = self.id.encode()
        self.transport: WSTransport | None = None
        self.booted = self.closing = self.charging = False
        self.action: str | None = None
        self.mid = ""
        self.sent_at = self.connect_started = 0.0
        self.step = number % len(worker.mix) if worker.o.spread else 0
        self.seq = self.tx16 = 0
        self.energy = 1000 + number
        self.tx = b""
        self.waiter: asyncio.Future | None = None
        self.partial: bytearray | None = None
        self.new_transaction()

    # -- connection
    async def open_and_boot(self) -> None:
        o, w = self.w.o, self.w
        self.booted = self.closing = False  # a transaction, if any, goes on after a reconnect
        self.action = self.partial = None
        headers = {"Sec-WebSocket-Protocol": o.protocol}
        if o.password is not None:
            pair = f"{self.id}:{o.password.replace('{id}', self.id)}".encode()
            headers["Authorization"] = "Basic " + base64.b64encode(pair).decode()
        extra = {}
        if o.sources > 1:
            extra["local_addr"] = (f"127.0.0.{1 + self.number % o.sources}", 0)
        self.connect_started = monotonic()
        try:
            transport, _ = await ws_connect(
                lambda: self,
                o.url.replace("{id}", self.id),
                ssl_context=w.ssl_context(self.id),
                extra_headers=headers,
                websocket_handshake_timeout=o.timeout,
                read_buffer_init_size=2048,
                **extra,
            )
            if transport.response is None or self.transport is None:  # e.g. TLS 1.3: our certificate refused late
                raise ConnectionResetError
        except Exception as error:  # noqa: BLE001 - every kind is counted, none ends the run
            status = getattr(getattr(error, "response", None), "status", None)
            w.errors[f"connect:{type(error).__name__}" + (f":{int(status)}" if status else "")] += 1
            self.transport = None
            return
        chosen = transport.response.headers.get("Sec-WebSocket-Protocol")
        if chosen != o.protocol:
            w.errors[f"subprotocol:{chosen}"] += 1
        if o.no_boot:
            self.booted = True
            return
        for step in ("boot", "available"):
            self.waiter = asyncio.get_running_loop().create_future()
            self.send_step(step, monotonic())
            try:
                result = await asyncio.wait_for(self.waiter, o.timeout)
            except asyncio.TimeoutError:
                w.errors[f"timeout:{self.action}"] += 1
                result = None
            self.waiter = None
            if result is None:
                self.drop()
                return
            if step == "boot":
                if result.get("status") != "Accepted":
                    w.errors[f"boot:{result.get('status')}"] += 1
                    return
                self.booted = True
                w.boot_latency.add(monotonic() - self.connect_started)
                if o.boot_only:
                    return

    def drop(self, abort: bool = False) -> None:
        self.closing = True
        if self.transport is not None:
            if not abort:
                self.transport.send_close(1000)
            self.transport.disconnect(not abort)

    def on_ws_connected(self, transport: WSTransport) -> None:
        self.transport = transport

    def on_ws_disconnected(self, transport: WSTransport) -> None:
        self.transport = None
        if not self.closing:
            self.w.errors["disconnected"] += 1
        self.booted = False
        self.action = None
        if self.waiter is not None and not self.waiter.done():
            self.waiter.set_result(None)

    # -- sending
    def new_transaction(self) -> None:
        self.tx = b"%08x-%04x-4%03x-8000-%012x" % (
            random.getrandbits(32),
            random.getrandbits(16),
            random.getrandbits(12),
            self.number,
        )
        self.seq = 0

    def send_next(self, due: float) -> None:
        mix = self.w.mix
        step = mix[self.step]
        if step in ("updated", "ended") and not self.charging:
            step = "started"  # spread out over the mix, a station's first session begins late
        else:
            self.step = (self.step + 1) % len(mix)
        if step == "started":
            self.new_transaction()
            self.charging = True
        elif step == "ended":
            self.charging = False
        self.send_step(step, due)

    def send_step(self, step: str, due: float) -> None:
        w = self.w
        action, template = w.steps[step]
        w.counter += 1
        mid = b"%b%012x" % (w.id_prefix, w.counter)
        payload = template % {
            b"now": Clock.stamp,
            b"id": self.id_bytes,
            b"tx": self.tx,
            b"seq": self.seq,
            b"energy": self.energy,
            b"tx16": self.tx16,
        }
        if step in IN_TRANSACTION:
            self.seq += 1
            self.energy += 46
        self.mid = mid.decode()
        self.action = action
        self.sent_at = due
        self.transport.send(TEXT, b'[2,"%b","%b",%b]' % (mid, action.encode(), payload))

    # -- receiving
    def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:
        kind = frame.msg_type
        if kind is TEXT or kind == TEXT:
            if frame.fin:
                self.on_message(frame.get_payload_as_memoryview())
            else:
                self.partial = bytearray(frame.get_payload_as_bytes())
        elif kind == CONT and self.partial is not None:
            self.partial += frame.get_payload_as_bytes()
            if frame.fin:
                data, self.partial = self.partial, None
                self.on_message(data)
        elif kind == CLOSE:
            code = frame.get_close_code()
            if not self.closing:
                self.w.errors[f"closed:{getattr(code, 'value', code)}"] += 1
                self.closing = True
                transport.send_close(code, frame.get_close_message())
            transport.disconnect()

    def on_message(self, data) -> None:
        w = self.w
        try:
            message = decode(data)
            kind = message[0]
            if kind == 3:
                _, mid, result = message
            elif kind == 4:
                mid, code = message[1], message[2]
            elif kind == 2:
                return self.on_call(message)
            elif kind == 6:  # SEND (OCPP 2.1): no answer
                w.csms_calls[f"SEND:{message[2]}"] += 1
                return None
            else:
                raise ValueError(kind)
        except (msgspec.DecodeError, ValueError, IndexError, KeyError, TypeError):
            w.errors["malformed"] += 1
            return None
        action = self.action
        if action is None or mid != self.mid:
            w.errors["wrong_id"] += 1
            return None
        self.action = None
        if kind == 4:
            w.errors[f"callerror:{action}:{code}"] += 1
            result = None
        elif bad_shape(action, result, w.v16):
            w.errors[f"bad_shape:{action}"] += 1
            result = None
        elif action == "StartTransaction":
            self.tx16 = result["transactionId"]
        if self.waiter is not None:
            if not self.waiter.done():
                self.waiter.set_result(result)
            return None
        if w.measuring:
            if result is not None:
                w.latency.add(monotonic() - self.sent_at)
                w.by_action[action] += 1
        if w.driving:
            if w.open_loop:
                w.ready.append(self)
            elif w.o.think:
                asyncio.get_running_loop().call_later(w.o.think, self.after_think)
            else:
                self.send_next(monotonic())

    def after_think(self) -> None:
        if self.w.driving and self.transport is not None and self.action is None:
            self.send_next(monotonic())

    def on_call(self, message: list) -> None:
        _, mid, action, payload = message
        self.w.csms_calls[action] += 1
        try:
            result = answer(action, payload, self.w.v16)
        except (KeyError, TypeError):
            reply = [4, mid, "FormationViolation" if self.w.v16 else "FormatViolation", "", {}]
        else:
            reply = [4, mid, "NotImplemented", "", {}] if result is None else [3, mid, result]
        self.transport.send(TEXT, encode(reply))


# ----------------------------------------------------------- worker processes
async def serve_commands(pipe, options: argparse.Namespace, index: int) -> None:
    if options.cpus:
        cpus = options.cpus
        os.sched_setaffinity(0, {cpus[index % len(cpus)]})
    worker = Worker(options, index)
    clock = asyncio.create_task(Clock.run())
    loop = asyncio.get_running_loop()
    while True:
        command, *arguments = await loop.run_in_executor(None, pipe.recv)
        if command == "quit":
            clock.cancel()
            return
        result = await getattr(worker, command)(*arguments)
        errors, worker.errors = dict(worker.errors), collections.Counter()
        calls, worker.csms_calls = dict(worker.csms_calls), collections.Counter()
        pipe.send((result, errors, calls))


def worker_main(pipe, options: argparse.Namespace, index: int) -> None:
    uvloop.run(serve_commands(pipe, options, index))


# ------------------------------------------------------ the server's accounts
def process_tree(pids: list[int]) -> set[int]:
    """The given processes and all their descendants."""
    children: dict[int, list[int]] = {}
    for entry in os.listdir("/proc"):
        if entry.isdigit():
            try:
                fields = Path(f"/proc/{entry}/stat").read_text().rpartition(")")[2].split()
            except OSError:
                continue
            children.setdefault(int(fields[1]), []).append(int(entry))
    found, queue = set(), list(pids)
    while queue:
        pid = queue.pop()
        if pid not in found:
            found.add(pid)
            queue.extend(children.get(pid, ()))
    return found


def server_usage(pids: list[int]) -> tuple[float, int]:
    """CPU seconds and proportional resident bytes of the server's processes."""
    ticks, memory = 0, 0
    for pid in process_tree(pids):
        try:
            fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
            ticks += sum(map(int, fields[11:15]))  # own user + system, and those of children already reaped
            rollup = Path(f"/proc/{pid}/smaps_rollup").read_text()
            memory += next(int(line.split()[1]) for line in rollup.splitlines() if line.startswith("Pss:")) * 1024
        except (OSError, StopIteration):
            continue
    return ticks / os.sysconf("SC_CLK_TCK"), memory


# --------------------------------------------------------------------- parent
class Fleet:
    """The worker processes, commanded as one."""

    def __init__(self, options: argparse.Namespace) -> None:
        context = multiprocessing.get_context("spawn")
        self.errors: collections.Counter[str] = collections.Counter()
        self.csms_calls: collections.Counter[str] = collections.Counter()
        self.pipes, self.processes = [], []
        for index in range(options.processes):
            near, far = context.Pipe()
            process = context.Process(target=worker_main, args=(far, options, index), daemon=True)
            process.start()
            far.close()
            self.pipes.append(near)
            self.processes.append(process)

    def command(self, name: str, *arguments) -> list[dict]:
        for pipe in self.pipes:
            pipe.send((name, *arguments))
        results = []
        for pipe in self.pipes:
            result, errors, calls = pipe.recv()
            self.errors.update(errors)
            self.csms_calls.update(calls)
            results.append(result)
        return results

    def quit(self) -> None:
        for pipe in self.pipes:
            pipe.send(("quit",))
        for process in self.processes:
            process.join(5)


def connect_report(results: list[dict], cpu: float | None) -> dict:
    histogram = Histogram()
    for r in results:
        histogram.merge(r["boot_counts"], r["boot_max"])
    seconds = max(r["ended"] for r in results) - min(r["begun"] for r in results)
    booted = sum(r["booted"] for r in results)
    out = {
        "connected": sum(r["connected"] for r in results),
        "booted": booted,
        "seconds": round(seconds, 3),
        "boots_per_s": round(booted / seconds, 1),
        "boot_latency_ms": histogram.report(),
    }
    if cpu is not None:
        out["server_cpu_s"] = round(cpu, 2)
    return out


def run(options: argparse.Namespace) -> dict:
    pids = options.server_pid
    fleet = Fleet(options)
    out: dict = {
        "url": options.url,
        "protocol": options.protocol,
        "stations": options.stations,
        "mix": options.mix,
        "mode": f"rate {options.rate:g}/s" if options.rate else "closed loop",
        "processes": options.processes,
    }
    fleet.command("close_all", True)  # a barrier: every worker is up
    cpu0, rss0 = server_usage(pids) if pids else (0.0, 0)
    results = fleet.command("connect_all", monotonic() + 0.2, options.storm)
    cpu1, rss1 = server_usage(pids) if pids else (0.0, 0)
    out["connect"] = connect_report(results, cpu1 - cpu0 if pids else None)
    out["connected"], out["boots_per_s"] = out["connect"]["connected"], out["connect"]["boots_per_s"]
    if options.idle:
        time.sleep(options.idle)
    if pids:
        cpu2, rss2 = server_usage(pids)
        connected = max(1, out["connected"])
        out["server"] = {
            "rss_before_mib": round(rss0 / 2**20, 1),
            "rss_connected_mib": round(rss2 / 2**20, 1),
            "rss_per_connection_kib": round((rss2 - rss0) / 1024 / connected, 2),
        }
        if options.idle:
            out["server"]["idle_cpu_share"] = round((cpu2 - cpu1) / options.idle, 4)
    if options.duration and out["connect"]["booted"]:
        # The server's CPU is read around warm-up + measured time; calls are counted over the measured part,
        # so the CPU figure is scaled by the share of time that was measured.
        begun = monotonic() + 0.1
        for pipe in fleet.pipes:
            pipe.send(("drive", begun))
        time.sleep(max(0.0, begun + options.warmup - monotonic()))
        cpu3 = server_usage(pids)[0] if pids else 0.0
        time.sleep(options.duration)
        cpu4, rss4 = server_usage(pids) if pids else (0.0, 0)
        results = []
        for pipe in fleet.pipes:
            result, errors, calls = pipe.recv()
            fleet.errors.update(errors)
            fleet.csms_calls.update(calls)
            results.append(result)
        histogram, by_action = Histogram(), collections.Counter()
        for r in results:
            histogram.merge(r["counts"], r["max"])
            by_action.update(r["by_action"])
        seconds = max(r["seconds"] for r in results)
        out["calls"] = histogram.total
        out["calls_per_s"] = round(histogram.total / seconds, 1)
        out["latency_ms"] = histogram.report()
        out["duration_s"] = round(seconds, 3)
        out["active"] = sum(r["active"] for r in results)
        out["calls_by_action"] = dict(by_action)
        out["generator"] = {
            "busy": round(max(r["cpu"] / r["seconds"] for r in results), 3),
            "cpu_s_per_1000_calls": round(1000 * sum(r["cpu"] for r in results) / max(1, histogram.total), 4),
        }
        if pids:
            out["server"]["cpu_s_per_1000_calls"] = round(1000 * (cpu4 - cpu3) / max(1, histogram.total), 4)
            out["server"]["cpu_share"] = round((cpu4 - cpu3) / options.duration, 3)
            out["server"]["rss_driven_mib"] = round(rss4 / 2**20, 1)
    for _ in range(options.storms):
        fleet.command("close_all", True)
        time.sleep(options.storm_pause)
        cpu5 = server_usage(pids)[0] if pids else 0.0
        results = fleet.command("connect_all", monotonic() + 0.2, True)
        cpu6 = server_usage(pids)[0] if pids else 0.0
        out.setdefault("storms", []).append(connect_report(results, cpu6 - cpu5 if pids else None))
    fleet.command("close_all", False)
    fleet.quit()
    out["errors"] = dict(fleet.errors)
    out["csms_calls"] = dict(fleet.csms_calls)
    return out


def arguments() -> argparse.Namespace:
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--url", required=True, help="template, e.g. ws://127.0.0.1:9000/{id}")
    p.add_argument("--stations", type=int, default=100)
    p.add_argument("--active", type=int, default=0, help="only this many stations are driven; the others stay idle")
    p.add_argument("--protocol", default="ocpp2.0.1", choices=("ocpp1.6", "ocpp2.0.1", "ocpp2.1"))
    p.add_argument("--mix", default="session", choices=sorted(MIXES))
    p.add_argument("--rate", type=float, default=0, help="calls/s over all stations (open loop); 0: closed loop")
    p.add_argument("--think", type=float, default=0, help="closed loop: seconds between an answer and the next call")
    p.add_argument("--duration", type=float, default=10, help="measured seconds; 0: connect only")
    p.add_argument("--warmup", type=float, default=2)
    p.add_argument("--idle", type=float, default=0, help="seconds to sit idle before memory is read")
    p.add_argument("--storm", action="store_true", help="the first connect, too, is all at once")
    p.add_argument("--storms", type=int, default=0, help="then cut all sockets and reconnect all at once, this often")
    p.add_argument("--storm-pause", type=float, default=1.0)
    p.add_argument("--connect-concurrency", type=int, default=100, help="connects under way per process; 0: no limit")
    p.add_argument("--no-boot", action="store_true", help="connect only, for servers that do not speak OCPP")
    p.add_argument("--boot-only", action="store_true", help="no StatusNotification after the BootNotification")
    p.add_argument(
        "--no-spread", dest="spread", action="store_false", help="all stations start at the mix's first step"
    )
    p.add_argument("--processes", type=int, default=1)
    p.add_argument("--cpus", type=lambda s: [int(c) for c in s.split(",")], help="pin the generator, e.g. 1 or 0,1")
    p.add_argument("--prefix", default="CS", help="station ids are PREFIX000000, PREFIX000001, ...")
    p.add_argument("--sources", type=int, default=1, help="spread over this many 127.0.0.x source addresses")
    p.add_argument("--password", help="basic auth password; {id} in it is replaced")
    p.add_argument("--ca", help="CA file to verify the server with")
    p.add_argument("--insecure", action="store_true", help="do not verify the server's certificate")
    p.add_argument("--certs", help="directory of client certificates (see above)")
    p.add_argument("--timeout", type=float, default=30)
    p.add_argument(
        "--server-pid",
        type=lambda s: [int(c) for c in s.split(",")],
        default=[],
        help="the server's process ids; their children count too",
    )
    return p.parse_args()


def main() -> int:
    options = arguments()
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    out = run(options)
    json.dump(out, sys.stdout, indent=1)
    print()
    return 1 if out["errors"] else 0


if __name__ == "__main__":
    sys.exit(main())
