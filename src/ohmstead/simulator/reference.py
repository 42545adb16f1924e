"""docs/reference/personas.md, from the personas themselves:

python -m ohmstead.simulator.reference > docs/reference/personas.md
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, get_args, get_type_hints

import msgspec
from msgspec import inspect

from ohmstead.shapes.tables import expected
from ohmstead.simulator import steps
from ohmstead.simulator.faults import Faults
from ohmstead.simulator.persona import Persona, load, names
from ohmstead.simulator.traits import Group, Traits

_HEAD = """# Personas

Generated from `src/ohmstead/simulator/personas/*.toml` by `python -m ohmstead.simulator.reference`.

Each is a kind of station: `ohmstead simulate --persona NAME`, `Station(..., persona="NAME")`. *compliant*: it reads the
specification another way, and may; *odd*: it should not. *synthetic*: made up by us after a kind of station. The names
say what is done; who was seen doing it stands behind the links, as a fact about one firmware, not as blame.
"""
_OWN = """## A persona of one's own

A TOML file with `name`, `title`, `why`, `marks` and any of the switches below, given by its path:
`--persona ./my.toml`. `settings` holds variables of the device model by their 2.x names
(`"TxCtrlr.TxStartPoint" = "Authorized"`; 1.6 stations obey them too), `answers` says how calls of the CSMS are answered
(a status, `error CODE`, `ignore`, `silence`, `truncate`, `reboot`), each `[[component]]` adds a variable to the device
model, and `faults` are those that it is born with.
"""
_STEPS = """## Steps of a scenario

Each `[[step]]` has `do` and the keys of its kind; those with a value may be left out.
"""


def page() -> str:
    """The whole page."""
    parts = [_HEAD]
    for mark, title in (("compliant", "## Compliant, and different"), ("odd", "## Odd")):
        parts.append(f"{title}\n")
        parts += [_persona(one) for one in map(load, names()) if one.marks == mark]
    parts.append(_OWN)
    parts += [*_groups()]
    parts.append(
        _table("faults", "What can go wrong; live in `station.faults`, in a scenario in a step `fault`.", Faults)
    )
    parts.append(_STEPS + "\n" + "\n".join(_steps()) + "\n")
    return "\n".join(parts)


def _persona(one: Persona) -> str:
    marks = f"{', '.join(one.versions)}{', synthetic' if one.synthetic else ''}"
    lines = [f"### {one.name}", "", f"{one.title} ({marks})", ""]
    if one.breaks:
        lines += [f"*{one.breaks}*", ""]
    lines.append("Why: " + "; ".join(_linked(why) for why in one.why) + ".")
    if one.findings:
        lines.append(f"A careful CSMS notes: {', '.join(f'`{code}`' for code in one.findings)}.")
    return "\n".join(lines) + "\n"


def _linked(why: str) -> str:
    return re.sub(r"https://github\.com/([\w./#-]+?)(?=[\s:]|$)", r"[\1](https://github.com/\1)", why).rstrip(".")


def _groups() -> Iterator[str]:
    for name, kind in get_type_hints(Traits).items():
        if isinstance(kind, type) and issubclass(kind, Group):
            yield _table(name, (kind.__doc__ or "").strip(), kind)
    kind = get_args(get_type_hints(Traits)["component"])[0]
    yield _table("[component]", (kind.__doc__ or "").strip(), kind)


def _table(name: str, meaning: str, kind: type[msgspec.Struct]) -> str:
    hints = get_type_hints(kind, include_extras=True)
    lines = [f"### [{name}]", "", meaning, "", "| key | values | default | meaning |", "|---|---|---|---|"]
    for field in _fields(kind):
        metas = getattr(hints[field.name], "__metadata__", ())
        told = next((meta.description for meta in metas if meta.description), "")
        lines.append(
            f"| `{field.name}` | {_values(expected(_plain(field.type)))} | {_default(field)} | {_cell(told)} |"
        )
    return "\n".join(lines) + "\n"


def _steps() -> Iterator[str]:
    for kind in get_args(steps.AnyStep):
        keys = [f"`{one.name}`" + (f" ({_default(one)})" if not one.required else "") for one in _fields(kind)]
        tag = str(kind.__struct_config__.tag)
        doc = " ".join((kind.__doc__ or "").split())
        yield f"- **{tag}**: {doc}{' Keys: ' + ', '.join(keys) + '.' if keys else ''}"


def _fields(kind: type[msgspec.Struct]) -> tuple[inspect.Field, ...]:
    info = inspect.type_info(kind)
    assert isinstance(info, inspect.StructType)
    return info.fields


def _plain(kind: inspect.Type) -> inspect.Type:
    return _plain(kind.type) if isinstance(kind, inspect.Metadata) else kind


def _default(field: inspect.Field) -> str:
    value: Any = field.default_factory() if callable(field.default_factory) else field.default
    if value is msgspec.NODEFAULT or field.required:
        return "needed"
    if isinstance(value, bool):
        return str(value).lower()
    return "-" if value in (None, "", (), {}) or isinstance(value, msgspec.Struct) else f"{value}"


def _cell(text: str) -> str:
    return text.replace("|", r"\|")


def _values(text: str) -> str:
    return re.sub("'([^']*)'", lambda found: f"`{found[1]}`" if found[1] else "nothing", text)


if __name__ == "__main__":
    print(page(), end="")
