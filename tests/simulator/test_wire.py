from __future__ import annotations

import msgspec
import pytest

from ohmstead.ocpp.versions import V16, V21
from ohmstead.simulator.wire import compose, frame, read_request


def test_what_breaks_the_schema_never_leaves() -> None:
    with pytest.raises(msgspec.ValidationError):
        compose(V16, "AuthorizeRequest", {"idTag": "x" * 21})
    assert compose(V16, "AuthorizeRequest", {"idTag": "x"}) == b'{"idTag":"x"}'


def test_words_of_a_request() -> None:
    assert read_request(V21, "Reset", msgspec.Raw(b'{"type":"Immediate"}')) == {"type": "Immediate"}


def test_frames_for_the_log() -> None:
    call = frame(1, b'[2,"i","Reset",{"type":"Hard"}]')
    assert (call.kind, call.message_id, call.action, call.payload) == (2, "i", "Reset", {"type": "Hard"})
    assert frame(1, b'[3,"i",{}]', "Reset")[1:5] == (3, "i", "Reset", {})
    assert frame(1, b'[4,"i","NotImplemented","",{}]').payload["code"] == "NotImplemented"
    assert [frame(1, text).kind for text in (b"nonsense", b"[]", b"{}", b'["a"]', b"[3]")] == [0] * 5
