"""The e-mobility account identifier (ISO 15118-2 annex H): country, provider, instance and perhaps a check digit.

It is written with or without hyphens, in any case, with or without its check digit. One form is compared: capitals,
no hyphens, no check digit.
"""

from __future__ import annotations

import re

_EMAID = re.compile(r"^[A-Z]{2}[A-Z0-9]{3}[A-Z0-9]{9}[A-Z0-9]?$")


def normal(text: str) -> str | None:
    """The form that is compared; None where this is no eMAID."""
    plain = text.replace("-", "").upper()
    return plain[:14] if plain.isascii() and _EMAID.match(plain) else None


def shown(normal_form: str) -> str:
    """With hyphens, as people read it: DE-8AA-C1A2B3C4D."""
    return f"{normal_form[:2]}-{normal_form[2:5]}-{normal_form[5:]}"
