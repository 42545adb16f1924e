"""Any operation of the API, for what has no verb of its own."""

from __future__ import annotations

import json
from typing import Annotated, Any, Literal

from cyclopts import Parameter

from ohmstead.cli import Failed
from ohmstead.cli.files import GivenFile, read_json
from ohmstead.cli.output import print_json
from ohmstead.cli.remote import Remote

HERE = Remote()


def api(
    method: Literal["GET", "POST", "PUT", "PATCH", "DELETE"],
    path: str,
    body: Annotated[str | None, Parameter(help="JSON", allow_leading_hyphen=True)] = None,
    /,
    *,
    query: Annotated[list[str] | None, Parameter(help="NAME=VALUE, as often as needed")] = None,
    file: Annotated[GivenFile | None, Parameter(help="take the body from a file; - is standard input")] = None,
    to: Remote = HERE,
) -> None:
    """Ask anything of the API: `api GET stations/CS1/timeline --query limit=5`; paths begin after /api/v1."""
    parts = path.removeprefix("/").removeprefix("api/v1/").split("/")
    given: dict[str, Any] = {}
    for one in query or ():
        name, equals, value = one.partition("=")
        if not equals:
            raise Failed(f"--query {one}: write NAME=VALUE")
        given.setdefault(name, []).append(value)
    print_json(to.ask(method, *parts, body=_body(body) if file is None else read_json(file), **given))


def _body(text: str | None) -> Any:
    try:
        return None if text is None else json.loads(text)
    except ValueError as error:
        raise Failed(f"the body is not JSON: {error}") from None
