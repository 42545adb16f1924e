"""One running Ohmstead for each module of acceptance cases, and a station of its own for each case."""

from __future__ import annotations

import contextlib
import itertools
from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Browser, Page

from tests.acceptance.browser import chromium, clean_page
from tests.acceptance.serving import Csms, serving
from tests.postgresd import Cluster

_numbers = itertools.count(1)


@pytest.fixture(scope="module")
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="module")
async def csms(tmp_path_factory: pytest.TempPathFactory, anyio_backend: str) -> AsyncIterator[Csms]:
    async with serving(tmp_path_factory.mktemp("data"), unasked_calls=()) as one:
        yield one


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def cluster(request: pytest.FixtureRequest) -> Cluster | None:
    """Where databases are made; None: SQLite's are files."""
    return request.getfixturevalue("postgres_cluster") if request.param == "postgresql" else None


@pytest.fixture(scope="module")
async def both(
    cluster: Cluster | None, tmp_path_factory: pytest.TempPathFactory, anyio_backend: str
) -> AsyncIterator[Csms]:
    """One on each kind of database in turn, for a module whose cases are tenants of it."""
    database = contextlib.nullcontext(None) if cluster is None else cluster.database("template")
    async with database as url, serving(tmp_path_factory.mktemp("both"), database_url=url) as one:
        yield one


@pytest.fixture
async def apart(both: Csms) -> AsyncIterator[Csms]:
    """A tenant of its own for each case: all that it finds is its own."""
    async with both.apart() as one:
        yield one


@pytest.fixture
async def known(csms: Csms) -> str:
    """The identity of a station that the CSMS knows, and that never came yet."""
    identity = f"CS{next(_numbers)}"
    await csms.add_station(identity)
    return identity


@pytest.fixture(scope="module")
async def browser(anyio_backend: str) -> AsyncIterator[Browser]:
    async with chromium() as one:
        yield one


@pytest.fixture
async def browser_page(browser: Browser) -> AsyncIterator[Page]:
    async with clean_page(browser) as page:
        yield page
