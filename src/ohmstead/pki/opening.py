"""Which source of server certificates the settings choose."""

from __future__ import annotations

import ssl

from ohmstead.pki.acme.source import FromAcme
from ohmstead.pki.local_ca import LocalCa
from ohmstead.pki.server_certificates import FromFiles, Issued, ServerCertificates, Source, Unusable
from ohmstead.pki.tls import NoLegacy
from ohmstead.settings import Settings
from ohmstead.store.db import Db


class Uncertified(Exception):
    """The TLS ports cannot begin; one line: what, why, what next."""


def open_certificates(
    settings: Settings, ca: LocalCa, db: Db, server_key: bytes, *, legacy: bool
) -> ServerCertificates:
    """`legacy`: TLS 1.0 and 1.1 are wanted too. Raises Uncertified."""
    check_acme(settings)
    try:
        certificates = ServerCertificates(_source(settings, ca, db, server_key))
        if legacy:
            certificates.check_legacy()
    except (Unusable, OSError) as error:
        raise Uncertified(str(error)) from None
    except NoLegacy as error:
        why = f"OpenSSL ({ssl.OPENSSL_VERSION}) or this machine's policy forbids TLS 1.0 and 1.1 ({error})"
        raise Uncertified(f"gateway.tls_legacy_bind: {why}; leave it empty, or allow them there.") from None
    return certificates


def check_acme(settings: Settings) -> None:
    """Raises Uncertified where the settings contradict each other."""
    if settings.acme.directory and settings.gateway.certificate_files:
        raise Uncertified("acme.directory and gateway.certificate_files: take one of them.")
    if settings.acme.directory and not settings.acme_names:
        raise Uncertified("acme.directory: say for which host names, by gateway.public_name or acme.names.")


def _source(settings: Settings, ca: LocalCa, db: Db, server_key: bytes) -> Source:
    if settings.gateway.certificate_files:
        return FromFiles(settings.gateway.certificate_files)
    issued = Issued(ca, settings.pki.organization, settings.gateway.public_name)
    return FromAcme(db, server_key, issued) if settings.acme.directory else issued
