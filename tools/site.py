"""Writes docs/ as a web site: python tools/site.py [FOLDER], build/site where none is given.

The theme comes from its wheel and fonts from the reader's machine: no page asks another host for anything.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SECTIONS = {"How to": "howto", "Recipes": "recipes", "Reference": "reference", "Decisions": "adr"}
SETTINGS = """\
site_name: Ohmstead
docs_dir: {docs}
site_dir: {site}
use_directory_urls: false
theme: {{name: material, font: false, features: [navigation.tabs, navigation.indexes]}}
plugins: [search]
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
    """Every page, in its section."""
    lines = [f'  - "{title(page)}": {page.name}' for page in sorted(docs.glob("*.md"))]
    for name, folder in SECTIONS.items():
        lines.append(f"  - {name}:")
        pages = sorted((docs / folder).glob("*.md"), key=lambda page: (page.stem != "README", page.name))
        lines += [f'    - "{title(page)}": {folder}/{page.name}' for page in pages]
    return "\n".join(lines)


def main(arguments: list[str]) -> int:
    site = Path(arguments[0] if arguments else ROOT / "build" / "site").resolve()
    docs = ROOT / "docs"
    with tempfile.TemporaryDirectory() as folder:
        settings = Path(folder) / "mkdocs.yml"
        settings.write_text(SETTINGS.format(docs=docs, site=site, nav=navigation(docs)), "utf-8")
        command = [sys.executable, "-m", "mkdocs", "build", "--quiet", "--config-file", str(settings)]
        quiet = {**os.environ, "NO_MKDOCS_2_WARNING": "1"}
        return subprocess.run(command, env=quiet).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
