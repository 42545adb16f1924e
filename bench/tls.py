"""TLS at the door beside a bare asyncio TLS server with the same context, certificates and clients: one JSON object.

Server CPU of one handshake, full (TLS 1.3 and 1.2) and resumed (TLS 1.2), after which the client goes away. Then of one
connection up to the 101, which both servers make as RFC 6455 wants it; ours also finds the station, judges its
certificate, begins its session and writes down that it came and went. The storm is that many stations at once, each
with its own certificate; ours also boot.

tls.py [STATIONS] [HANDSHAKES]
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import hashlib
import json
import os
import socket
import ssl
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import uvloop

SETTLE = 0.3
"""Seconds in which the server ends what a run of connections left it to do."""
TICK = os.sysconf("SC_CLK_TCK")
UPGRADE = (
    "GET /ocpp/{} HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Protocol: ocpp2.0.1\r\n\r\n"
)
BOOT = b'[2,"1","BootNotification",{"reason":"PowerUp","chargingStation":{"model":"M","vendorName":"V"}}]'


GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
ANSWER = (
    b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Protocol: ocpp2.0.1\r\nSec-WebSocket-Accept: %s\r\n\r\n"
)

# ---- the two servers


async def ohmstead(folder: str, port: int, count: int) -> None:
    """The default configuration, with stations of profile 3 whose certificates lie in the folder."""
    from ohmstead import runtime
    from ohmstead.app import Server
    from ohmstead.pki import csr
    from ohmstead.settings import Api, Gateway, Settings
    from ohmstead.store.resources import stations

    gateway = Gateway(bind="", tls_bind=f"127.0.0.1:{port}")
    server = Server(Settings(data_dir=folder, api=Api(bind="127.0.0.1:0"), gateway=gateway))
    await server.start()
    while server.starting:
        await asyncio.sleep(0.05)
    assert server.ca is not None
    async with server.db.transaction() as tx:
        for number in range(count):
            fields = {
                "identity": f"CS{number}",
                "registration": "accepted",
                "security_profile": 3,
                "certificate_cn": "identity",
            }
            await stations.add(tx, 1, 1_000_000 + number, runtime.now(), **fields)
    for number in range(count):
        key, request = csr.generate(common_name=f"CS{number}", organization="Ohmstead")
        issued = await server.ca.issue(csr.order(request, common_name=f"CS{number}", organization="Ohmstead"))
        Path(folder, f"CS{number}.pem").write_text(key + issued.chain)
    print("ready", flush=True)
    await asyncio.Event().wait()


async def bare(folder: str, port: int, _: int) -> None:
    """What TLS costs at least: the same context, a canned answer to each request."""
    from ohmstead.keyfiles import server_key
    from ohmstead.pki.local_ca import open_ca
    from ohmstead.pki.server_certificates import Issued, ServerCertificates
    from ohmstead.pki.trust import Trust

    ca = open_ca(Path(folder, "pki"), server_key(Path(folder)), "Ohmstead", ["localhost"])
    context = ServerCertificates(Issued(ca, "Ohmstead", "")).context(Trust([ca.root], [ca.issuing]))

    class Canned(asyncio.Protocol):
        def connection_made(self, transport: asyncio.BaseTransport) -> None:
            self.transport = transport

        def data_received(self, data: bytes) -> None:
            if data.startswith(b"GET"):
                headers = dict(line.partition(b": ")[::2] for line in data.split(b"\r\n")[1:])
                proof = base64.b64encode(hashlib.sha1(headers[b"Sec-WebSocket-Key"] + GUID).digest())
                self.transport.write(ANSWER % proof)

    await asyncio.get_running_loop().create_server(Canned, "127.0.0.1", port, ssl=context, backlog=2048)
    print("ready", flush=True)
    await asyncio.Event().wait()


# ---- the stations


class Client:
    def __init__(self, folder: str, port: int) -> None:
        self.folder, self.port = folder, port
        self.contexts: dict[tuple[int, ssl.TLSVersion], ssl.SSLContext] = {}

    def context(self, number: int, newest: ssl.TLSVersion) -> ssl.SSLContext:
        known = self.contexts.get((number, newest))
        if known is None:
            known = self.contexts[number, newest] = ssl.create_default_context(cafile=f"{self.folder}/pki/ca.pem")
            known.maximum_version = newest
            known.load_cert_chain(f"{self.folder}/CS{number}.pem")
        return known

    def come(
        self,
        number: int,
        newest: ssl.TLSVersion = ssl.TLSVersion.TLSv1_3,
        session: ssl.SSLSession | None = None,
        *,
        upgrades: bool = True,
        boots: bool = False,
    ) -> ssl.SSLSession | None:
        """One connection, up to the end of its handshake, to the answer to its upgrade, or to its boot."""
        context = self.context(number, newest)
        with contextlib.closing(socket.create_connection(("127.0.0.1", self.port), 60)) as plain:
            tls = context.wrap_socket(plain, server_hostname="localhost", session=session)
            assert session is None or tls.session_reused
            if not upgrades:
                return tls.session
            tls.sendall(UPGRADE.format(f"CS{number}").encode())
            said = tls.recv(4096)
            assert b" 101 " in said.split(b"\r\n")[0], said[:200]
            if boots:
                tls.sendall(b"\x81" + bytes([128 + len(BOOT)]) + b"\0\0\0\0" + BOOT)
                assert b"Accepted" in tls.recv(4096)
            return tls.session


def cpu(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICK


@contextlib.contextmanager
def serving(kind: str, folder: str, count: int):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, __file__, kind, folder, str(port), str(count)]
    done = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    try:
        assert done.stdout is not None
        while "ready" not in (line := done.stdout.readline()):
            assert line, f"{kind} does not start"
        yield done.pid, Client(folder, port)
    finally:
        done.kill()
        done.wait()


def figures(pid: int, client: Client, count: int, handshakes: int, boots: bool) -> dict[str, float]:
    """Milliseconds of server CPU for each connection."""
    found: dict[str, float] = {}
    few = min(count, 50)
    sessions = {}
    for number in range(few):
        client.context(number, ssl.TLSVersion.TLSv1_3)
        sessions[number] = client.come(number, ssl.TLSVersion.TLSv1_2)
    kinds = (
        ("full, TLS 1.3", ssl.TLSVersion.TLSv1_3, False),
        ("full, TLS 1.2", ssl.TLSVersion.TLSv1_2, False),
        ("resumed, TLS 1.2", ssl.TLSVersion.TLSv1_2, True),
    )
    for upgrades, what in ((False, "handshake"), (True, "connection")):
        for name, newest, resumed in kinds:
            before = cpu(pid)
            for turn in range(handshakes):
                number = turn % few
                client.come(number, newest, sessions[number] if resumed else None, upgrades=upgrades)
            time.sleep(SETTLE)
            found[f"{what}, {name}"] = (cpu(pid) - before) / handshakes * 1000
    for number in range(count):
        client.context(number, ssl.TLSVersion.TLSv1_3)
    before, began = cpu(pid), time.perf_counter()
    with ThreadPoolExecutor(64) as pool:
        list(pool.map(lambda number: client.come(number, boots=boots), range(count)))
    found["storm"] = (cpu(pid) - before) / count * 1000
    found["storm, seconds"] = time.perf_counter() - began
    return found


def main() -> None:
    count, handshakes = ([int(one) for one in sys.argv[1:]] + [1000, 400])[:2] if len(sys.argv) > 2 else (1000, 400)
    with tempfile.TemporaryDirectory(prefix="ohmstead-bench-") as folder:
        with serving("ohmstead", folder, count) as (pid, client):
            ours = figures(pid, client, count, handshakes, boots=True)
        with serving("bare", folder, count) as (pid, client):
            floor = figures(pid, client, count, handshakes, boots=False)
    print(json.dumps({name: {"ours": round(value, 2), "bare": round(floor[name], 2)} for name, value in ours.items()}))


if __name__ == "__main__":
    if sys.argv[1:2] in (["ohmstead"], ["bare"]):
        serve = ohmstead if sys.argv[1] == "ohmstead" else bare
        uvloop.run(serve(sys.argv[2], int(sys.argv[3]), int(sys.argv[4])))
    else:
        main()
