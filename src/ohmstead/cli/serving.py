"""What runs or prepares an Ohmstead on this machine: serve, demo, init, check config, db upgrade.

`ohmstead.supervisor` and `ohmstead.demo` know everything and are known by nobody: they are looked up by name, and
only here.
"""

from __future__ import annotations

import importlib
import secrets
from pathlib import Path
from types import ModuleType
from typing import Annotated, Literal

import msgspec
from cyclopts import App, Parameter

from ohmstead.cli import Failed, configuration
from ohmstead.cli.configuration import FILE
from ohmstead.cli.output import show
from ohmstead.cli.remote import ADMIN_KEY
from ohmstead.keyfiles import write_private
from ohmstead.settings import Settings, masked, values
from ohmstead.settings_pages import commented_toml

check = App(name="check", help="Look at things before they go wrong.", help_format="plaintext")
db = App(name="db", help="The database.", help_format="plaintext")


def _found(name: str) -> ModuleType:
    return importlib.import_module(f"ohmstead.{name}")


def serve(
    *,
    config: Path | None = None,
    role: Literal["all", "gateway", "api", "worker"] | None = None,
) -> None:
    """Run until SIGTERM or Ctrl-C. Needs no `init`: without a file the defaults count."""
    settings = configuration.settings(config)
    if role is not None:
        settings = msgspec.structs.replace(settings, role=role)
    supervisor = _found("supervisor")
    try:
        supervisor.serve(settings)
    except supervisor.CannotStart as error:
        raise Failed(str(error)) from None


def demo(
    *,
    stations: Annotated[int, Parameter(help="simulated stations")] = 12,
    seed: Annotated[int, Parameter(help="the same seed, the same story")] = 1,
    keep: Annotated[Path | None, Parameter(help="folder for the data, instead of a temporary one")] = None,
    api: Annotated[str, Parameter(help="HOST:PORT of the API; port 0 takes a free one")] = "127.0.0.1:0",
    once: Annotated[bool, Parameter(help="end after the first complete session", negative="")] = False,
) -> int:
    """Run a CSMS with simulated stations on free ports; nothing is left behind."""
    app, demos = _found("app"), _found("demo")
    options = demos.DemoOptions(stations=stations, seed=seed, keep=keep, api=api, once=once)
    try:
        status: int = demos.demo(options, lambda line: print(line, flush=True))
    except app.CannotStart as error:
        raise Failed(str(error)) from None
    return status


def init(*, config: Path = Path(FILE), data_dir: str | None = None, json: bool = False) -> None:
    """Write a settings file with every key explained, and an admin key; existing files are left alone."""
    settings = Settings(data_dir=data_dir) if data_dir else Settings()
    key_path = Path(settings.data_dir, ADMIN_KEY)
    written: list[str] = []
    try:
        if not config.exists():
            config.write_text(commented_toml(settings), "utf-8")
            written.append(str(config))
        if not key_path.exists():
            write_private(key_path, f"ohm_{secrets.token_urlsafe(32)}")
            written.append(str(key_path))
    except OSError as error:
        raise Failed(f"{error.filename}: {error.strerror}") from None
    if json:
        return show({"written": written}, json)
    for name in written:
        print(f"wrote {name}")
    print("next: ohmstead serve")


@check.command(name="config")
def check_config(*, config: Path | None = None, json: bool = False) -> None:
    """Read the settings, say what is wrong, and show what counts; passwords are masked."""
    settings = configuration.settings(config)
    show({name: masked(name, value) for name, value in values(settings)}, json)


@db.command
def upgrade(*, config: Path | None = None, json: bool = False) -> None:
    """Bring the schema of the database up to date; safe while an older release still runs."""
    import asyncio

    from ohmstead.store import schema

    url = configuration.settings(config).database_url
    if url.startswith(schema.SQLITE):
        Path(url.removeprefix(schema.SQLITE)).parent.mkdir(parents=True, exist_ok=True)
    try:
        asyncio.run(schema.upgrade(url))
    except OSError as error:
        raise Failed(f"{masked('database_url', url)}: {error}; is the database running?") from None
    if json:
        return show({"revision": schema.newest()}, json)
    print(f"the schema is at revision {schema.newest()}")
