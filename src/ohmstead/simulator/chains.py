"""Chains of certificates as vehicles and stations judge them: from a leaf to a root that they trust."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import Literal

from cryptography import x509
from cryptography.exceptions import InvalidSignature

from ohmstead.runtime import from_datetime

Verdict = Literal["Accepted", "CertificateExpired", "CertChainError", "NoRoot"]
"""The specification's words (AuthorizeCertificateStatusEnumType), and that the root is not at hand."""


def validated(chain: Sequence[x509.Certificate], roots: Iterable[x509.Certificate], at: int) -> Verdict:
    """A chain, leaf first and without its root, by these roots at this time (microseconds)."""
    top = chain[-1]
    named = [one for one in roots if one.subject == top.issuer]
    if not named:
        return "NoRoot"
    root = next((one for one in named if signed_by(top, one)), None)
    if root is None or not holds_together((*chain, root)):
        return "CertChainError"
    if any(from_datetime(one.not_valid_after_utc) < at for one in (*chain, root)):
        return "CertificateExpired"
    if any(from_datetime(one.not_valid_before_utc) > at for one in (*chain, root)):
        return "CertChainError"
    return "Accepted"


def holds_together(chain: Sequence[x509.Certificate]) -> bool:
    """Each certificate is signed by the next one, which is a CA."""
    return all(signed_by(one, above) and _is_authority(above) for one, above in pairwise(chain))


def signed_by(one: x509.Certificate, issuer: x509.Certificate) -> bool:
    """Whether `issuer` vouches for it."""
    try:
        one.verify_directly_issued_by(issuer)
    except (ValueError, TypeError, InvalidSignature):
        return False
    return True


def _is_authority(one: x509.Certificate) -> bool:
    try:
        return bool(one.extensions.get_extension_for_class(x509.BasicConstraints).value.ca)
    except (x509.ExtensionNotFound, ValueError):
        return False
