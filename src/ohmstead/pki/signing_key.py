"""The key that signs our messages, with a certificate of the embedded CA: all that trust its root can check them.

<data_dir>/pki/signing.pem   the certificate, its issuer below it: what a station must know that checks signatures
               signing.key   sealed
"""

from __future__ import annotations

from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from ohmstead.keyfiles import write_private
from ohmstead.ocpp.signing import SigningKey
from ohmstead.pki import keys
from ohmstead.pki.certificate import UNREADABLE, describe, from_pem, to_pem
from ohmstead.pki.local_ca import BrokenCa, LocalCa, lock
from ohmstead.runtime import now


def open_signing_key(folder: Path, server_key: bytes, ca: LocalCa, organization: str) -> SigningKey:
    """The key of this folder; made now if there is none, or if its certificate has ended or is another CA's. Raises
    BrokenCa when it cannot be unsealed."""
    certificate, key, password = folder / "signing.pem", folder / "signing.key", keys.passphrase(server_key)
    with lock(folder.with_name(f".{folder.name}.lock")):
        if not _is_current(certificate, ca) or not key.exists():
            fresh = ec.generate_private_key(ec.SECP256R1())
            write_private(key, keys.to_pem(fresh, password))
            certificate.write_text(to_pem(ca.issue_signer(fresh.public_key(), organization)))
        chain = certificate.read_text()
        try:
            plain = load_pem_private_key(key.read_bytes(), password)
        except ValueError:
            text = f"{key} cannot be unsealed: it belongs to another server.key. Move it away and a new one is made."
            raise BrokenCa(text) from None
    if plain.public_key() != from_pem(chain)[0].public_key():
        raise BrokenCa(f"{key} is not the key of {certificate}. Move both away and new ones are made.")
    return SigningKey(keys.to_pem(plain, None), chain)


def _is_current(certificate: Path, ca: LocalCa) -> bool:
    try:
        one = from_pem(certificate.read_text())[0]
        one.verify_directly_issued_by(ca.issuing)
    except (OSError, InvalidSignature, *UNREADABLE):
        return False
    return now() < describe(one).not_after
