"""The API's own document, tried out: no answer that it does not name, never a 5xx, nothing wrong that is taken."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from tests.acceptance.fuzzing import Fuzz, furnished
from tests.acceptance.serving import KEY
from tests.acceptance.test_crossing import BODIES
from tests.acceptance.world import Known, operations

World = tuple[str, Any, Known]


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    with furnished() as one:
        yield one


NEVER = {"If-Match": '"never"', "Authorization": f"Bearer {KEY}"}


@pytest.mark.system
def test_if_match_is_named_where_it_counts_and_nowhere_overlooked(world: World) -> None:
    base, document, ids = world
    named, wrong = 0, []
    with httpx.Client(base_url=base, headers=NEVER) as client:
        for method, path, operation in operations(document):
            if method not in ("PATCH", "PUT", "DELETE"):
                continue
            named += any(one["name"] == "If-Match" for one in operation["parameters"])
            body = BODIES.get(operation["operationId"], {}) if "requestBody" in operation else None
            answer = client.request(method, path.format_map(ids[path]), json=body)
            if answer.status_code != 412:
                wrong.append(f"{method} {path}: {answer.status_code} {answer.text[:200]}")
    assert wrong == []
    assert named == 24


@pytest.mark.system
@pytest.mark.timeout(300)
def test_every_operation_answers_as_its_document_says(world: World) -> None:
    base, document, ids = world
    fuzz = Fuzz(base, document, ids, examples=1)
    fuzz.run()
    assert fuzz.wrong == {}
    assert fuzz.operations == sum(len(methods) for methods in document["paths"].values())
    assert fuzz.asked > 1.5 * fuzz.operations
    assert {200, 201, 404, 422} <= fuzz.statuses.keys()
