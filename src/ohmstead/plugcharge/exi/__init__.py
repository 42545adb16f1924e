"""EXI for the certificate messages of ISO 15118-2 and -20, without a JVM.

    message = SCHEMAS["iso15118-2"].decode(data)       {"V2G_Message": {"Header": ..., "Body": ...}}
    data = SCHEMAS["iso15118-2"].encode(message)

EXI 1.0 (W3C), schema-informed, bit-packed, not strict, with default options: what ISO 15118 prescribes. A message is a
JSON-like value: an element with children is an object by local names, one that repeats a list, binary content base64
text, hexBinary hex text in capitals; the text of an element with attributes is its member `value`.
"""

from __future__ import annotations

from ohmstead.plugcharge.exi.codec import ExiError, Schema, load

__all__ = ["SCHEMAS", "ExiError", "Schema"]

SCHEMAS: dict[str, Schema] = {name: load(name) for name in ("iso15118-2", "iso15118-20", "xmldsig")}
"""By name; xmldsig is only for SignedInfo, which is signed in the fragment form of that schema alone."""
