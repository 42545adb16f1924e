"""What a secret is called: one list for the wire (ocpp/masking.py) and the device model (domain/device_model.py)."""

from __future__ import annotations

import re

HINTS = (
    "password", "passwd", "passphrase", "authorizationkey", "secret", "simpin", "cardpin", "vpnkey", "presharedkey",
    "privatekey", "g_authentication", "puk",
)  # fmt: skip
"""Words in lower case, one of which is in the name of every secret."""
_SECRET = re.compile("|".join(word for word in HINTS if word != "puk") + "|^(sim)?puk$")
_ABOUT_ONE = ("use", "enable", "allow", "supports")


def is_secret_name(name: str) -> bool:
    """Whether a variable (2.x), a configuration key (1.6) or a field of this name holds what nobody may read.

    BasicAuthPassword and its like in 2.x, AuthorizationKey in 1.6, and the vendors' own: StationPassword,
    WebSocketPassword, WifiPassword, G_CardPin, PUK. A flag that only speaks of one, such as
    UseAuthorizationKeyWithoutDecoding, is none.
    """
    plain = name.strip().casefold()
    return bool(_SECRET.search(plain)) and not plain.startswith(_ABOUT_ONE)
