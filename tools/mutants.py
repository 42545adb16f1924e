"""Does the support matrix mean anything? For each row its handler is replaced by one that gives the smallest valid
answer and does nothing, its command by one that sends nothing and says accepted; then a test of its block must fail.

    mutants.py [VERSION:ACTION ...]        all rows of docs/support.md without arguments

A row is an action of a version; its tests are those that `ohmstead support` names. Each row runs in a process of its
own, forked when all is imported. Prints the rows that no test notices; exit status 1 if there are any.
"""

from __future__ import annotations

import contextlib
import json
import os
import sys
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import Any

import pytest
from msgspec import Raw

from ohmstead import blocks
from ohmstead.blocks.command import COMMANDS, Outcome
from ohmstead.blocks.support import Support, support
from ohmstead.ocpp import schemas
from ohmstead.ocpp.versions import BY_NAME

ROOT = Path(__file__).resolve().parent.parent
OPTIONS = ["-q", "-p", "no:cacheprovider", "-p", "no:xdist", "-k", "not postgresql"]
NOW = "2025-11-24T16:00:00.000Z"


def smallest(version: str, action: str) -> Any:
    """The smallest response that the official schema takes."""
    try:
        schema = schemas.schema(BY_NAME[version], action, "response")
    except schemas.UnknownMessage:
        return {}  # a SEND: nobody hears it
    answer = _least(schema, schema)
    assert schemas.problems(BY_NAME[version], action, "response", answer) == []
    return answer


def _least(schema: dict[str, Any], root: dict[str, Any]) -> Any:
    if "$ref" in schema:
        return _least(root["definitions"][schema["$ref"].rpartition("/")[2]], root)
    if "enum" in schema:
        return "Accepted" if "Accepted" in schema["enum"] else schema["enum"][0]
    kind = schema.get("type")
    if kind == "object":
        return {name: _least(schema["properties"][name], root) for name in schema.get("required", ())}
    if kind == "array":
        return [_least(schema["items"], root)] * schema.get("minItems", 0)
    if kind == "string":
        return NOW if schema.get("format") == "date-time" else "x"
    return schema.get("minimum", 0) if kind in ("integer", "number") else False


def mutate(row: Support) -> None:
    """Replace in this process what stands behind the row."""
    version = row.version
    if (version, row.action) in blocks.HANDLERS:

        async def handler(call: Any, request: Any) -> Any:
            return Raw(json.dumps(smallest(version, row.action)).encode())

        blocks.HANDLERS[version, row.action] = handler
    for command in COMMANDS.values():
        if row.action in command.actions:
            _silence(command, version)


def _silence(command: Any, version: str) -> None:
    calls = command.calls

    def nothing() -> Generator[Any, Any, Outcome]:
        yield from ()
        return Outcome(accepted=True)

    command.calls = lambda self, ask: nothing() if ask.version.name == version else calls(self, ask)


def tests_of(row: Support) -> list[str]:
    """The file that must notice."""
    return [row.test] if row.test is not None and (ROOT / row.test).exists() else []


def noticed(row: Support) -> bool:
    """Whether a test fails under this mutant; in a process of its own."""
    child = os.fork()
    if child == 0:
        with _quiet():
            mutate(row)
            status = pytest.main(["-x", *OPTIONS, *tests_of(row)])
        os._exit(0 if status == pytest.ExitCode.TESTS_FAILED else 1)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    with open(os.devnull, "w") as nowhere, contextlib.redirect_stdout(nowhere):
        yield


def main(wanted: list[str]) -> int:
    os.chdir(ROOT)
    sys.path.insert(0, str(ROOT))
    rows = [row for row in support() if not wanted or f"{row.version}:{row.action}" in wanted]
    if not rows:
        print(f"there is no row {', '.join(wanted)}; write VERSION:ACTION")
        return 1
    missed = []
    with _quiet():  # imported once, here
        pytest.main(["--collect-only", *OPTIONS, *sorted({file for row in rows for file in tests_of(row)})])
    for row in rows:
        caught = bool(tests_of(row)) and noticed(row)
        print(f"{'noticed' if caught else 'MISSED '} {row.version} {row.action}", flush=True)
        if not caught:
            missed.append(row)
    print(f"{len(rows) - len(missed)} of {len(rows)} rows are noticed")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
