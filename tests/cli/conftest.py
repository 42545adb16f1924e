"""A command line whose HTTP requests are caught and answered by the test."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest

from ohmstead.cli import main


class Wire:
    """What was asked, and what is answered: a status and JSON each time, in turn; the last one for ever."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, str, dict[str, str], Any]] = []
        self.answers: list[tuple[int, Any]] = [(200, {})]
        self.headers: dict[str, str] = {}

    def request(
        self, method: str, url: str, *, params: Any, headers: Any, timeout: float, **body: Any
    ) -> httpx.Response:
        self.headers = headers
        self.asked.append((method, url, params, body.get("json", body.get("content"))))
        status, content = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        data = content if isinstance(content, bytes) else b"" if content is None else json.dumps(content).encode()
        return httpx.Response(status, content=data, request=httpx.Request(method, url))

    @property
    def last(self) -> tuple[str, str, dict[str, str], Any]:
        method, url, query, body = self.asked[-1]
        return method, url.removeprefix("http://ohmstead.test/api/v1/"), query, body


@pytest.fixture
def wire(monkeypatch: pytest.MonkeyPatch) -> Wire:
    made = Wire()
    monkeypatch.setattr(httpx, "request", made.request)
    monkeypatch.setenv("OHMSTEAD_URL", "http://ohmstead.test")
    monkeypatch.setenv("OHMSTEAD_KEY", "secret")
    return made


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Any:
    """run("station list") -> (exit status, standard output, standard error)."""

    def command(line: str | list[str]) -> tuple[int, str, str]:
        status = main(line.split() if isinstance(line, str) else line)
        out, err = capsys.readouterr()
        return status, out, err

    return command
