"""What in the API has changed so that programs written for it would fail.

python tools/breaking.py [REVISION]    compares docs/reference/openapi.json with that of REVISION (HEAD); exit 1 when
                                       something is broken that no line with "Incompatible:" in CHANGELOG.md names
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
DOCUMENT = "docs/reference/openapi.json"
Json = dict[str, Any]


def broken(old: Json, new: Json) -> list[str]:
    """One line for each thing that is no longer as it was; it begins with `METHOD path`."""
    found = []
    for path, methods in old["paths"].items():
        for method, before in methods.items():
            after = new["paths"].get(path, {}).get(method)
            where = f"{method.upper()} {path}"
            lines = ["is gone"] if after is None else _operation(old, before, new, after)
            found += [f"{where}: {line}" for line in lines]
    return found


def _operation(old: Json, before: Json, new: Json, after: Json) -> Iterator[str]:
    known = {(one["in"], one["name"]) for one in before.get("parameters", ())}
    given = {(one["in"], one["name"]): one for one in after.get("parameters", ())}
    yield from (f"takes {name} no longer" for place, name in sorted(known - given.keys()))
    yield from (
        f"needs {name} now" for (place, name), one in given.items() if one["required"] and (place, name) not in known
    )
    for media, content in before.get("requestBody", {}).get("content", {}).items():
        taken = after.get("requestBody", {}).get("content", {}).get(media)
        if taken is None:
            yield f"takes {media} no longer"
        else:
            yield from _body(_resolved(old, content["schema"]), _resolved(new, taken["schema"]))
    for status, answer in before["responses"].items():
        if status not in after["responses"]:
            yield f"answers {status} no longer"
            continue
        for media, content in _resolved(old, answer).get("content", {}).items():
            shown = _resolved(new, after["responses"][status]).get("content", {}).get(media, {})
            yield from _answer(_resolved(old, content["schema"]), _resolved(new, shown.get("schema", {})))


def _body(before: Json, after: Json) -> Iterator[str]:
    fields, known = after.get("properties", {}), before.get("properties", {})
    yield from (f"takes the field {name} no longer" for name in known if name not in fields)
    newly = set(after.get("required", ())) - set(before.get("required", ()))
    yield from (f"needs the field {name} now" for name in sorted(newly))
    for name, field in known.items():
        gone = set(map(str, field.get("enum", ()))) - set(map(str, fields.get(name, field).get("enum", ())))
        if gone and "enum" in fields.get(name, {}):
            yield f"takes {', '.join(sorted(gone))} in {name} no longer"


def _answer(before: Json, after: Json) -> Iterator[str]:
    fields = after.get("properties", {})
    for name, field in before.get("properties", {}).items():
        if name not in fields:
            yield f"answers without {name}"
        elif field.get("type", fields[name].get("type")) != fields[name].get("type", field.get("type")):
            yield f"answers {name} as {fields[name]['type']}, no longer as {field['type']}"


def _resolved(document: Json, part: Json) -> Json:
    if "$ref" not in part:
        return part
    found: Any = document
    for step in part["$ref"].removeprefix("#/").split("/"):
        found = found[step]
    return dict(found)


def main(arguments: list[str]) -> int:
    revision = arguments[0] if arguments else "HEAD"
    shown = subprocess.run(["git", "show", f"{revision}:{DOCUMENT}"], cwd=ROOT, capture_output=True, text=True)
    if shown.returncode:
        print(f"there is no {DOCUMENT} at {revision}: nothing is compared", file=sys.stderr)
        return 0
    named = [line for line in (ROOT / "CHANGELOG.md").read_text().splitlines() if "Incompatible:" in line]
    lines = broken(json.loads(shown.stdout), json.loads((ROOT / DOCUMENT).read_text()))
    unnamed = [line for line in lines if not any(line.partition(":")[0] in one for one in named)]
    for line in unnamed:
        print(f"{line}; name it in CHANGELOG.md: `Incompatible: {line.partition(':')[0]} ...`", file=sys.stderr)
    return 1 if unnamed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
