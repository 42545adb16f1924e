"""The console's files: static ES modules beside the API, which is all they use.

    /                       index.html, as for every path that a browser opens (`/stations/CS7`): the page reads its URL
    /static/<version>/...   everything else; the version is a hash of all files, so a file may be kept for ever

The policy allows this host and nothing else: no inline script, no other site, no frame around it. Only the pictures of
a map may come from one more host, where `console.map_tiles` names it.
"""

from __future__ import annotations

import hashlib
import html
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
FOR_EVER = "public, max-age=31536000, immutable"


class Pages:
    """An ASGI application: the console where it is `shown`, and `api` for all that is not the console's."""

    def __init__(self, api: Any, home: Path = HOME, *, shown: bool = True, settings: Console | None = None) -> None:
        self.api, self.home, self.shown = api, home, shown
        self.settings = settings or Console()
        self.safe = SAFE | {"Content-Security-Policy": policy(self.settings.map_tiles)}

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if self.shown and scope["type"] == "http" and scope["method"] in ("GET", "HEAD"):
            accept = dict(scope["headers"]).get(b"accept", b"").decode("latin-1")
            found = self.find(scope["path"], accept)
            if found is not None:
                body, headers = found
                await _answer(send, body if scope["method"] == "GET" else b"", len(body), headers)
                return
        await self.api(scope, receive, send)

    def find(self, path: str, accept: str) -> tuple[bytes, Mapping[str, str]] | None:
        """Body and headers of one of the console's files; None: the path is not the console's."""
        if path.startswith(STATIC):
            file = self._file(path.removeprefix(STATIC).partition("/")[2])
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
        static, names = f"{STATIC}{self.version()}", self._names()
        styles = [name for name in names if name.startswith("style/")]
        modules = [name for name in names if _is_module(name)]
        parts = {
            "static": static,
            "tiles": html.escape(self.settings.map_tiles),
            "attribution": html.escape(self.settings.map_attribution),
            "icons": (self.home / "icons.svg").read_text(),
            "styles": _lines(f'<link rel="stylesheet" href="{static}/{name}">' for name in styles),
            "preloads": _lines(f'<link rel="modulepreload" href="{static}/{name}">' for name in modules),
        }
        text = (self.home / "index.html").read_text()
        for name, part in parts.items():
            text = text.replace("{{" + name + "}}", part)
        return text.encode()

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


def _is_module(name: str) -> bool:
    """theme.js is none: it runs before anything is painted."""
    return name.endswith(".js") and name != "theme.js"


def _lines(tags: Iterable[str]) -> str:
    return "\n".join(f"  {tag}" for tag in tags)


async def _answer(send: Any, body: bytes, length: int, headers: Mapping[str, str]) -> None:
    given = {"Content-Length": str(length), **headers}
    pairs = [(name.lower().encode(), value.encode()) for name, value in given.items()]
    await send({"type": "http.response.start", "status": 200, "headers": pairs})
    await send({"type": "http.response.body", "body": body})
