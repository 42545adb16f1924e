"""What a user hands over as a file."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Annotated, Any

from cyclopts import Parameter

from ohmstead.cli import Failed

GivenFile = Annotated[str, Parameter(allow_leading_hyphen=True)]
"""A path, or - for standard input."""


def read_json(file: str) -> Any:
    """The JSON in a file; - is standard input. Raises Failed."""
    try:
        return json.loads(sys.stdin.read() if file == "-" else Path(file).read_text("utf-8"))
    except OSError as error:
        raise Failed(f"{file} cannot be read: {error.strerror}") from None
    except ValueError as error:
        raise Failed(f"{file} is not JSON: {error}") from None
