from __future__ import annotations

import json

import httpx
import pytest

from ohmstead.cli import Failed, remote
from ohmstead.cli.remote import Remote


def test_it_asks_with_the_key_and_quotes_the_path(wire):
    wire.answers = [(200, {"a": 1})]
    assert Remote().get("stations", "RDAM|1/2", online=True, site_id=None, from_="x") == {"a": 1}
    assert wire.last == ("GET", "stations/RDAM%7C1%2F2", {"online": "true", "from": "x"}, None)
    assert wire.headers == {"Authorization": "Bearer secret"}


def test_lists_are_read_page_by_page(wire):
    pages = [{"data": [1, 2], "next_cursor": "c"}, {"data": [3], "next_cursor": None}]
    wire.answers = [(200, page) for page in pages]
    assert Remote().all("tokens", limit=5) == [1, 2, 3]
    assert wire.asked[1][2] == {"limit": "3", "cursor": "c"}


def test_a_problem_is_one_line(wire):
    problem = {"title": "Bad", "detail": "no", "errors": [{"pointer": "/id", "detail": "is short"}]}
    wire.answers = [(422, problem)]
    with pytest.raises(Failed, match=r"^Bad: /id: is short \(422\)$"):
        Remote().get("stations")
    wire.answers = [(409, {"title": "Bad", "detail": "no"})]
    with pytest.raises(Failed, match=r"^Bad: no \(409\)$"):
        Remote().get("stations")


@pytest.mark.parametrize("content", [b"<html>", b"[]", b"{}", b"5"])
def test_what_is_no_ohmstead_is_said_to_be_none(wire, content):
    wire.answers = [(404, content)]
    with pytest.raises(Failed, match="not as Ohmstead does"):
        Remote().get("stations")


def test_nobody_there(wire, monkeypatch):
    def refused(*_, **__):
        raise httpx.ConnectError("refused")

    monkeypatch.setattr(httpx, "request", refused)
    with pytest.raises(Failed, match=r"http://ohmstead\.test does not answer: refused; is `ohmstead serve` running"):
        Remote().get("stations")


@pytest.mark.parametrize(
    ("bind", "url"),
    [
        ("0.0.0.0:1", "http://127.0.0.1:1"),
        (":2", "http://127.0.0.1:2"),
        ("[::]:3", "http://[::1]:3"),
        ("h:4", "http://h:4"),
    ],
)
def test_url_and_key_come_from_the_settings(wire, monkeypatch, tmp_path, bind, url):
    monkeypatch.delenv("OHMSTEAD_URL")
    monkeypatch.delenv("OHMSTEAD_KEY")
    (tmp_path / "o.toml").write_text(f"data_dir = {json.dumps(str(tmp_path))}\n[api]\nbind = '{bind}'\n")
    to = Remote(config=tmp_path / "o.toml")
    with pytest.raises(Failed, match=r"no API key: .*admin\.key"):
        to.get("stations")
    (tmp_path / remote.ADMIN_KEY).write_text("from-file\n")
    to.get("stations")
    assert wire.asked[-1][1] == f"{url}/api/v1/stations"
    assert wire.headers["Authorization"] == "Bearer from-file"
    monkeypatch.setenv("OHMSTEAD_API__BOOTSTRAP_KEY", "b" * 32)
    to.get("stations")
    assert wire.headers["Authorization"] == f"Bearer {'b' * 32}"
