from __future__ import annotations

import msgspec
import pytest

from ohmstead.shapes.command import CallFailure
from ohmstead.store.resources.frames import Frame, read


@pytest.mark.parametrize(
    ("text", "frame"),
    [
        ('[2,"a","Heartbeat",{"x": 1.0}]', Frame("a", "Heartbeat", msgspec.Raw(b'{"x": 1.0}'), None)),
        ('[6,"a","NotifyPeriodicEventStream",{}]', Frame("a", "NotifyPeriodicEventStream", msgspec.Raw(b"{}"), None)),
        ('[3,"a",{}]', Frame("a", None, msgspec.Raw(b"{}"), None)),
        ('[4,"a","GenericError","no",{}]', Frame("a", None, None, CallFailure("GenericError", "no"))),
        ('[5,"a","FormatViolation","",{}]', Frame("a", None, None, CallFailure("FormatViolation", ""))),
        ("[2]", None),
        ("[]", None),
        ("{}", None),
        ("nonsense", None),
        ("", None),
        (None, None),
        ('[9,"a",{}]', None),
    ],
)
def test_read(text, frame):
    assert read(text) == frame
