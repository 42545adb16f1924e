from __future__ import annotations

import json

import pytest

from ohmstead.api.problems import KINDS, Refused, invalid, not_found, of_status


@pytest.mark.parametrize("kind", KINDS)
def test_a_problem_says_what_where_and_why(kind):
    problem = json.loads(Refused(kind, "why").body("req_1"))
    assert problem["status"] == KINDS[kind][0]
    assert problem["type"] == f"/api/v1/docs/problems/{kind}"
    assert (problem["detail"], problem["request_id"]) == ("why", "req_1")
    assert "errors" not in problem
    assert "oldest" not in problem


def test_a_field_at_fault():
    assert json.loads(invalid("/a", "is bad", "query").body("r"))["errors"] == [
        {"pointer": "/a", "detail": "is bad", "location": "query"}
    ]


@pytest.mark.parametrize(("status", "kind"), [(404, "not-found"), (418, "bad-request"), (599, "internal")])
def test_the_frameworks_errors(status, kind):
    assert of_status(status, "x").kind == kind


def test_not_found_names_what():
    assert "station 'CS1'" in str(not_found("station", "CS1"))
