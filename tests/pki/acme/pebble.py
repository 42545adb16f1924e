"""The real pebble, an ACME CA for tests, on loopback; and a DNS of its own, to which a program may add records."""

from __future__ import annotations

import json
import os
import shutil
import ssl
import subprocess
import threading
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from ipaddress import ip_address
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from cryptography import x509

from tests.pki.making import ca, station

ACCOUNT_ID, ACCOUNT_KEY = "kid-1", "zWNDZM6eQGHWpSRTPal5eIUYFTu7EajVIoguysqZ9wG44nMEtx3MUAsUDkMTQ12W"
_PROGRAM = """#!/bin/sh
# what an operator's program for dns-01 looks like: present|cleanup NAME VALUE
[ "$1" = present ] && path=set-txt || path=clear-txt
exec {python} -c 'import json, sys, urllib.request
body = json.dumps({{"host": sys.argv[1] + ".", "value": sys.argv[2]}}).encode()
urllib.request.urlopen("http://127.0.0.1:{port}/'$path'", body)' "$2" "$3"
"""


class Pebble(NamedTuple):
    directory: str
    trusted_file: str
    """Whom its own certificate leads to."""
    http_port: int
    """Where it looks for http-01."""
    dns_program: str
    management: str

    def root(self) -> str:
        """Of what it issues now, PEM; it makes another one with each start."""
        context = ssl.create_default_context(cafile=self.trusted_file)
        with urllib.request.urlopen(f"{self.management}/roots/0", context=context) as answer:
            return str(answer.read().decode())


def needed() -> None:
    """Skip, and say why; in CI a missing pebble fails."""
    if not (shutil.which("pebble") and shutil.which("pebble-challtestsrv")):
        missing: Any = pytest.fail if os.environ.get("CI") else pytest.skip
        missing("pebble is not installed (Debian: pebble)")


def free_ports(count: int) -> list[int]:
    with ExitStack() as held:
        servers = [held.enter_context(HTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler)) for _ in range(count)]
        return [one.server_port for one in servers]


@contextmanager
def pebble(folder: Path, *, bound_accounts: bool = False, seconds: int = 0, believes: bool = False) -> Iterator[Pebble]:
    """It looks at each challenge itself, unless it `believes`; `seconds`: how long its certificates last."""
    port, management, http, tls, dns, dns_management = free_ports(6)
    root = ca("Pebble's own")
    names = x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))])
    door = station(root, "127.0.0.1", extensions=[(names, False)])
    for name, text in (("root.pem", root.pem), ("door.pem", door.pem), ("door.key", door.key_pem)):
        (folder / name).write_text(text)
    settings: dict[str, Any] = {
        "listenAddress": f"127.0.0.1:{port}", "managementListenAddress": f"127.0.0.1:{management}",
        "certificate": "door.pem", "privateKey": "door.key", "httpPort": http, "tlsPort": tls,
    }  # fmt: skip
    if bound_accounts:
        settings |= {"externalAccountBindingRequired": True, "externalAccountMACKeys": {ACCOUNT_ID: ACCOUNT_KEY}}
    if seconds:
        settings["certificateValidityPeriod"] = seconds
    (folder / "pebble.json").write_text(json.dumps({"pebble": settings}))
    program = folder / "records"
    program.write_text(_PROGRAM.format(python="python3", port=dns_management))
    program.chmod(0o755)
    own = {"PEBBLE_VA_NOSLEEP": "1", "PEBBLE_VA_ALWAYS_VALID": str(int(believes)), "PEBBLE_WFE_NONCEREJECT": "30"}
    # its DNS says 127.0.0.1 to whatever it is asked
    names_server = f"pebble-challtestsrv -dns01 127.0.0.1:{dns} -management 127.0.0.1:{dns_management}"
    names_server += " -http01= -https01= -tlsalpn01= -defaultIPv4 127.0.0.1 -defaultIPv6="
    with ExitStack() as running:
        running.enter_context(_run(names_server.split(" "), folder, {}, "Starting management server"))
        command = ["pebble", "-config", "pebble.json", "-dnsserver", f"127.0.0.1:{dns}"]
        running.enter_context(_run(command, folder, own, "ACME directory available"))
        yield Pebble(
            f"https://127.0.0.1:{port}/dir", str(folder / "root.pem"), http, str(program),
            f"https://127.0.0.1:{management}",
        )  # fmt: skip


@contextmanager
def _run(command: list[str], folder: Path, environment: dict[str, str], ready: str) -> Iterator[None]:
    with subprocess.Popen(
        command, cwd=folder, env=os.environ | environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as process:
        assert process.stdout is not None
        said = []
        while ready not in (line := process.stdout.readline()):
            said.append(line)
            assert line, f"{command[0]} did not start: {''.join(said)}"
        drain = threading.Thread(target=process.stdout.read)
        drain.start()
        try:
            yield
        finally:
            process.kill()
            drain.join()
