"""What is supported, as the registry says it: the matrix of docs/support.md."""

from __future__ import annotations

from typing import Annotated

from cyclopts import Parameter

from ohmstead.cli.output import print_json, show_list

COLUMNS = ("version", "action", "direction", "test")


def support(
    *,
    version: Annotated[str | None, Parameter(help="1.6, 2.0.1 or 2.1 only")] = None,
    json: Annotated[bool, Parameter(help="print one JSON document", negative="")] = False,
) -> None:
    """Each action of each version: who begins it, the module that handles or sends it, and the tests that show it."""
    from ohmstead.blocks.support import support as rows

    found = [
        {
            "version": one.version, "action": one.action, "direction": one.direction, "module": one.module,
            "test": one.test,
        }
        for one in rows()
        if version in (None, one.version)
    ]  # fmt: skip
    if json:
        print_json({"actions": found})
    else:
        show_list(found, COLUMNS, False)
