"""Writes what is generated from the code into the repository: what is supported, OpenAPI, the settings.

python tools/reference.py            write
python tools/reference.py --check    exit 1 when what is committed is not what the code says
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path

import sdk

from ohmstead import vendors
from ohmstead.api import asyncapi, problem_pages
from ohmstead.api.openapi import document
from ohmstead.api.resources import ROUTES
from ohmstead.blocks.support import USE_CASES, Support, support
from ohmstead.conformance.reference import page as conformance_page
from ohmstead.ocpp.versions import VERSIONS
from ohmstead.settings_pages import reference_rows
from ohmstead.vendors import page as vendor_page

ROOT = Path(__file__).resolve().parent.parent
FROM = {"station": "station", "csms": "CSMS", "both": "both"}


def support_page() -> str:
    """docs/support.md."""
    rows = support()
    known = {(row.version, row.action): row for row in rows}
    names = [version.name for version in VERSIONS]
    lines = [
        "# What is supported",
        "",
        "Generated from the registry by `make docs`. *handled*: a station's call has a handler; *command*: a typed",
        "command sends it; *raw*: any payload can be sent with `ohmstead call`; *no*: the station gets NotImplemented.",
        "",
        "| action | from | " + " | ".join(names) + " | where |",
        "|---|---|" + "---|" * (len(names) + 1),
    ]
    for action in sorted({row.action for row in rows}):
        found = [known.get((name, action)) for name in names]
        modules = sorted({row.module.replace("ohmstead.", "") for row in found if row and row.module})
        sender = next(FROM[row.direction] for row in found if row)
        cells = " | ".join(_cell(row) for row in found)
        lines.append(f"| {action} | {sender} | {cells} | {', '.join(modules) or '-'} |")
    lines += [
        "",
        "## Use cases",
        "",
        "| use case | | made of | versions | shown by |",
        "|---|---|---|---|---|",
    ]
    for one in USE_CASES:
        having = [name for name in names if all((name, action) in known for action in one.actions)]
        lines.append(f"| {one.id} | {one.name} | {', '.join(one.actions)} | {', '.join(having)} | `{one.tests}` |")
    handled = sum(row.module is not None for row in rows)
    lines += ["", f"{handled} of {len(rows)} actions (counted for each version) have a handler or a typed command."]
    return "\n".join(lines) + "\n"


def _cell(row: Support | None) -> str:
    if row is None:
        return ""
    if row.module is not None:
        return "handled" if row.direction == "station" else "command" if row.direction == "csms" else "handled"
    return "no" if row.direction == "station" else "raw"


def openapi_document() -> str:
    """docs/reference/openapi.json."""
    return json.dumps(document(ROUTES), indent=1, ensure_ascii=False) + "\n"


def asyncapi_document() -> str:
    """docs/reference/asyncapi.json."""
    return json.dumps(asyncapi.document(), indent=1, ensure_ascii=False) + "\n"


def settings_page() -> str:
    """docs/reference/settings.md; what stands above its table is written by hand."""
    text = (ROOT / "docs/reference/settings.md").read_text()
    head, rule, _ = text.partition("|---|---|---|---|---|\n")
    return head + rule + "".join(f"{row}\n" for row in reference_rows())


def vendors_page() -> str:
    """docs/reference/vendors.md."""
    return vendor_page.page(vendors.ours().rows)


PAGES: dict[str, Callable[[], str]] = {
    "src/ohmstead/client/operations.py": partial(sdk.page, is_async=True),
    "src/ohmstead/client/sync_operations.py": partial(sdk.page, is_async=False),
    "docs/reference/problems.md": problem_pages.markdown,
    "docs/reference/asyncapi.json": asyncapi_document,
    "docs/support.md": support_page,
    "docs/reference/openapi.json": openapi_document,
    "docs/reference/settings.md": settings_page,
    "docs/reference/vendors.md": vendors_page,
    "docs/reference/conformance.md": conformance_page,
}
"""File -> what it says."""


def main(arguments: list[str]) -> int:
    stale = []
    for name, page in PAGES.items():
        path, text = ROOT / name, page()
        if "--check" in arguments:
            if not path.exists() or path.read_text() != text:
                stale.append(name)
        else:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
    for name in stale:
        print(f"{name} is not what the code says; run `make docs` and commit it", file=sys.stderr)
    return 1 if stale else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
