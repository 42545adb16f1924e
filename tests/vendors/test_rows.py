"""Rows: whom they match, and what is said about a file with a mistake."""

from __future__ import annotations

from pathlib import Path

import pytest

from ohmstead import vendors
from ohmstead.shapes.tables import BadFile, Table
from ohmstead.vendors import About
from ohmstead.vendors.rows import Match, in_range, parse

GOOD = """[[quirk]]
name = "acme"
title = "t"
why = "w"
evidence = ["https://example.org/1"]
match = { vendor = ["Acme"] }
answered_by = "repair"
repairs = [{ fix = "token_without_suffix", value = "_" }]
[[quirk.sample]]
frame = '[2,"1","Authorize",{"idTag":"a_b"}]'
becomes = '{"idTag":"a"}'
"""


@pytest.mark.parametrize(
    ("wanted", "firmware", "fits"),
    [
        ("*", None, True),
        ("<=1.8.21", "1.8.21", True),
        ("<=1.8.21", "1.8.3", True),
        ("<=1.8.21", "1.9", False),
        (">=5 <6", "5.17.66", True),
        (">=5 <6", "6.0", False),
        ("=5", "5.7.18", True),
        ("4.04", "04.04.30.03", True),
        (">2", "2.1", True),
        ("<2", "2", False),
        ("<=1", None, False),
    ],
)
def test_ranges_of_firmware(wanted: str, firmware: str | None, fits: bool) -> None:
    assert in_range(wanted, firmware) is fits


def test_matching() -> None:
    match = Match(vendor=("acme",), model=("X1", "X2"), versions=("1.6",))
    assert match.fits("ACME Ltd", "Model x2", None, "1.6")
    assert match.fits("ACME Ltd", "Model x2", None, None)
    assert not match.fits("ACME Ltd", "X3", None, "1.6")
    assert not match.fits("ACME Ltd", "X1", None, "2.1")
    assert not match.fits(None, "X1", None, "1.6")
    assert Match(vendor=("",)).fits(" ", None, None, None)
    assert not Match(vendor=("",)).fits("Acme", None, None, None)


@pytest.mark.parametrize(
    ("was", "becomes", "said"),
    [
        ('why = "w"\n', "", "FILE:1: quirk.1: the key `why` is missing"),
        ("https://example.org/1", "http://x", "FILE:5: quirk.1.evidence"),
        ('"repair"', '"magic"', "FILE:7: quirk.1.answered_by: expected 'advice' or"),
        ("token_without_suffix", "token_without_sufix", "FILE:8: quirk.1.repairs: there is no fix"),
        ('vendor = ["Acme"]', 'vendor = ["Acme"], firmware = "about 5!"', "FILE:6: quirk.1.match: firmware: expected"),
        ('"repair"', '"advice"', "quirk.1.advice: expected a text"),
        ('"repair"', '"capability"', "quirk.1.capabilities: expected a table"),
        ("frame = ", "call = '[]'\nframe = ", "expected one of the keys"),
        ('name = "acme"', "name = ", "FILE:2: is not TOML"),
    ],
)
def test_a_mistake_is_told_by_file_line_and_key(was: str, becomes: str, said: str) -> None:
    with pytest.raises(BadFile) as error:
        parse(Table("FILE", GOOD.replace(was, becomes)))
    assert said in str(error.value)


def test_a_row_without_a_sample_is_refused() -> None:
    with pytest.raises(BadFile, match="sample"):
        parse(Table("FILE", GOOD.partition("[[quirk.sample]]")[0]))


def test_names_are_unique_within_a_file_and_over_all(tmp_path: Path) -> None:
    with pytest.raises(BadFile, match="there already"):
        parse(Table("FILE", GOOD + GOOD))
    path = tmp_path / "own.toml"
    path.write_text(GOOD.replace('"acme"', '"keba-token-with-serial"'))
    with pytest.raises(BadFile, match=r"own\.toml: quirk\.name: .* is in keba\.toml already"):
        vendors.catalogue([str(path)])


def test_own_files_and_folders_are_read_beside_ours(tmp_path: Path) -> None:
    (tmp_path / "own.toml").write_text(GOOD)
    (tmp_path / "notes.txt").write_text("not read")
    about = About("Acme", "M", None, "1.6")
    assert vendors.ours().kind(about).rows == ()
    for given in (tmp_path, tmp_path / "own.toml"):
        assert [row.name for row in vendors.catalogue([str(given)]).kind(about).rows] == ["acme"]
    with pytest.raises(BadFile, match="cannot be read"):
        vendors.catalogue([str(tmp_path / "none.toml")])


def test_a_package_brings_rows_by_its_entry_point(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package, info = tmp_path / "acme_rows", tmp_path / "acme_rows-1.dist-info"
    package.mkdir()
    info.mkdir()
    (package / "__init__.py").touch()
    (package / "acme.toml").write_text(GOOD)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: acme-rows\nVersion: 1\n")
    (info / "entry_points.txt").write_text("[ohmstead.vendors]\nacme = acme_rows\n")
    monkeypatch.syspath_prepend(tmp_path)
    vendors.ours.cache_clear()
    try:
        assert vendors.ours().kind(About("Acme", None, None, None)).rows[0].name == "acme"
    finally:
        vendors.ours.cache_clear()


def test_what_several_rows_say_is_put_together() -> None:
    kind = vendors.ours().kind(About("ABB", "Terra AC W7", "1.8.21", "1.6"))
    assert len(kind.rows) == 2
    assert kind.capabilities["stack_level_max"] == 0
    assert kind.capabilities["forbidden_commands"] == ["GetConfiguration MeterValuesSampledData"]
    assert vendors.ours().kind(About("Nobody", None, None, "1.6")) == vendors.Kind()
