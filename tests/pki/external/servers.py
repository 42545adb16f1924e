"""CAs on loopback: real HTTP, and protocols written from their documents, not from our clients."""

from __future__ import annotations

import base64
import json
import shutil
import sqlite3
import ssl
import subprocess
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any, NamedTuple

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.hazmat.primitives.serialization.pkcs7 import serialize_certificates

from ohmstead.domain.certificates import DAY
from ohmstead.pki import csr
from ohmstead.pki.issuer import Order
from tests.pki.making import CA, NOW, Made, ca


class Asked(NamedTuple):
    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes


Said = tuple[int, bytes]
ROOT = ca("Foreign Root")
SUB_KEY = ec.generate_private_key(ec.SECP256R1())
_KNOWN = (x509.SubjectKeyIdentifier.from_public_key(SUB_KEY.public_key()), False)
SUB = ca("Foreign Sub-CA", ROOT, key=SUB_KEY, extensions=[*CA, _KNOWN])


def order(name: str = "SN1", request: str | None = None) -> Order:
    text = request or csr.generate(common_name=name, organization="Ohmstead")[1]
    return csr.order(text, common_name=name, organization="Ohmstead")


def sign(request: x509.CertificateSigningRequest, **more: Any) -> x509.Certificate:
    """What a CA makes of a request that it believes."""
    assert request.is_signature_valid
    made = Made(**{"subject": request.subject, "issuer": SUB, "key": request, "begins": NOW - DAY} | more)
    return made.x509


def pem(*certificates: x509.Certificate) -> str:
    return "".join(one.public_bytes(Encoding.PEM).decode() for one in certificates)


def pkcs7(*certificates: x509.Certificate) -> bytes:
    return base64.encodebytes(serialize_certificates(list(certificates), Encoding.DER))


def as_json(body: Any) -> bytes:
    return json.dumps(body).encode()


@contextmanager
def served(answer: Callable[[Asked], Said], context: ssl.SSLContext | None = None) -> Iterator[str]:
    """The URL of a server that answers so."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length") or 0))
            status, said = answer(Asked(self.command, self.path, self.headers, body))
            self.send_response(status)
            self.send_header("content-length", str(len(said)))
            self.end_headers()
            self.wfile.write(said)

        do_GET = do_POST

        def log_message(self, *_: object) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    if context is not None:
        server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield f"{'https' if context else 'http'}://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


KEY = "00112233445566778899aabbccddeeff"
_CONFIG = {
    "signing": {
        "default": {"usages": ["digital signature"], "expiry": "8760h"},
        "profiles": {"keyed": {"usages": ["digital signature"], "expiry": "8760h", "auth_key": "k"}},
    },
    "auth_keys": {"k": {"type": "standard", "key": KEY}},
}  # fmt: skip


def has_cfssl() -> bool:
    return shutil.which("cfssl") is not None


_CERTDB = """
CREATE TABLE certificates (
  serial_number blob NOT NULL, authority_key_identifier blob NOT NULL, ca_label blob, status blob NOT NULL, reason int,
  expiry timestamp, revoked_at timestamp, pem blob NOT NULL, PRIMARY KEY (serial_number, authority_key_identifier));
"""
"""The columns that cfssl's own migrations make."""


@contextmanager
def cfssl(folder: Path, authority: Made = SUB) -> Iterator[str]:
    """The URL of the real `cfssl serve`, with this CA."""
    (folder / "ca.pem").write_text(authority.pem)
    (folder / "ca.key").write_text(authority.key_pem)
    (folder / "config.json").write_text(json.dumps(_CONFIG))
    (folder / "db.json").write_text(json.dumps({"driver": "sqlite3", "data_source": "certs.db"}))
    with closing(sqlite3.connect(folder / "certs.db")) as db:
        db.executescript(_CERTDB)
    with HTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler) as free:
        port = free.server_port
    command = f"cfssl serve -address 127.0.0.1 -port {port} -ca ca.pem -ca-key ca.key -config config.json"
    command = [*command.split(), "-db-config", "db.json"]
    with subprocess.Popen(command, cwd=folder, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        while "Now listening" not in (line := process.stderr.readline()):
            assert line, "cfssl did not start"
        drain = threading.Thread(target=process.stderr.read)
        drain.start()
        try:
            yield f"http://127.0.0.1:{port}"
        finally:
            process.kill()
            drain.join()
