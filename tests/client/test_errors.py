from __future__ import annotations

import json

import pytest

from ohmstead.client import errors

PROBLEM = {"type": "/api/v1/docs/problems/invalid", "title": "Bad", "status": 422, "detail": "no", "request_id": "r"}


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (401, errors.Unauthorized), (403, errors.Forbidden), (404, errors.NotFound), (409, errors.Conflict),
        (410, errors.Gone), (412, errors.Changed), (422, errors.Invalid), (500, errors.ApiError),
    ],
)  # fmt: skip
def test_each_status_has_its_exception(status, kind):
    found = errors.refusal(status, json.dumps(PROBLEM).encode(), "u")
    assert type(found) is kind
    assert (found.kind, found.status, str(found)) == ("invalid", 422, "Bad: no (422)")


def test_fields_are_named():
    faults = [{"pointer": "/id", "detail": "is short"}]
    found = errors.refusal(422, json.dumps({**PROBLEM, "errors": faults}).encode(), "u")
    assert str(found) == "Bad: /id: is short (422)"


@pytest.mark.parametrize("body", [b"<html>", b"[]", b"{}", b"5"])
def test_what_is_no_ohmstead_is_said_to_be_none(body):
    assert "not as Ohmstead does" in str(errors.refusal(404, body, "http://x"))
