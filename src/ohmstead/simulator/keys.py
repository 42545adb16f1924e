"""What a station has on disk: whom it trusts, and its own key with its certificate (security profile 3)."""

from __future__ import annotations

import os
import ssl
from collections.abc import Iterable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple


class Own(NamedTuple):
    """A key and the certificate for it, both PEM; the chain has the station's certificate first."""

    key: str
    chain: str


class Keys(NamedTuple):
    """Where they lie. What the CSMS gives later goes into `folder`, one file for each station; without a folder it is
    forgotten when the simulator ends."""

    ca: Path | None = None
    """Roots of the CSMS, PEM; None: the system's."""
    cert: Path | None = None
    key: Path | None = None
    folder: Path | None = None

    def own(self, identity: str) -> Own | None:
        """What the station has; what it was given last comes before what it was born with. Raises OSError."""
        kept = self._file(identity)
        if kept is not None and kept.exists():
            key, mark, chain = kept.read_text().partition("-----BEGIN CERTIFICATE-----")
            return Own(key, mark + chain)
        if self.cert is None:
            return None
        return Own((self.key or self.cert).read_text(), self.cert.read_text())

    def keep(self, identity: str, own: Own) -> None:
        """Have it on disk before anybody is told that the station has it."""
        file = self._file(identity)
        if file is None:
            return
        file.parent.mkdir(parents=True, exist_ok=True)
        new = file.with_suffix(".new")
        _write(new, own)
        new.replace(file)

    def _file(self, identity: str) -> Path | None:
        return None if self.folder is None else self.folder / f"{identity.replace('/', '_')}.pem"


def context(roots: Iterable[str], own: Own | None) -> ssl.SSLContext:
    """For TLS with these roots (none: the system's), showing this certificate, if any. Raises ssl.SSLError."""
    made = ssl.create_default_context(cadata="".join(roots) or None)
    made.minimum_version = ssl.TLSVersion.TLSv1_2
    if own is not None:
        with TemporaryDirectory() as folder:  # Python's ssl reads keys from files only
            file = Path(folder) / "own.pem"
            _write(file, own)
            made.load_cert_chain(file)
    return made


def _write(path: Path, own: Own) -> None:
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        file.write(own.key.rstrip("\n") + "\n" + own.chain)
