"""EXI of ISO 15118 certificate messages to JSON and back."""

from __future__ import annotations

import base64
import binascii
import json
import sys
from pathlib import Path
from typing import Annotated, Literal

from cyclopts import App, Parameter

from ohmstead.cli import Failed
from ohmstead.cli.files import GivenFile
from ohmstead.plugcharge.exi import SCHEMAS, ExiError

app = App(name="exi", help="EXI of ISO 15118 certificate messages to JSON and back.", help_format="plaintext")
Schema = Literal["iso15118-2", "iso15118-20"]
AsText = Annotated[bool, Parameter(name="--base64", negative="", help="EXI as base64 text, as OCPP carries it")]


@app.command
def decode(file: GivenFile = "-", /, *, schema: Schema = "iso15118-2", as_text: AsText = False) -> None:
    """Read EXI from a file or standard input, print the message as JSON."""
    data = _bytes(file)
    try:
        message = SCHEMAS[schema].decode(base64.b64decode(data, validate=True) if as_text else data)
    except (ExiError, binascii.Error) as error:
        raise Failed(f"{_name(file)}: {error}") from None
    print(json.dumps(message, indent=2))


@app.command
def encode(file: GivenFile = "-", /, *, schema: Schema = "iso15118-2", as_text: AsText = False) -> None:
    """Read a message as JSON from a file or standard input, write EXI to standard output."""
    try:
        message = json.loads(_bytes(file))
        if not isinstance(message, dict):
            raise ExiError("a message is an object with one member")
        data = SCHEMAS[schema].encode(message)
    except ExiError as error:
        raise Failed(f"{_name(file)}: {error}") from None
    except ValueError as error:
        raise Failed(f"{_name(file)}: is not JSON: {error}") from None
    if as_text:
        print(base64.b64encode(data).decode())
    else:
        sys.stdout.buffer.write(data)
        sys.stdout.buffer.flush()


def _bytes(file: str) -> bytes:
    if file == "-":
        return sys.stdin.buffer.read()
    try:
        return Path(file).read_bytes()
    except OSError as error:
        raise Failed(f"{file} cannot be read: {error.strerror}") from None


def _name(file: str) -> str:
    return "standard input" if file == "-" else file
