"""Writes docs/ as a web site: python tools/site.py [FOLDER], build/site where none is given.

The theme comes from its wheel and fonts from the reader's machine: no page asks another host for anything.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
SECTIONS = {
    "Start": "README first-five-minutes howto/connect-a-station howto/console concepts integration",
    "Recipes": "recipes/README recipes/*",
    "Build on it": "howto/sdk howto/webhooks howto/nats howto/forwarding howto/tenants howto/single-sign-on "
    "howto/secrets-and-audit reference/problems",
    "Stations": "howto/vendors howto/device-model howto/desired-state howto/campaigns howto/firmware-and-logs "
    "howto/monitoring howto/uptime howto/data-transfer howto/from-1.6-to-2.x howto/change-version",
    "Security": "security howto/certificates howto/provisioning howto/certificate-runbooks howto/external-cas "
    "howto/acme howto/signed-messages howto/plug-and-charge howto/exi",
    "Charging": "howto/authorization howto/reservations howto/metering howto/tariffs howto/payment howto/statements "
    "howto/reconciliation",
    "Energy": "howto/sites howto/smart-charging howto/demand-response howto/openadr howto/energy-both-ways",
    "Try it out": "howto/simulate howto/test-bench howto/conformance howto/traces reference/personas",
    "Operate": "howto/operate howto/several-processes performance scale",
    "Reference": "support reference/*",
    "More": "*",
    "Decisions": "why map adr/*",
}
"""Section -> its pages in their order; a pattern means those that nothing else names."""
PALETTE = """\
    - media: "(prefers-color-scheme: {when})"
      scheme: {scheme}
      primary: custom
      accent: custom
      toggle: {{icon: material/{icon}, name: {name}}}
"""
SETTINGS = """\
site_name: Ohmstead
docs_dir: {docs}
site_dir: {site}
use_directory_urls: false
hooks: [{hooks}]
extra_css: [assets/site.css]
theme:
  name: material
  custom_dir: {theme}
  font: false
  logo: assets/icon.svg
  favicon: assets/icon.svg
  features: [navigation.tabs, navigation.tabs.sticky, navigation.footer, navigation.top, toc.follow, content.code.copy]
  palette:
{palette}plugins: [search]
markdown_extensions: [admonition, md_in_html, pymdownx.superfences, tables, {{toc: {{permalink: true}}}}]
validation: {{links: {{not_found: ignore, unrecognized_links: ignore}}}}
nav:
{nav}
"""


def title(page: Path) -> str:
    """Its first heading."""
    lines = (line for line in page.read_text("utf-8").splitlines() if line.startswith("# "))
    return next(lines, page.stem).removeprefix("# ").replace('"', "'")


def navigation(docs: Path) -> str:
    """Every page, in one section."""
    pages = {str(page.relative_to(docs).with_suffix("")): page for page in sorted(docs.rglob("*.md"))}
    named = {name for line in SECTIONS.values() for name in line.split() if "*" not in name}
    lines = []
    for section, line in SECTIONS.items():
        found = [name for one in line.split() for name in _matching(one, pages, named)]
        if found:
            lines.append(f"  - {section}:")
            lines += [f'    - "{title(pages[name])}": {name}.md' for name in found]
    return "\n".join(lines)


def _matching(pattern: str, pages: dict[str, Path], named: set[str]) -> list[str]:
    if "*" not in pattern:
        return [pattern]
    folder = pattern.removesuffix("*")
    elsewhere = {one.removesuffix("*") for line in SECTIONS.values() for one in line.split() if one.endswith("/*")}
    free = [name for name in pages if name not in named]
    if folder:
        return [name for name in free if name.startswith(folder)]
    return [name for name in free if not name.startswith(tuple(elsewhere))]


def on_page_markdown(markdown: str, page: Any, **_: Any) -> str:
    """A hook of mkdocs: links to files of the repository that are no pages would lead nowhere; their words stay."""
    out = page.file.src_uri.count("/") + 1
    return re.sub(rf"\[([^\]]+)\]\((?:\.\./){{{out},}}[^)]*\)", r"\1", markdown)


def main(arguments: list[str]) -> int:
    site = Path(arguments[0] if arguments else ROOT / "build" / "site").resolve()
    docs, theme = ROOT / "docs", ROOT / "tools" / "site_theme"
    light = PALETTE.format(when="light", scheme="default", icon="weather-night", name="Dark")
    dark = PALETTE.format(when="dark", scheme="slate", icon="weather-sunny", name="Light")
    with tempfile.TemporaryDirectory() as folder:
        settings = Path(folder) / "mkdocs.yml"
        settings.write_text(
            SETTINGS.format(
                docs=docs, site=site, theme=theme, hooks=Path(__file__), palette=light + dark, nav=navigation(docs)
            ),
            "utf-8",
        )
        command = [sys.executable, "-m", "mkdocs", "build", "--quiet", "--config-file", str(settings)]
        quiet = {**os.environ, "NO_MKDOCS_2_WARNING": "1"}
        return subprocess.run(command, env=quiet).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
