from __future__ import annotations

import inspect

from ohmstead.pki.issuer import Issuer
from ohmstead.pki.local_ca import LocalCa


def test_the_embedded_ca_is_one(local_ca: LocalCa) -> None:
    issuer: Issuer = local_ca
    assert inspect.signature(Issuer.issue) == inspect.signature(type(issuer).issue)
