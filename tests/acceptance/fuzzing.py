"""The whole OpenAPI document against a running Ohmstead: schemathesis makes the requests, good ones and bad ones, and
judges the answers. `Fuzz` counts what is wrong; it never stops at the first thing.

`python -m tests.acceptance.fuzzing [--examples N] [--seed N] [--only TEXT]` is the long
run (`make bench ARGS='--only fuzz'`).
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import tempfile
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import hypothesis
import requests
import schemathesis
from hypothesis import HealthCheck, Phase
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.core.failures import FailureGroup
from schemathesis.core.parameters import ParameterLocation
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    negative_data_rejection,
    response_schema_conformance,
    status_code_conformance,
)

from tests.acceptance.serving import KEY, serving
from tests.acceptance.world import SETTINGS, Known, furnish, known

CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]
STREAMS = ("/api/v1/events/stream", "/api/v1/stations/live")
"""Answers that never end: their status and their type are looked at."""
ORDER = ("GET", "POST", "PUT", "PATCH", "DELETE")
"""What deletes comes last."""
PATIENCE = 20


@schemathesis.serializer("application/ocsp-request")
def _as_it_is(_: Any, value: Any) -> bytes:
    return value if isinstance(value, bytes) else str(value).encode("utf-8", "replace")


@contextmanager
def furnished() -> Iterator[tuple[str, Any, Known]]:
    """An Ohmstead with something of everything, in a thread: its address, its document, its ids."""
    ready: list[Any] = []
    began, over = threading.Event(), threading.Event()

    async def serve() -> None:
        with tempfile.TemporaryDirectory() as folder:
            async with serving(Path(folder), more=SETTINGS) as csms:
                ready.append(await furnish(csms))
                document = await csms.get("openapi.json")
                base = str(csms.api.base_url).removesuffix("/api/v1/")
                ready.append((base, document, await known(csms.api, document)))
                began.set()
                await asyncio.to_thread(over.wait)

    def run() -> None:
        try:
            asyncio.run(serve())
        finally:
            began.set()

    thread = threading.Thread(target=run)
    thread.start()
    try:
        began.wait()
        yield ready[1]
    finally:
        over.set()
        thread.join()


class Fuzz:
    """Requests and what is wrong with their answers, by operation and kind, each with one request that shows it."""

    def __init__(self, base: str, document: Any, ids: Known, examples: int, seed: int = 1) -> None:
        self.base, self.document, self.ids, self.examples, self.seed = base, document, ids, examples, seed
        self.asked = 0
        self.operations = 0
        self.statuses: dict[int, int] = {}
        self.wrong: dict[str, str] = {}
        self._session = requests.Session()
        self._session.auth = _with_key  # who calls is not what is tried out here

    def run(self, only: str = "", part: tuple[int, int] = (0, 1)) -> None:
        """Every operation whose name has `only` in it; of several parts, the first of (number, parts)."""
        schema = schemathesis.openapi.from_dict(
            {name: self.document[name] for name in self.document if name != "security"}
        )
        found = [one.ok() for one in schema.get_all_operations()]
        found = [one for one in found if only in f"{one.method.upper()} {one.path}"]
        found.sort(key=lambda one: ORDER.index(one.method.upper()))
        for operation in found[part[0] :: part[1]]:
            self.operations += 1
            self._operation(operation, GenerationMode.POSITIVE)
            if operation.body or operation.query or operation.headers:  # any text is a path: there is no wrong one
                self._operation(operation, GenerationMode.NEGATIVE)

    def _operation(self, operation: Any, mode: GenerationMode) -> None:
        try:
            strategy = operation.as_strategy(generation_mode=mode)

            @hypothesis.seed(self.seed)
            @hypothesis.settings(
                max_examples=self.examples, database=None, deadline=None, phases=[Phase.generate],
                suppress_health_check=list(HealthCheck),
            )  # fmt: skip
            @hypothesis.given(case=strategy, real=st.integers(0, 3))
            def ask(case: Any, real: int) -> None:
                self._ask(operation, case, real > 0)

            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                ask()
        except hypothesis.errors.Unsatisfiable:
            pass  # there is nothing to be made wrong

    def _ask(self, operation: Any, case: Any, real: bool) -> None:
        ids = self.ids.get(operation.path)
        path = case.meta.components.get(ParameterLocation.PATH)
        if real and ids and case.path_parameters and (path is None or path.mode is GenerationMode.POSITIVE):
            case.path_parameters = {**case.path_parameters, **ids}
        if case.query and isinstance(case.query.get("wait"), (int, float)) and case.query["wait"] > 0:
            case.query["wait"] = 0
        case.headers.pop("Authorization", None)
        self._session.cookies.clear()
        name = f"{operation.method.upper()} {operation.path}"
        try:
            if operation.path in STREAMS:
                self._begin_stream(name, case)
                return
            response = case.call(base_url=self.base, session=self._session, timeout=PATIENCE)
        except (requests.RequestException, ValueError, UnicodeError) as error:
            if isinstance(error, requests.Timeout | requests.ConnectionError):
                self.wrong.setdefault(f"{name}: {type(error).__name__}", shown(case))
            return  # not to be sent at all
        self._count(response.status_code)
        try:
            taken = [negative_data_rejection] if response.status_code < 300 else []
            case.validate_response(response, checks=[*CHECKS, *taken])
        except FailureGroup as group:
            for failure in group.exceptions:
                kind = f"{name}: {type(failure).__name__} {response.status_code}"
                self.wrong.setdefault(kind, f"{failure}\n{shown(case)}\n{response.content[:500]!r}")

    def _begin_stream(self, name: str, case: Any) -> None:
        sent = case.as_transport_kwargs(base_url=self.base)
        with self._session.request(**sent, stream=True, timeout=PATIENCE) as answer:
            self._count(answer.status_code)
            kind = answer.headers.get("content-type", "").partition(";")[0]
            good = "text/event-stream" if answer.status_code == 200 else "application/problem+json"
            if kind != good or answer.status_code >= 500:
                self.wrong.setdefault(f"{name}: {answer.status_code} {kind}", shown(case))

    def _count(self, status: int) -> None:
        self.asked += 1
        self.statuses[status] = self.statuses.get(status, 0) + 1


def _with_key(request: requests.PreparedRequest) -> requests.PreparedRequest:
    request.headers["Authorization"] = f"Bearer {KEY}"
    return request


def shown(case: Any) -> str:
    """The request, for people."""
    try:
        return str(case.as_curl_command())
    except (UnicodeError, ValueError):
        return repr(case)


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--examples", type=int, default=50, help="good ones and bad ones of each operation")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", default="", help="operations with this in their name: 'GET /api/v1/sites'")
    given = parser.parse_args()
    with furnished() as (base, document, ids):
        fuzz = Fuzz(base, document, ids, given.examples, given.seed)
        fuzz.run(given.only)
    for kind, example in sorted(fuzz.wrong.items()):
        print(f"--- {kind}\n{example}")
    statuses = ", ".join(f"{status}: {many}" for status, many in sorted(fuzz.statuses.items()))
    print(f"{fuzz.operations} operations, {fuzz.asked} requests ({statuses}): {len(fuzz.wrong)} kinds of wrong answers")
    return 1 if fuzz.wrong else 0


if __name__ == "__main__":
    sys.exit(main())
