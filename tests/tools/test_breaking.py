from __future__ import annotations

import copy
import importlib.util
import json
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
API = json.loads((ROOT / "docs/reference/openapi.json").read_text())
TOKENS = "/api/v1/tokens"


@pytest.fixture(scope="module")
def tool():
    spec = importlib.util.spec_from_file_location("breaking", ROOT / "tools" / "breaking.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def gone(api):
    del api["paths"][TOKENS]["post"]


def no_field(api):
    del api["components"]["schemas"]["TokenNew"]["properties"]["holder"]


def a_need(api):
    api["components"]["schemas"]["TokenNew"]["required"] = ["token", "type"]


def fewer_values(api):
    api["components"]["schemas"]["TokenNew"]["properties"]["status"]["enum"].remove("blocked")


def shown_no_more(api):
    del api["components"]["schemas"]["Token"]["properties"]["holder"]


def another_type(api):
    api["components"]["schemas"]["Token"]["properties"]["token"]["type"] = "integer"


def no_parameter(api):
    api["paths"][TOKENS]["get"]["parameters"] = []


def another_status(api):
    api["paths"][TOKENS]["post"]["responses"].pop("201")


@pytest.mark.parametrize(
    ("change", "line"),
    [
        (gone, "POST /api/v1/tokens: is gone"),
        (no_field, "POST /api/v1/tokens: takes the field holder no longer"),
        (a_need, "POST /api/v1/tokens: needs the field type now"),
        (fewer_values, "POST /api/v1/tokens: takes blocked in status no longer"),
        (shown_no_more, "GET /api/v1/tokens/{token}: answers without holder"),
        (another_type, "GET /api/v1/tokens/{token}: answers token as integer, no longer as string"),
        (no_parameter, "GET /api/v1/tokens: takes cursor no longer"),
        (another_status, "POST /api/v1/tokens: answers 201 no longer"),
    ],
)
def test_what_breaks_programs_is_named(tool, change, line):
    new = copy.deepcopy(API)
    change(new)
    assert line in tool.broken(API, new)
    assert tool.broken(API, API) == []


def test_what_is_added_breaks_nothing(tool):
    old = copy.deepcopy(API)
    gone(old)
    no_parameter(old)
    shown_no_more(old)
    assert tool.broken(old, API) == []
