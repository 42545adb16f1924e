"""Links to the file store that stations are given: each opens one thing, and whoever has none cannot guess it.

What opens it is derived from the server key, so that no secret of a link lies in the database.
"""

from __future__ import annotations

import hashlib
import hmac
from typing import Literal
from urllib.parse import quote

Door = Literal["download", "upload"]


class Links:
    """Makes links below `base` (`files.public_url`), and knows them again."""

    def __init__(self, base: str, key: bytes) -> None:
        self._base, self._key = base.rstrip("/"), key

    def download(self, file_id: int, name: str) -> str:
        """Where a station gets this file."""
        return f"{self._base}/files/download/{file_id}/{self._secret('download', str(file_id))}/{quote(name, safe='')}"

    def upload(self, procedure_id: str) -> str:
        """Where a station brings the file of this procedure, by PUT or POST; it may add a name."""
        return f"{self._base}/files/upload/{procedure_id}/{self._secret('upload', procedure_id)}"

    def opens(self, door: Door, what: str, secret: str) -> bool:
        """Whether this is the secret of that link."""
        return hmac.compare_digest(self._secret(door, what).encode(), secret.encode())

    def _secret(self, door: Door, what: str) -> str:
        return hmac.digest(self._key, f"link\0{door}\0{what}".encode(), hashlib.sha256).hex()[:40]
