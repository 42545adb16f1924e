"""Writes docs/reference/vocabulary.md from the vocabulary's own data.

python tools/vocabulary_page.py            write
python tools/vocabulary_page.py --check    exit 1 when what is committed is not what the data says
"""

from __future__ import annotations

import sys
from collections.abc import Iterable
from itertools import groupby
from pathlib import Path

from ohmstead.domain.vendor_words import Vendor, vendors
from ohmstead.domain.words import Word, homes, words

PAGE = Path(__file__).resolve().parent.parent / "docs" / "reference" / "vocabulary.md"

INTRODUCTION = """\
# The vocabulary

Generated from `src/ohmstead/domain/vocabulary.toml` and `vendor_words.toml`.

A word means one thing at every station. `GET /stations/{id}/device-model?view=vocabulary` answers in these words, in
these units, for OCPP 1.6, 2.0.1 and 2.1 and for the vendors listed at the end; `PATCH /stations/{id}/device-model`
with `{"values": [{"name", "evse_id"?, "value"}]}` writes through them. What a station has and no word means stands in
`unmapped`.

- **Writable**: *yes*; *no*; *station*: each station decides; *1.6*: only there, 2.x changes it another way. The answer
  for one station stands in its `writable`.
- **2.x** names a variable as `Component[instance].Variable[instance]`; `[*]` is any instance. *(2.1)* stands where only
  2.1 has it, or has it elsewhere. *maxLimit* and the like: the value is that characteristic of the variable.
- A list is a JSON array of texts, a time is RFC 3339. Decimals are JSON numbers.

## Names that are found too

A word is also found by its 1.6 key (`HeartbeatInterval`), by its 2.x name (`OCPPCommCtrlr.HeartbeatInterval`) and by
these:

"""

KEYS = """\
## 1.6 keys in the device model

`?view=raw` shows the keys of a 1.6 station as variables. A key that means and is written the same as a 2.x variable is
that variable. Every other key, of the standard or of a vendor, is a variable of that name of the component `Ocpp16`.
The value is the station's own text in both cases.

| key | variable |
|---|---|
"""

VENDORS = """\
## Vendors

Their variables and keys that hold words. Those of open-source stacks are looked for at every station.

| vendor | variable or key | word | unit | note |
|---|---|---|---|---|
"""

WRITABLE = {"rw": "yes", "ro": "no", "wo": "yes, never shown", "station": "station", "1.6": "1.6"}
TARGETS = {"max_limit": "maxLimit", "values_list": "valuesList", "max_elements": "maxElements"}


def vocabulary_page() -> str:
    """docs/reference/vocabulary.md."""
    aliases = "".join(
        f"- {', '.join(f'`{alias}`' for alias in word.aliases)}: `{word.name}`\n"
        for word in words().values()
        if word.aliases
    )
    groups = groupby(words().values(), key=lambda word: word.name.partition(".")[0])
    tables = "".join(_group(name, members) for name, members in groups)
    spelling = {key.casefold(): key for word in words().values() for key in word.keys}
    keys = "".join(f"| {spelling[key]} | {name} |\n" for key, name in sorted(homes().items()))
    rows = "".join(_vendor(vendor) for vendor in vendors())
    return f"{INTRODUCTION}{aliases}\n{tables}{KEYS}{keys}\n{VENDORS}{rows}"


def _group(name: str, members: Iterable[Word]) -> str:
    head = "| word | meaning | of each | type | unit | writable | 1.6 | 2.x |\n|---|---|---|---|---|---|---|---|\n"
    return f"## {name}\n\n{head}{''.join(_word(word) for word in members)}\n"


def _word(word: Word) -> str:
    where = f" *{TARGETS[word.target]}*" if word.target in TARGETS else ""
    own = [f"{word.variable}{where}"] if word.variable else []
    newer = [f"{word.variable_2_1}{where} (2.1)"] if word.variable_2_1 else []
    cells = (
        f"`{word.name}`",
        f"{word.meaning}{f' *{word.note}*' if word.note else ''}",
        word.level,
        word.type,
        word.unit or "",
        WRITABLE[word.writable],
        ", ".join(word.keys),
        "; ".join([*own, *newer, *word.also]),
    )
    return f"| {' | '.join(cells)} |\n"


def _vendor(vendor: Vendor) -> str:
    return "".join(
        f"| {vendor.name} | {rule.source} | `{rule.word}` | {rule.unit or ''} | {rule.note or ''} |\n"
        for rule in vendor.words
    )


def main(arguments: list[str]) -> int:
    text = vocabulary_page()
    if "--check" not in arguments:
        PAGE.write_text(text)
        return 0
    if PAGE.exists() and PAGE.read_text() == text:
        return 0
    print("docs/reference/vocabulary.md is not what the data says: python tools/vocabulary_page.py", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
