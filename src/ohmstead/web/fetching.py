"""One call to another server: to an address that was looked at, without redirects, bounded in time and size."""

from __future__ import annotations

import asyncio
import contextlib
from typing import NamedTuple

import httpx

from ohmstead.web.addresses import Forbidden, Reach, resolve


class Unreached(Exception):
    """There is no answer; the message says why."""


class Fetched(NamedTuple):
    """An answer, whatever its status."""

    status: int
    body: bytes


class Limits(NamedTuple):
    """What one call may cost."""

    patience: float
    """Seconds, from looking up the name to the last byte."""
    largest: int
    """Bytes of the answer."""


async def aimed(
    client: httpx.AsyncClient, method: str, url: str, reach: Reach, content: bytes | None, headers: dict[str, str]
) -> httpx.Request:
    """A request to the very address that was looked at. Raises Forbidden, and OSError where the name is not known."""
    target = httpx.URL(url)
    address = await resolve(target.host, target.port or (443 if target.scheme == "https" else 80), reach)
    return client.build_request(
        method,
        target.copy_with(host=str(address)),
        content=content,
        headers={**headers, "host": target.netloc.decode("ascii")},
        extensions={"sni_hostname": target.host},
    )


async def by_proxy(
    client: httpx.AsyncClient, method: str, url: str, reach: Reach, content: bytes | None, headers: dict[str, str]
) -> httpx.Request:
    """A request for a proxy, which looks up the name itself: here it may be unknown. Raises Forbidden."""
    target = httpx.URL(url)
    with contextlib.suppress(OSError):
        await resolve(target.host, 80, reach)
    return client.build_request(method, target, content=content, headers=headers)


async def fetch(
    client: httpx.AsyncClient,
    method: str,
    url: str,
    reach: Reach,
    limits: Limits,
    *,
    content: bytes | None = None,
    headers: dict[str, str] | None = None,
    proxied: bool = False,
) -> Fetched:
    """Call, and read the answer. `proxied`: the client has a proxy. Raises Unreached."""
    said = {**(headers or {}), "accept-encoding": "identity", "user-agent": "Ohmstead"}
    build = by_proxy if proxied else aimed
    try:
        async with asyncio.timeout(limits.patience):
            answer = await client.send(await build(client, method, url, reach, content, said), stream=True)
            try:
                return Fetched(answer.status_code, await _body(answer, limits.largest))
            finally:
                await answer.aclose()
    except TimeoutError:
        raise Unreached(f"{url} did not answer within {limits.patience:g} s.") from None
    except Forbidden as error:
        raise Unreached(f"{error}.") from None
    except OSError as error:
        raise Unreached(f"{url} was not found: {error}.") from None
    except (httpx.HTTPError, httpx.InvalidURL, ValueError) as error:
        why = f"{type(error).__name__} {error}".rstrip(" .")
        raise Unreached(f"{url} cannot be called: {why}.") from None


async def _body(answer: httpx.Response, largest: int) -> bytes:
    """As it came: what would unpack to more than it says is not unpacked. Raises Unreached."""
    found = bytearray()
    async for chunk in answer.aiter_raw():
        found += chunk
        if len(found) > largest:
            raise Unreached(f"{answer.url} answers more than {largest} bytes.")
    return bytes(found)
