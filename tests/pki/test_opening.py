from __future__ import annotations

from typing import Any

import pytest

from ohmstead.acme_settings import AcmeSettings
from ohmstead.pki.local_ca import LocalCa
from ohmstead.pki.opening import Uncertified, open_certificates
from ohmstead.settings import Gateway, Settings

ACME = AcmeSettings(directory="https://ca.example/dir")


@pytest.mark.parametrize(
    ("more", "why"),
    [
        ({"acme": ACME}, "acme.directory: say for which host names"),
        ({"acme": ACME, "gateway": Gateway(certificate_files=("a.pem",), public_name="x")}, "take one of them"),
        ({"gateway": Gateway(certificate_files=("/none.pem",))}, "No such file"),
    ],
)
def test_what_cannot_be(local_ca: LocalCa, more: dict[str, Any], why: str) -> None:
    with pytest.raises(Uncertified, match=why):
        open_certificates(Settings(**more), local_ca, None, b"", legacy=False)  # type: ignore[arg-type]


@pytest.mark.parametrize("more", [{}, {"acme": ACME, "gateway": Gateway(public_name="csms.example")}])
def test_the_embedded_ca_until_others_are_there(local_ca: LocalCa, more: dict[str, Any]) -> None:
    made = open_certificates(Settings(**more), local_ca, None, b"", legacy=False)  # type: ignore[arg-type]
    assert len(made.certificates()) == 2
