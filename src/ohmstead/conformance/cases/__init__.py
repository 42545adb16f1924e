"""The cases, one module for each subject. Importing a module puts its cases into the list."""

from __future__ import annotations

import pkgutil
from functools import cache
from importlib import import_module


@cache
def discover() -> None:
    for module in pkgutil.iter_modules(__path__):
        import_module(f"{__name__}.{module.name}")
