"""The settings as pages: the commented file of `ohmstead init`, and the reference."""

from __future__ import annotations

import json

from ohmstead.settings import KEYS, Settings, values
from ohmstead.settings_reading import expected, variable


def commented_toml(settings: Settings) -> str:
    """The settings file of `ohmstead init`: every key with its meaning; what equals the default stands as a comment."""
    lines = ["# Settings of Ohmstead. Each key may also come from the environment: OHMSTEAD_<SECTION>__<KEY>."]
    defaults, section = dict(values(Settings())), ""
    for name, value in values(settings):
        table, _, key = name.rpartition(".")
        if table != section:
            lines += ["", f"[{table}]"]
            section = table
        shown = json.dumps(value, ensure_ascii=False)
        lines += ["", f"# {KEYS[name].meaning}", f"{'# ' if value == defaults[name] else ''}{key} = {shown}"]
    return "\n".join(lines) + "\n"


def reference_rows() -> list[str]:
    """The rows of docs/reference/settings.md: key, environment variable, what it takes, default, meaning."""
    rows = []
    for name, kind, default, meaning in KEYS.values():
        cells = (f"`{name}`", f"`{variable(name)}`", expected(kind), f"`{json.dumps(default)}`", meaning)
        rows.append(f"| {' | '.join(cells)} |")
    return rows
