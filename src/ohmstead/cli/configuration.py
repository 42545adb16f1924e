"""Settings as the verbs read them: a file, the environment, problems as one failure."""

from __future__ import annotations

import os
from pathlib import Path

from ohmstead.cli import Failed
from ohmstead.settings import Settings
from ohmstead.settings_reading import SettingsError, load

FILE = "ohmstead.toml"


def config_file(given: Path | None) -> Path | None:
    """The file of `--config`, else of OHMSTEAD_CONFIG, else ohmstead.toml where it is here; None: there is none."""
    if given is not None:
        return given
    named = os.environ.get("OHMSTEAD_CONFIG")
    if named:
        return Path(named)
    return Path(FILE) if Path(FILE).exists() else None


def settings(given: Path | None) -> Settings:
    """Raises Failed with all problems."""
    try:
        return load(config_file(given), os.environ)
    except SettingsError as error:
        raise Failed(f"{error}\nrun ohmstead check config") from None
