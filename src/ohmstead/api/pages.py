"""The console's files: static ES modules beside the API, which is all they use.

    /                       index.html, as for every path that a browser opens (`/stations/CS7`): the page reads its URL
    /static/<version>/...   everything else; the version is a hash of all files, so a file may be kept for ever
    /static/<version>/console.css   all styles in one; texts are packed for whoever takes them so (gzip)

The policy allows this host and nothing else: no inline script, no other site, no frame around it. Only the pictures of
a map may come from one more host, where `console.map_tiles` names it.
"""

from __future__ import annotations

import gzip
import hashlib
import html
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import ohmstead
from ohmstead.settings import Console

HOME = Path(ohmstead.__file__).parent / "console"
STATIC = "/static/"
TYPES = {
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".svg": "image/svg+xml",
    ".json": "application/json",
}
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
SAFE = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
}
STYLES = "console.css"
FIRST = ("app.js", "pages/fleet.js")
"""Modules that the first page begins with; what they import statically is loaded beside them."""
_IMPORTED = re.compile(r'(?:^|;)\s*(?:import|export)\b[^;]*?from\s*"(\.[^"]+)"', re.MULTILINE)
PACKED_FROM = 1_000
"""Bytes: below it packing saves nothing."""
FOR_EVER = "public, max-age=31536000, immutable"


class Pages:
    """An ASGI application: the console where it is `shown`, and `api` for all that is not the console's."""

    def __init__(self, api: Any, home: Path = HOME, *, shown: bool = True, settings: Console | None = None) -> None:
        self.api, self.home, self.shown = api, home, shown
        self.settings = settings or Console()
        self._made = "", b""
        """The page, and the version it is of."""
        self._kept: dict[str, tuple[bytes, bytes]] = {}
        """Of a file: as it is, and packed."""
        self.safe = SAFE | {"Content-Security-Policy": policy(self.settings.map_tiles)}

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if self.shown and scope["type"] == "http" and scope["method"] in ("GET", "HEAD"):
            asked = dict(scope["headers"])
            found = self.find(scope["path"], asked.get(b"accept", b"").decode("latin-1"))
            if found is not None:
                body, headers = self._packed(scope["path"], *found, b"gzip" in asked.get(b"accept-encoding", b""))
                await _answer(send, body if scope["method"] == "GET" else b"", len(body), headers)
                return
        await self.api(scope, receive, send)

    def find(self, path: str, accept: str) -> tuple[bytes, Mapping[str, str]] | None:
        """Body and headers of one of the console's files; None: the path is not the console's."""
        if path.startswith(STATIC):
            name = path.removeprefix(STATIC).partition("/")[2]
            if name == STYLES:
                return self._styles(), {"Content-Type": TYPES[".css"], "Cache-Control": FOR_EVER, **self.safe}
            file = self._file(name)
            if file is None:
                return None
            return file.read_bytes(), {"Content-Type": TYPES[file.suffix], "Cache-Control": FOR_EVER, **self.safe}
        if path != "/" and (path.startswith("/api/") or "text/html" not in accept):
            return None
        return self._page(), {"Content-Type": TYPES[".html"], "Cache-Control": "no-cache", **self.safe}

    def _file(self, name: str) -> Path | None:
        file = (self.home / name).resolve()
        inside = file.is_relative_to(self.home.resolve()) and file.is_file()
        return file if inside and file.suffix in TYPES else None

    def _page(self) -> bytes:
        if not (self.home / "vendor" / "lock.sha256").is_file():
            return (self.home / "unbuilt.html").read_bytes()
        version = self.version()
        if self._made[0] != version:
            self._made = version, self._make(f"{STATIC}{version}")
        return self._made[1]

    def _make(self, static: str) -> bytes:
        parts = {
            "static": static,
            "tiles": html.escape(self.settings.map_tiles),
            "attribution": html.escape(self.settings.map_attribution),
            "icons": (self.home / "icons.svg").read_text(),
            "styles": f'  <link rel="stylesheet" href="{static}/{STYLES}">',
            "preloads": _lines(f'<link rel="modulepreload" href="{static}/{name}">' for name in self._modules()),
        }
        text = (self.home / "index.html").read_text()
        for name, part in parts.items():
            text = text.replace("{{" + name + "}}", part)
        return text.encode()

    def _styles(self) -> bytes:
        """In the order of their names: the first one says the order of the layers."""
        names = [name for name in self._names() if name.startswith("style/")]
        return b"\n".join((self.home / name).read_bytes() for name in names)

    def _modules(self) -> list[str]:
        """What the first page needs: FIRST and all that is imported from there. A page that comes later is not."""
        found, waiting = set[str](), [name for name in FIRST if (self.home / name).is_file()]
        while waiting:
            name = waiting.pop()
            if name not in found:
                found.add(name)
                folder = (self.home / name).parent
                paths = (folder / path for path in _IMPORTED.findall((self.home / name).read_text()))
                waiting += [str(path.resolve().relative_to(self.home.resolve())) for path in paths]
        return sorted(found)

    def _packed(
        self, path: str, body: bytes, headers: Mapping[str, str], packs: bool
    ) -> tuple[bytes, Mapping[str, str]]:
        """The body as it goes out. A file is packed once for each version; the page is small and is not."""
        if not packs or not path.startswith(STATIC) or len(body) < PACKED_FROM:
            return body, headers
        name = path.removeprefix(STATIC).partition("/")[2]
        kept = self._kept.get(name)
        if kept is None or kept[0] != body:
            kept = self._kept[name] = (body, gzip.compress(body, 6))
        return kept[1], {**headers, "Content-Encoding": "gzip", "Vary": "Accept-Encoding"}

    def version(self) -> str:
        """Another one as soon as a file changes: who edits the console only reloads."""
        seen = hashlib.sha256()
        for name in self._names():
            stat = (self.home / name).stat()
            seen.update(f"{name} {stat.st_mtime_ns} {stat.st_size}\n".encode())
        return seen.hexdigest()[:12]

    def _names(self) -> list[str]:
        return sorted(str(path.relative_to(self.home)) for path in self.home.rglob("*") if path.suffix in TYPES)


def policy(tiles: str) -> str:
    """The policy; where there is a URL of map tiles, pictures may come from its host too."""
    if not tiles:
        return POLICY
    url = urlsplit(tiles)
    return POLICY.replace("img-src 'self' data:", f"img-src 'self' data: {url.scheme}://{url.netloc}")


def _lines(tags: Iterable[str]) -> str:
    return "\n".join(f"  {tag}" for tag in tags)


async def _answer(send: Any, body: bytes, length: int, headers: Mapping[str, str]) -> None:
    given = {"Content-Length": str(length), **headers}
    pairs = [(name.lower().encode(), value.encode()) for name, value in given.items()]
    await send({"type": "http.response.start", "status": 200, "headers": pairs})
    await send({"type": "http.response.body", "body": body})
