"""The console's files, without a socket."""

from __future__ import annotations

import re

import httpx
import pytest

from ohmstead.api.pages import HOME, Pages, policy
from ohmstead.settings import Console

pytestmark = pytest.mark.anyio
INLINE = r"<script(?![^>]*\bsrc=)[^>]*>|\sstyle=\"|javascript:|innerHTML|dangerously"
BROWSER = {"Accept": "text/html,application/xhtml+xml"}


async def api(scope, receive, send):
    await send({"type": "http.response.start", "status": 418, "headers": []})
    await send({"type": "http.response.body", "body": b"the API"})


@pytest.fixture
def built(tmp_path):
    for name, text in {
        "index.html": '<link href="{{static}}/icon.svg">{{styles}}{{preloads}}{{icons}}',
        "unbuilt.html": "make console",
        "icons.svg": "<svg></svg>",
        "icon.svg": "<svg></svg>",
        "app.js": "1",
        "style/a.css": "a{}",
        "vendor/lock.sha256": "x",
        "secret.txt": "no",
    }.items():
        (tmp_path / "console" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "console" / name).write_text(text)
    (tmp_path / "outside.js").write_text("no")
    return tmp_path / "console"


def client(home):
    return httpx.AsyncClient(transport=httpx.ASGITransport(Pages(api, home)), base_url="http://ohmstead.test")


async def test_the_page_for_every_path_that_a_browser_opens(built):
    async with client(built) as http:
        page = await http.get("/", headers={"Accept": "*/*"})
        assert (await http.get("/stations/CS7", headers=BROWSER)).text == page.text
        assert page.headers["cache-control"] == "no-cache"
        assert "<svg></svg>" in page.text
        href = re.findall(r'href="([^"]+)"', page.text)[0]
        icon = await http.get(href)
    assert (icon.status_code, icon.headers["content-type"]) == (200, "image/svg+xml")
    assert "immutable" in icon.headers["cache-control"]


async def test_the_first_page_is_loaded_at_once_and_packed(built):
    """All styles are one file; what the first page imports is asked for beside it, what comes later is not."""
    for name, text in {
        "app.js": f'import {{ a }} from "./lib/a.js";\nimport("./pages/later.js");\n// {"x" * 2000}',
        "lib/a.js": 'export {\n  b\n} from "../lib/b.js";', "lib/b.js": "1", "pages/later.js": "1",
        "style/_first.css": "@layer a;", "style/b.css": "b{}",
    }.items():  # fmt: skip
        (built / name).parent.mkdir(exist_ok=True)
        (built / name).write_text(text)
    async with client(built) as http:
        page = (await http.get("/", headers=BROWSER)).text
        modules = re.findall(r'modulepreload" href="/static/[^/]+/([^"]+)"', page)
        [styles] = re.findall(r'stylesheet" href="([^"]+)"', page)
        text = (await http.get(styles)).text
        packed = await http.get("/static/1/app.js", headers={"Accept-Encoding": "gzip"})
        plain = await http.get("/static/1/app.js", headers={"Accept-Encoding": "identity"})
    assert modules == ["app.js", "lib/a.js", "lib/b.js"]
    assert text == "@layer a;\na{}\nb{}"
    assert (packed.headers["content-encoding"], plain.headers.get("content-encoding")) == ("gzip", None)
    assert packed.text == plain.text
    assert int(packed.headers["content-length"]) < 300 < len(plain.content)


async def test_all_else_is_the_api(built):
    async with client(built) as http:
        for path, headers in (("/api/v1/docs", BROWSER), ("/stations", {}), ("/static/1/none.js", BROWSER)):
            assert (await http.get(path, headers=headers)).status_code == 418
        assert (await http.post("/", headers=BROWSER)).status_code == 418


@pytest.mark.parametrize("name", ["../outside.js", "..%2foutside.js", "secret.txt", "vendor/lock.sha256", "style", ""])
async def test_nothing_else_is_given_away(built, name):
    async with client(built) as http:
        assert (await http.get(f"/static/1/{name}")).status_code == 418


async def test_an_edited_file_has_another_address(built):
    pages = Pages(api, built)
    before = pages.version()
    (built / "app.js").write_text("22")
    assert pages.version() != before


async def test_without_its_libraries_it_says_what_to_run(built):
    (built / "vendor" / "lock.sha256").unlink()
    async with client(built) as http:
        assert (await http.get("/")).text == "make console"


async def test_the_policy_allows_this_host_only(built):
    async with client(built) as http:
        policy = (await http.get("/")).headers["content-security-policy"]
    assert "'unsafe" not in policy
    assert set(re.findall(r"'\w+'|https?:\S+|\*", policy)) == {"'none'", "'self'"}


def test_no_markup_of_ours_needs_an_inline_script_or_style():
    for path in HOME.rglob("*"):
        if "vendor" not in path.parts and path.suffix in (".html", ".js", ".svg"):
            text = path.read_text()
            assert not re.search(r"<script(?![^>]*\bsrc=)[^>]*>|\sstyle=\"|javascript:|innerHTML|dangerously", text), (
                path
            )
            assert not re.search(r"https?://(?!www\.w3\.org/2000/svg)", text), f"{path} names another host"


async def test_map_tiles_come_from_the_one_host_that_is_set(built):
    (built / "index.html").write_text('<html data-tiles="{{tiles}}" data-attribution="{{attribution}}">')
    own = Console(map_tiles="https://tiles.example.com:8443/{z}/{x}/{y}.png", map_attribution='© "us"')
    transport = httpx.ASGITransport(Pages(api, built, settings=own))
    async with httpx.AsyncClient(transport=transport, base_url="http://ohmstead.test") as http:
        page = await http.get("/", headers=BROWSER)
    assert "img-src 'self' data: https://tiles.example.com:8443;" in page.headers["content-security-policy"]
    assert 'data-attribution="© &quot;us&quot;"' in page.text
    assert "https" not in policy("")
