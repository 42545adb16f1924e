"""The versions of uv.lock as constraints for pip: who has no uv gets the same packages, today and in a year."""

from __future__ import annotations

import sys
import tomllib
from pathlib import Path

LOCK = Path(__file__).resolve().parent.parent / "uv.lock"


def pins(lock: str) -> str:
    """One `name==version` a line, of all packages that come from a registry."""
    packages = tomllib.loads(lock)["package"]
    return "".join(f"{one['name']}=={one['version']}\n" for one in packages if "registry" in one["source"])


if __name__ == "__main__":
    sys.stdout.write(pins(LOCK.read_text()))
