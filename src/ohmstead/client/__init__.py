"""The SDK: Ohmstead's API for Python, with `await` (`Client`) or without (`SyncClient`).

    async with Client("http://127.0.0.1:8080", key) as client:
        async for station in client.stations.list(online=True):
            print(station.id)

Each resource of the API is an attribute, each of its operations a method; `operations.py` and `sync_operations.py` are
written from the API's routes by `make docs`. Answers are the structs of `ohmstead.shapes`.
"""

from __future__ import annotations

from ohmstead.client.async_client import Client
from ohmstead.client.errors import (
    ApiError,
    Changed,
    CommandFailed,
    Conflict,
    Forbidden,
    Gone,
    Invalid,
    NotFound,
    NotOhmstead,
    NotReady,
    OhmsteadError,
    Unauthorized,
    Unreachable,
)
from ohmstead.client.sync_client import SyncClient
from ohmstead.client.webhooks import NotGenuine

__all__ = [
    "ApiError",
    "Changed",
    "Client",
    "CommandFailed",
    "Conflict",
    "Forbidden",
    "Gone",
    "Invalid",
    "NotFound",
    "NotGenuine",
    "NotOhmstead",
    "NotReady",
    "OhmsteadError",
    "SyncClient",
    "Unauthorized",
    "Unreachable",
]
