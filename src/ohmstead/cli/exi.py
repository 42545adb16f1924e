"""EXI of ISO 15118 certificate messages to JSON and back, and whose signature is on them."""

from __future__ import annotations

import base64
import binascii
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from cyclopts import App, Parameter

from ohmstead.cli import Failed
from ohmstead.cli.files import GivenFile
from ohmstead.plugcharge.exi import SCHEMAS, ExiError

if TYPE_CHECKING:
    from cryptography import x509

app = App(name="exi", help="EXI of ISO 15118 certificate messages, and who signed them.", help_format="plaintext")
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


@app.command
def verify(
    file: GivenFile = "-",
    /,
    *,
    schema: Schema = "iso15118-2",
    as_text: AsText = False,
    root: Annotated[Path | None, Parameter(help="PEM: the signer's chain must lead to one of these")] = None,
) -> None:
    """Check who signed a certificate message: all of its digests, and the signature.

    Prints the signer, what is signed, and what is odd about it. Exit status 1 when it is not signed by the certificate
    that it carries, or when --root is given and no chain of certificates that are valid now leads there.
    """
    from ohmstead.plugcharge import reading
    from ohmstead.plugcharge.signatures import BadSignature

    data = _bytes(file)
    try:
        message = reading.read(schema, base64.b64decode(data, validate=True) if as_text else data)
        leaf, *above = message.signer()
        odd = message.verify()
    except (ExiError, binascii.Error, BadSignature) as error:
        raise Failed(f"{_name(file)}: {error}") from None
    found = {
        "message": message.name,
        "response_code": message.code,
        "signer": leaf.subject.rfc4514_string(),
        "issuer": leaf.issuer.rfc4514_string(),
        "valid_until": leaf.not_valid_after_utc.isoformat(),
        "signed": [name for name, _ in message.signed()],
        "odd": odd,
    }
    if root is not None:
        _must_lead_to(root, leaf, above)
    print(json.dumps({name: value for name, value in found.items() if value is not None}, indent=2))


def _must_lead_to(file: Path, leaf: x509.Certificate, above: list[x509.Certificate]) -> None:
    """Raises Failed unless a chain of the certificates that came leads to one of the roots in the file."""
    from cryptography import x509

    from ohmstead import runtime
    from ohmstead.pki.trust import Trust, Unfit

    try:
        trust = Trust(x509.load_pem_x509_certificates(file.read_bytes()), above)
    except (OSError, ValueError, Unfit) as error:
        raise Failed(f"{file}: {error}") from None
    if not trust.leads_to_anchor(leaf, runtime.now()):
        raise Failed(f"No chain of valid certificates leads from {leaf.subject.rfc4514_string()} to a root of {file}.")


def _bytes(file: str) -> bytes:
    if file == "-":
        return sys.stdin.buffer.read()
    try:
        return Path(file).read_bytes()
    except OSError as error:
        raise Failed(f"{file} cannot be read: {error.strerror}") from None


def _name(file: str) -> str:
    return "standard input" if file == "-" else file
