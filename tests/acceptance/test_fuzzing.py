"""The API's own document, tried out: no answer that it does not name, never a 5xx."""

from __future__ import annotations

import pytest

from tests.acceptance.fuzzing import Fuzz, furnished


@pytest.mark.system
@pytest.mark.timeout(300)
def test_every_operation_answers_as_its_document_says() -> None:
    with furnished() as (base, document, ids):
        fuzz = Fuzz(base, document, ids, examples=1)
        fuzz.run()
    assert fuzz.wrong == {}
    assert fuzz.operations == sum(len(methods) for methods in document["paths"].values())
    assert fuzz.asked > 1.5 * fuzz.operations
    assert {200, 201, 404, 422} <= fuzz.statuses.keys()
