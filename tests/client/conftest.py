"""A client whose requests a test answers, in turn; pauses take no time."""

from __future__ import annotations

import asyncio
import time
from typing import Any

import httpx
import pytest

from ohmstead.client import Client, SyncClient


class Wire:
    """Answers each request by the next of `answers`; an exception is raised; the last one is for ever."""

    def __init__(self) -> None:
        self.asked: list[httpx.Request] = []
        self.answers: list[Any] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request)
        one = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(one, Exception):
            raise one
        return one if isinstance(one, httpx.Response) else httpx.Response(200, json=one)


@pytest.fixture
def wire() -> Wire:
    return Wire()


@pytest.fixture
def pauses(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    made: list[float] = []

    async def waited(seconds: float) -> None:
        made.append(seconds)

    monkeypatch.setattr(time, "sleep", made.append)
    monkeypatch.setattr(asyncio, "sleep", waited)
    return made


@pytest.fixture
def plain(wire: Wire, pauses: list[float]) -> SyncClient:
    return SyncClient("http://o.test/", "k", transport=httpx.MockTransport(wire))


@pytest.fixture
def waiting(wire: Wire, pauses: list[float]) -> Client:
    return Client("http://o.test", "k", transport=httpx.MockTransport(wire))
