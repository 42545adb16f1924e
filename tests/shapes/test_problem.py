from __future__ import annotations

import msgspec

from ohmstead.shapes.problem import Fault, Problem


def test_a_problem_shows_what_it_has():
    problem = Problem(type="t", title="T", status=422, detail="d", request_id="r", errors=[Fault("/a", "bad")])
    assert msgspec.json.decode(msgspec.json.encode(problem)) == {
        "type": "t",
        "title": "T",
        "status": 422,
        "detail": "d",
        "request_id": "r",
        "errors": [{"pointer": "/a", "detail": "bad"}],
    }
