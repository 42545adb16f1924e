from __future__ import annotations

import inspect
import subprocess
import sys

import pytest

import ohmstead
from ohmstead.cli import VERBS, build


def test_the_overview_names_every_verb(run):
    for line in ("", "--help", "-h", "help"):
        status, out, _ = run(line)
        assert status == 0
        assert all(f"  {verb} " in out for verb in VERBS)


def test_the_overview_loads_no_library(tmp_path):
    code = "import sys; from ohmstead.cli import main; main(['--help']); print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=tmp_path)
    loaded = set(done.stdout.splitlines()[-1].split())
    assert not loaded & {"cyclopts", "litestar", "sqlalchemy", "httpx", "msgspec", "asyncio"}


def test_version(run):
    assert run("--version")[1] == f"{ohmstead.__version__}\n"


@pytest.mark.parametrize("line", ["statoin list", "station lst", "station show", "station list --colour", "serve -x"])
def test_wrong_usage_is_2_and_one_line(run, line):
    status, out, err = run(line)
    assert (status, out, err.count("\n")) == (2, "", 1)
    assert err.startswith("ohmstead: ")
    assert "--help" in err


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_is_there_and_explains_itself(run, verb):
    assert build()[verb] is not None
    status, out, _ = run(f"{verb} --help")
    assert (status, out.startswith("Usage: ")) == (0, True)


def test_python_m_is_the_same(tmp_path):
    done = subprocess.run(
        [sys.executable, "-m", "ohmstead", "--version"], capture_output=True, text=True, check=True, cwd=tmp_path
    )
    assert done.stdout == f"{ohmstead.__version__}\n"


WITHOUT_JSON = {
    "serve": "runs until it is stopped",
    "demo": "runs until it is stopped; with --once its last line is JSON",
    "completion": "prints a script",
    "pki new-issuing": "works on the files of this machine",
    "exi decode": "prints JSON anyway",
    "exi verify": "always prints JSON",
    "exi encode": "prints what it encodes",
    "trace import": "writes a trace",
    "trace anonymise": "writes a trace",
    "trace persona": "writes a persona",
}


def commands(app, path=()):
    for name in app:
        if not name.startswith("-"):
            if app[name].default_command is not None:
                yield " ".join((*path, name)), app[name].default_command
            yield from commands(app[name], (*path, name))


def test_every_command_prints_json_when_asked():
    without = {
        name
        for name, function in commands(build())
        if not {"to", "json", "as_json"} & inspect.signature(function).parameters.keys()
    }
    assert without == WITHOUT_JSON.keys()
