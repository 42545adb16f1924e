from __future__ import annotations

import re
from html.parser import HTMLParser

from ohmstead.traces.html import page
from ohmstead.traces.lint import lint
from ohmstead.traces.reading import Trace
from tests.traces.conftest import talk

EVIL = "<script>alert(1)</script><img src=//evil.example onerror=x>\"'&"


class Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.seen: set[str] = set()
        self.attributes: list[tuple[str, str | None]] = []

    def handle_starttag(self, tag, attrs):
        self.seen.add(tag)
        self.attributes += attrs


def test_everything_from_the_trace_is_escaped_and_nothing_comes_from_elsewhere():
    records = talk(f'> [2,"1","{EVIL.replace(chr(34), "")}",{{}}]\n> {EVIL}').records
    report = lint(Trace(f"{EVIL}.jsonl", records, 3))
    report.stations.append(EVIL)
    report.findings[0].examples[0] = type(report.findings[0].examples[0])(1, EVIL, EVIL)
    text = page(report)
    tags = Tags()
    tags.feed(text)
    assert tags.seen <= {"html", "meta", "title", "style", "h1", "h2", "p", "table", "tr", "th", "td", "a", "code"}
    allowed = {"lang", "charset", "http-equiv", "content", "name", "class", "href", "id"}
    assert {name for name, _ in tags.attributes} <= allowed
    assert all(str(value).startswith("#") for name, value in tags.attributes if name == "href")
    assert "&lt;script&gt;" in text
    assert not re.search(r"url\(|@import|http:|https:", text)
    assert "3 other lines were left out" in text


def test_a_clean_trace_says_so():
    assert "Nothing odd was found" in page(lint(Trace("x", [])))
