from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import pytest
from msgspec import Meta, Struct

from ohmstead.shapes.tables import LARGEST, BadFile, Table, nearest, read


class Plug(Struct, tag_field="do", tag="plug", forbid_unknown_fields=True):
    soc: Annotated[float, Meta(ge=0, le=100)] = 0


class Boot(Struct, tag_field="do", tag="boot", forbid_unknown_fields=True):
    answer: Literal["yes", "no"] = "yes"


class Inner(Struct, forbid_unknown_fields=True, frozen=True):
    deep: dict[str, int] = {}
    on: bool = False


class Whole(Struct, forbid_unknown_fields=True):
    title: str
    inner: Inner = Inner()
    often: dict[Literal["rain", "snow"] | Literal["hail"], int] = {}
    day: Literal["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"] = "Monday"
    step: tuple[Plug | Boot, ...] = ()


def mistake(text: str) -> str:
    with pytest.raises(BadFile) as caught:
        Table("my.toml", text).as_a(Whole)
    return str(caught.value)


def test_a_document_becomes_its_type() -> None:
    whole = Table("my.toml", 'title = "x"\n[[step]]\ndo = "plug"\nsoc = 5').as_a(Whole)
    assert whole == Whole("x", step=(Plug(5),))


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("title = ", "my.toml:1: is not TOML: Invalid value"),
        ("titel = 1", "my.toml:1: titel: there is no such key; did you mean `title`?"),
        ("", "my.toml: the key `title` is missing"),
        ("\ntitle = 3", "my.toml:2: title: expected a text, given 3"),
        ('title = "x"\n\n[inner]\non = 1', "my.toml:4: inner.on: expected true or false, given 1"),
        ('title = "x"\ninner.on = 1', "my.toml:2: inner.on: expected true or false, given 1"),
        ('title = "x"\n[inner]\nof = 1', "my.toml:3: inner.of: there is no such key; known: deep, on"),
        ('title = "x"\n[inner.deep]\na = "b"',
         "my.toml:2: inner.deep: expected a table of a whole number each, given {'a': 'b'}"),
        ('title = "x"\n[often]\nrian = 1', "my.toml:3: often.rian: there is no such key; did you mean `rain`?"),
        ('title = "x"\noften.rain = "a"',
         "my.toml:2: often: expected a table of a whole number each, given {'rain': 'a'}"),
        ('title = "x"\nday = "Fryday"', "my.toml:2: day: there is no 'Fryday'; did you mean `Friday`?"),
        ('title = "x"\nstep = 3', "my.toml:2: step: expected a list, given 3"),
    ],
)  # fmt: skip
def test_a_mistake_names_line_key_and_what_was_expected(text: str, told: str) -> None:
    assert mistake(text) == told


def test_mistakes_in_a_list_of_tables() -> None:
    head = 'title = "x"\n[[step]]\ndo = "plug"\n[[step]]\n'
    assert mistake(head + 'do = "plgu"') == "my.toml:5: step.2.do: expected 'plug' or 'boot', given 'plgu'"
    assert mistake(head + "soc = 3") == "my.toml:4: step.2: the key `do` is missing"
    assert mistake(head + 'do = "boot"\nanswer = "perhaps"') == (
        "my.toml:6: step.2.answer: expected 'no' or 'yes', given 'perhaps'"
    )
    assert mistake(head + 'do = "plug"\nsoc = 101') == (
        "my.toml:6: step.2.soc: expected a number from 0 to 100, given 101"
    )
    assert mistake(head + 'do = "plug"\nspc = 1') == "my.toml:6: step.2.spc: there is no such key; did you mean `soc`?"


def test_a_file_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(BadFile, match=r"none\.toml: cannot be read: No such file"):
        read(tmp_path / "none.toml")
    latin, large = tmp_path / "latin.toml", tmp_path / "large.toml"
    latin.write_bytes(b'title = "\xff"')
    with pytest.raises(BadFile, match="is not UTF-8"):
        read(latin)
    large.write_bytes(b"#" * (LARGEST + 1))
    with pytest.raises(BadFile, match="is larger than"):
        read(large)


def test_a_hostile_file() -> None:
    with pytest.raises(BadFile, match="is nested too deep"):
        Table("my.toml", "a = " + "[" * 100_000)
    assert len(mistake(f'title = ["{"x" * 10_000}"]')) < 200


def test_the_nearest_word_or_some_of_them() -> None:
    assert nearest("boto", ["boot", "plug"]) == "did you mean `boot`?"
    assert nearest("zzz", [f"word{number}" for number in range(20)]).endswith("word11, ...")
