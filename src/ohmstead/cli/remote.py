"""The API of a running Ohmstead, as the verbs use it: find it, ask, and say in one line what it refused."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Annotated, Any
from urllib.parse import quote

import httpx
from cyclopts import Parameter

from ohmstead.cli import Failed, configuration
from ohmstead.cli.output import progress
from ohmstead.settings import Settings, address

ADMIN_KEY = "admin.key"
PAGE = 1000
SILENCE = 60.0
"""Seconds without a sign of life after which a stream is given up."""


@Parameter(name="*")
@dataclass(frozen=True)
class Remote:
    """Which Ohmstead to ask, and how to print the answer."""

    url: Annotated[str | None, Parameter(help="its address, for example http://127.0.0.1:8080")] = None
    key: Annotated[str | None, Parameter(help="API key")] = None
    config: Annotated[Path | None, Parameter(help="settings file, to find both")] = None
    json: Annotated[bool, Parameter(help="print one JSON document", negative="")] = False

    def get(self, *path: str, **query: Any) -> Any:
        return _json(self._ask("GET", path, query))

    def file(self, *path: str, **query: Any) -> httpx.Response:
        """What is no JSON: `content`, and `headers` of which `X-Next-Cursor` leads on."""
        return self._ask("GET", path, query)

    def post(self, *path: str, body: Any = None, **query: Any) -> Any:
        return _json(self._ask("POST", path, query, body))

    def patch(self, *path: str, body: Any, **query: Any) -> Any:
        return _json(self._ask("PATCH", path, query, body))

    def put(self, *path: str, body: Any, **query: Any) -> Any:
        return _json(self._ask("PUT", path, query, body))

    def delete(self, *path: str, **query: Any) -> Any:
        return _json(self._ask("DELETE", path, query))

    def ask(self, method: str, *path: str, body: Any = None, **query: Any) -> Any:
        """Any operation: JSON as it is, anything else as text."""
        answer = self._ask(method, path, query, body)
        is_json = "json" in answer.headers.get("content-type", "json")
        return _json(answer) if is_json else answer.text

    def upload(self, content: IO[bytes], *path: str, **query: Any) -> Any:
        """POST the bytes of a file."""
        return _json(self._ask("POST", path, query, content))

    def lines(self, *path: str, **query: Any) -> Iterator[str]:
        """The lines of an answer that goes on."""
        base, key = self._where()
        given = {name: _word(value) for name, value in query.items() if value is not None}
        url, headers = f"{base}/api/v1/{'/'.join(path)}", {"Authorization": f"Bearer {key}"}
        try:
            with httpx.stream("GET", url, params=given, headers=headers, timeout=SILENCE) as answer:
                if answer.status_code >= 400:
                    answer.read()
                    raise Failed(_refusal(answer))
                yield from answer.iter_lines()
        except httpx.HTTPError as error:
            raise Failed(f"{base} does not answer any more: {error!r}") from None

    def all(self, *path: str, limit: int, **query: Any) -> list[dict[str, Any]]:
        """Up to `limit` rows of a list, page by page."""
        rows: list[dict[str, Any]] = []
        cursor = None
        with progress(path[-1]) as advance:
            while len(rows) < limit:
                page = self.get(*path, **query, limit=min(PAGE, limit - len(rows)), cursor=cursor)
                rows += page["data"]
                advance(len(page["data"]))
                cursor = page["next_cursor"]
                if cursor is None:
                    break
        return rows

    def _ask(self, method: str, path: tuple[str, ...], query: dict[str, Any], body: Any = None) -> httpx.Response:
        base, key = self._where()
        url = f"{base}/api/v1/{'/'.join(quote(part, safe='') for part in path)}"
        given = {name.rstrip("_"): _word(value) for name, value in query.items() if value is not None}
        content, kind = _content(body)
        timeout = 30 + float(query.get("wait") or 0)
        try:
            answer = httpx.request(
                method,
                url,
                params=given,
                headers={"Authorization": f"Bearer {key}", **kind},
                timeout=timeout,
                **content,
            )
        except httpx.HTTPError as error:
            raise Failed(f"{base} does not answer: {error}; is `ohmstead serve` running there?") from None
        if answer.status_code >= 400:
            raise Failed(_refusal(answer))
        return answer

    def _where(self) -> tuple[str, str]:
        url, key = self.url or os.environ.get("OHMSTEAD_URL"), self.key or os.environ.get("OHMSTEAD_KEY")
        if url and key:
            return url.rstrip("/"), key
        settings = configuration.settings(self.config)
        return (url or _local(settings)).rstrip("/"), key or _admin_key(settings)


def _content(body: Any) -> tuple[dict[str, Any], dict[str, str]]:
    """A body as httpx takes it, and its type: JSON, CSV in bytes, or an open file."""
    if isinstance(body, bytes):
        return {"content": body}, {"Content-Type": "text/csv"}
    if hasattr(body, "read"):
        return {"content": body}, {"Content-Type": "application/octet-stream"}
    return ({} if body is None else {"json": body}), {}


def _json(answer: httpx.Response) -> Any:
    return answer.json() if answer.content else None


def _local(settings: Settings) -> str:
    host, port = address(settings.api.bind)
    host = "127.0.0.1" if host in ("", "0.0.0.0") else "[::1]" if host == "::" else f"[{host}]" if ":" in host else host
    return f"http://{host}:{port}"


def _admin_key(settings: Settings) -> str:
    if settings.api.bootstrap_key:
        return settings.api.bootstrap_key
    path = Path(settings.data_dir, ADMIN_KEY)
    try:
        return path.read_text().strip()
    except OSError as error:
        raise Failed(f"no API key: {path}: {error.strerror}; give --key, or OHMSTEAD_KEY in the environment") from None


def _word(value: Any) -> str | list[str]:
    if isinstance(value, list):
        return [str(one) for one in value]
    return str(value).lower() if isinstance(value, bool) else str(value)


def _refusal(answer: httpx.Response) -> str:
    """What a problem document says, in one line."""
    try:
        problem = answer.json()
        if "reasons" in problem:
            return f"{answer.url.copy_with(path='/')} is not ready: {'; '.join(problem['reasons'])}"
        faults = [f"{fault['pointer']}: {fault['detail']}" for fault in problem.get("errors", ())]
        return f"{problem['title']}: {'; '.join(faults) or problem['detail']} ({answer.status_code})"
    except (ValueError, KeyError, TypeError, AttributeError):
        return f"{answer.url} answered {answer.status_code}, not as Ohmstead does; is the address right?"
