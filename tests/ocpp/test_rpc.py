"""The message framework of OCPP-J: a table of good and bad input per version, and properties over random input."""

from __future__ import annotations

import itertools
import json
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ohmstead.ocpp import rpc
from ohmstead.ocpp.rpc import (
    Answer,
    Busy,
    Call,
    CallError,
    Ignored,
    NotInWork,
    Peer,
    Reply,
    ResultError,
    Send,
    TimedOut,
    Unreadable,
)
from ohmstead.ocpp.versions import V16, V21, V201, VERSIONS, Version

versions = pytest.mark.parametrize("version", VERSIONS, ids=lambda version: version.name)


def peer_of(version: Version, **more: Any) -> Peer:
    numbers = itertools.count(1)
    return Peer(version, new_id=lambda: f"our-{next(numbers)}", **more)


def said(frame: bytes | None) -> Any:
    """The frame as Python lists; everything we write must be JSON for others too."""
    assert frame is not None
    return json.loads(frame)


# ---- the table of bad input (OCPP-J 4.1.3, 4.2.3, 4.3, 4.4): what a frame gives in 1.6, 2.0.1 and 2.1 ----

RPC = ("FormationViolation", "RpcFrameworkError", "RpcFrameworkError")
FORMAT = ("FormationViolation", "FormatViolation", "FormatViolation")
NOT_SUPPORTED = (None, "MessageTypeNotSupported", None)
NOTHING = (None, None, None)

TABLE = [
    # text that is no JSON array: X01, X02
    (b'[2,"1","BootNotif', "-1", RPC),
    (b'{"a":1}', "-1", RPC),
    (b"[]", "-1", RPC),
    (b'"x"', "-1", RPC),
    (b"", "-1", RPC),
    (b"null", "-1", RPC),
    (b"\x00\xff\xfe", "-1", RPC),
    (b'[2,"1","Heartbeat",{}] trailing', "-1", RPC),
    (b'[2,"1","Heartbeat",{"a":01}]', "-1", RPC),
    (b'\xef\xbb\xbf[2,"1","Heartbeat",{}]', "-1", RPC),
    (b'[2,"1","Heartbeat",' + b"[" * 10_000 + b"]" * 10_000 + b"]", "-1", RPC),
    (b"[" * 100_000, "-1", RPC),
    (b'{"a":' * 100_000, "-1", RPC),
    # a CALL whose envelope is wrong
    (b"[2]", "-1", FORMAT),
    (b'[2,1,"Heartbeat",{}]', "-1", FORMAT),
    (b'[2,null,"Heartbeat",{}]', "-1", FORMAT),
    (b'[2,"\\ud800","Heartbeat",{}]', "-1", RPC),
    (b'[2,"\xff","Heartbeat",{}]', "-1", FORMAT),
    (b'[2,"1"]', "1", RPC),
    (b'[2,"1","Heartbeat"]', "1", RPC),
    (b'[2,"1","Heartbeat",{},{}]', "1", RPC),
    (b'[2,"1","Heartbeat",{},{},1,2,3]', "1", RPC),
    (b'[2,"1",7,{}]', "1", FORMAT),
    (b'[2,"1","Heart\\u0000beat",{}]', "1", FORMAT),
    (b'[2,"' + b"x" * 37 + b'","Heartbeat",{}]', "-1", RPC),
    (b'[2,"' + b"x" * 37 + b'","Heartbeat"]', "-1", RPC),
    (b'[2,"a\\u0000b","Heartbeat",{}]', "-1", RPC),
    # a message type that is no number
    (b'["2","1","Heartbeat",{}]', "1", RPC),
    (b"[[],[]]", "-1", RPC),
    (b"[true]", "-1", RPC),
    # a message type that this version does not know: X13
    (b'[9,"1","X",{}]', "1", NOT_SUPPORTED),
    (b"[9]", "-1", NOT_SUPPORTED),
    (b'[1e400,"1"]', "1", NOT_SUPPORTED),
    (b'[-1,"' + b"x" * 37 + b'"]', "-1", NOT_SUPPORTED),
    (b'[2.0,"1","Heartbeat",{}]', "1", NOT_SUPPORTED),
    (b'[99999999999999999999999,"1"]', "1", NOT_SUPPORTED),
    (b'[5,"1","InternalError","",{}]', "1", ("-", "MessageTypeNotSupported", "-")),
    (b'[6,"1","NotifyPeriodicEventStream",{}]', "1", (None, "MessageTypeNotSupported", "-")),
    (b'[5,"1","Intern', "-1", ("FormationViolation", "RpcFrameworkError", None)),
    (b'[6,"1","Notify', "-1", ("FormationViolation", "RpcFrameworkError", None)),
    # a SEND is never answered: N15.FR.02
    (b'[6,1,"NotifyPeriodicEventStream",{}]', "-1", NOT_SUPPORTED),
    (b'[6,"1","NotifyPeriodicEventStream"]', "1", NOT_SUPPORTED),
    (b'[6,"1",7,{}]', "1", NOT_SUPPORTED),
    # an answer is never answered
    (b"[3]", None, NOTHING),
    (b"[3,1,{}]", None, NOTHING),
    (b'[3,"nobody asked",{}]', None, NOTHING),
    (b'[4,"-1","RpcFrameworkError","",{}]', None, NOTHING),
    (b"[4]", None, NOTHING),
    (b"[3", None, NOTHING),
    (b' [ 3 , "1" , {', None, NOTHING),
]


@pytest.mark.parametrize(("column", "version"), list(enumerate(VERSIONS)), ids=[version.name for version in VERSIONS])
@pytest.mark.parametrize(("text", "message_id", "codes"), TABLE, ids=[repr(row[0][:40]) for row in TABLE])
def test_bad_input(text: bytes, message_id: str, codes: tuple[str | None, ...], column: int, version: Version) -> None:
    event = peer_of(version).receive(text, 0.0)
    code = codes[column]
    if code == "-":
        return  # a frame this version knows: see below
    if code is None:
        assert isinstance(event, Ignored) or (isinstance(event, Unreadable) and event.reply is None)
        assert event.reason
        return
    assert isinstance(event, Reply | Unreadable)
    kind, *answer = said(event.frame if isinstance(event, Reply) else event.reply)
    assert [kind, *answer[:2]] == [4, message_id, code]
    assert len(answer[2]) <= rpc.MAX_DESCRIPTION
    assert answer[3] == {}


@versions
def test_unreadable_text_is_handed_on_but_never_echoed(version: Version) -> None:
    event = peer_of(version).receive(b'[2,"1","secret', 0.0)
    assert isinstance(event, Unreadable)
    assert event.text == b'[2,"1","secret'
    assert event.reply is not None
    assert b"secret" not in event.reply


# ---- calls of the peer ----


@versions
@pytest.mark.parametrize(
    "text",
    [
        b'[2,"1","Heartbeat",{}]',
        b' [ 2 , "1" , "Heartbeat" , {} ] \r\n',
        b'[2,"\\u0031","Heart\\u0062eat",{}]',
    ],
)
def test_a_call(version: Version, text: bytes) -> None:
    event = peer_of(version).receive(text, 0.0)
    assert isinstance(event, Call)
    assert (event.message_id, event.action, bytes(event.payload)) == ("1", "Heartbeat", b"{}")


@versions
@pytest.mark.parametrize(
    "payload", [b"null", b"[]", b'{"a":1e400}', b'{ "a" : [ ] }', b'"\\u0000"', b"{" + b" " * 999 + b"}"]
)
def test_the_payload_is_not_looked_at(version: Version, payload: bytes) -> None:
    event = peer_of(version).receive(b'[2,"1","X",' + payload + b"]", 0.0)
    assert isinstance(event, Call)
    assert bytes(event.payload) == payload


@versions
def test_a_signed_call_may_carry_an_extension(version: Version) -> None:
    event = peer_of(version).receive(b'[2,"1","Heartbeat-Signed",{"payload":""},{}]', 0.0)
    assert isinstance(event, Call)
    assert bytes(event.payload) == b'{"payload":""}'


@versions
def test_ids_of_36_and_of_no_characters_are_answered(version: Version) -> None:
    peer = peer_of(version)
    for message_id in ("", "ä" * 36, 'quo"te', "back\\slash"):
        assert isinstance(peer.receive(json.dumps([2, message_id, "X", {}]).encode(), 0.0), Call)
        assert said(peer.result(message_id, b'{"a":1}')) == [3, message_id, {"a": 1}]


@versions
def test_a_second_call_is_delivered_but_the_same_id_is_refused_while_in_work(version: Version) -> None:
    peer = peer_of(version)
    frame = b'[2,"1","X",{}]'
    assert isinstance(peer.receive(frame, 0.0), Call)
    assert isinstance(peer.receive(b'[2,"2","X",{}]', 0.0), Call)
    again = peer.receive(frame, 0.0)
    assert isinstance(again, Reply)
    assert said(again.frame)[:2] == [4, "1"]
    peer.result("1", b"{}")
    assert isinstance(peer.receive(frame, 0.0), Call)  # answered: a repeat, or a counter that began again


@versions
def test_a_call_is_answered_once(version: Version) -> None:
    peer = peer_of(version)
    with pytest.raises(NotInWork, match="'1'"):
        peer.result("1", b"{}")
    peer.receive(b'[2,"1","X",{}]', 0.0)
    peer.error("1", "NotImplemented")
    with pytest.raises(NotInWork):
        peer.error("1", "NotImplemented")


@versions
def test_an_error_frame_keeps_the_limits(version: Version) -> None:
    peer = peer_of(version)
    peer.receive(b'[2,"1","X",{}]', 0.0)
    frame = said(peer.error("1", "InternalError", "d" * 300, {"a": [1]}))
    assert frame == [4, "1", "InternalError", "d" * 255, {"a": [1]}]


@pytest.mark.parametrize(
    ("code", "in_16", "in_2"),
    [
        ("FormatViolation", "FormationViolation", "FormatViolation"),
        ("FormationViolation", "FormationViolation", "FormatViolation"),
        ("OccurrenceConstraintViolation", "OccurenceConstraintViolation", "OccurrenceConstraintViolation"),
        ("OccurenceConstraintViolation", "OccurenceConstraintViolation", "OccurrenceConstraintViolation"),
        ("RpcFrameworkError", "FormationViolation", "RpcFrameworkError"),
        ("MessageTypeNotSupported", "NotSupported", "MessageTypeNotSupported"),
        ("SecurityError", "SecurityError", "SecurityError"),
        ("Nonsense", "GenericError", "GenericError"),
    ],
)
def test_each_version_spells_its_codes(code: str, in_16: str, in_2: str) -> None:
    assert [rpc.spelled(code, version) for version in VERSIONS] == [in_16, in_2, in_2]


def test_a_code_of_2_never_leaves_on_16() -> None:
    assert len(rpc.CODES_2) == 12
    assert len(rpc.CODES_16) == 10
    assert {rpc.spelled(code, V16) for code in rpc.CODES_2} <= rpc.CODES_16


# ---- calls of ours ----


@versions
def test_our_call_and_its_result(version: Version) -> None:
    peer = peer_of(version)
    message_id, frame = peer.call("Reset", b'{"type":"Hard"}', 0.0)
    assert said(frame) == [2, message_id, "Reset", {"type": "Hard"}]
    assert peer.open_call == message_id
    event = peer.receive(b'[3,"our-1",{"status":"Accepted"}]', 1.0)
    assert isinstance(event, Answer)
    assert (event.message_id, event.action, event.error) == (message_id, "Reset", None)
    assert bytes(event.payload or b"") == b'{"status":"Accepted"}'
    assert peer.open_call is None
    assert isinstance(peer.receive(b'[3,"our-1",{"status":"Accepted"}]', 1.0), Ignored)


@versions
@pytest.mark.parametrize(
    ("rest", "error"),
    [
        (b'"NotSupported","no",{"a":1}]', CallError("NotSupported", "no", {"a": 1})),
        (b'"NotSupported","no"]', CallError("NotSupported", "no")),
        (b'"NotSupported"]', CallError("NotSupported")),
        (b'"NotSupported",null,null]', CallError("NotSupported")),
        (b'"NotSupported","","text",5,6]', CallError("NotSupported")),
        (b'"NotSupported","",{"a":1e400}]', CallError("NotSupported")),
        (b'"Home made","",{}]', CallError("Home made")),
        (b"5,5,5]", CallError("GenericError")),
        (b'"",""]', CallError("GenericError")),
    ],
)
def test_our_call_and_its_error(version: Version, rest: bytes, error: CallError) -> None:
    peer = peer_of(version)
    peer.call("Reset", b"{}", 0.0)
    assert peer.receive(b'[4,"our-1",' + rest, 1.0) == Answer("our-1", "Reset", None, error)
    assert peer.open_call is None


@versions
def test_a_result_without_payload_and_an_error_without_code_end_our_call(version: Version) -> None:
    peer = peer_of(version)
    peer.call("Reset", b"{}", 0.0)
    event = peer.receive(b'[3,"our-1"]', 0.0)
    assert isinstance(event, Answer)
    assert event.error is not None
    assert event.error.ours
    assert event.error.code in (rpc.CODES_16 if version is V16 else rpc.CODES_2)
    peer.call("Reset", b"{}", 0.0)
    assert peer.receive(b'[4,"our-2"]', 0.0) == Answer("our-2", "Reset", None, CallError("GenericError"))


@versions
def test_one_call_at_a_time(version: Version) -> None:
    peer = peer_of(version)
    peer.call("Reset", b"{}", 0.0)
    with pytest.raises(Busy, match="our-1"):
        peer.call("Reset", b"{}", 0.0)
    assert isinstance(peer.receive(b'[2,"1","Heartbeat",{}]', 0.0), Call)  # crossing
    assert said(peer.result("1", b"{}")) == [3, "1", {}]
    assert peer.open_call == "our-1"


@versions
def test_a_call_times_out_and_its_late_answer_is_not_taken_for_the_next(version: Version) -> None:
    peer = peer_of(version, call_timeout=30.0)
    assert peer.tick(1e9) is None
    peer.call("Reset", b"{}", 100.0)
    assert peer.tick(129.9) is None
    assert peer.tick(130.0) == TimedOut("our-1", "Reset")
    assert peer.tick(131.0) is None
    peer.call("ClearCache", b"{}", 131.0)
    assert isinstance(peer.receive(b'[3,"our-1",{}]', 132.0), Ignored)
    assert peer.open_call == "our-2"


@versions
def test_the_socket_dies_under_our_call(version: Version) -> None:
    peer = peer_of(version)
    assert peer.close() is None
    peer.call("Reset", b"{}", 0.0)
    assert peer.close() == TimedOut("our-1", "Reset")
    assert peer.close() is None


@versions
@pytest.mark.parametrize("text", [b'[3,"our-1",{"status":', b' [ 3 , "our-1" , {,}]', b'[4,"our-1","Gen', b'[3,"our-1'])
def test_a_truncated_answer_can_be_repaired_or_given_up(version: Version, text: bytes) -> None:
    peer = peer_of(version)
    peer.call("Reset", b"{}", 0.0)
    event = peer.receive(text, 0.0)
    assert isinstance(event, Unreadable)
    assert event.reply is None
    assert event.answers_open_call == (text != b'[3,"our-1')
    assert peer.open_call == "our-1"  # still open: the text may be repaired
    lost = peer.give_up("broken JSON")
    assert isinstance(lost, Answer)
    assert lost.error is not None
    assert (lost.message_id, lost.error.description, lost.error.ours) == ("our-1", "broken JSON", True)
    assert peer.give_up("broken JSON") is None


@versions
def test_a_truncated_answer_to_something_else_leaves_our_call_open(version: Version) -> None:
    peer = peer_of(version)
    peer.call("Reset", b"{}", 0.0)
    event = peer.receive(b'[3,"our-2",{', 0.0)
    assert isinstance(event, Unreadable)
    assert not event.answers_open_call


def test_ids_are_uuids_by_default() -> None:
    ids = set()
    for _ in range(100):
        message_id, _frame = Peer(V201).call("Reset", b"{}", 0.0)
        assert len(message_id) <= rpc.MAX_ID
        ids.add(message_id)
    assert len(ids) == 100


# ---- what only 2.1 has ----


def test_a_send() -> None:
    station, csms = peer_of(V21), peer_of(V21)
    station.call("Heartbeat", b"{}", 0.0)
    event = csms.receive(station.send("NotifyPeriodicEventStream", b'{"id":1}'), 0.0)  # exempt from one at a time
    assert isinstance(event, Send)
    assert (event.message_id, event.action, bytes(event.payload)) == (
        "our-2",
        "NotifyPeriodicEventStream",
        b'{"id":1}',
    )
    with pytest.raises(NotInWork):
        csms.result(event.message_id, b"{}")


def test_a_result_error() -> None:
    csms, station = peer_of(V21), peer_of(V21)
    message_id, _ = csms.call("GetVariables", b"{}", 0.0)
    frame = csms.result_error(message_id, "TypeConstraintViolation", "a number is expected", {"at": "/x"})
    error = CallError("TypeConstraintViolation", "a number is expected", {"at": "/x"})
    assert station.receive(frame, 0.0) == ResultError(message_id, error)
    assert isinstance(station.receive(b"[5,7]", 0.0), Ignored)


@pytest.mark.parametrize("version", [V16, V201], ids=lambda version: version.name)
def test_only_21_has_types_5_and_6(version: Version) -> None:
    with pytest.raises(ValueError, match="has no SEND"):
        peer_of(version).send("X", b"{}")
    with pytest.raises(ValueError, match="has no CALLRESULTERROR"):
        peer_of(version).result_error("1", "InternalError")


# ---- properties ----

json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=5)
    | st.sampled_from(["our-1", "Heartbeat"]),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=12,
)
kinds = st.integers(min_value=-1, max_value=9)
frames = st.one_of(
    st.binary(max_size=60),
    json_values.map(lambda value: json.dumps(value).encode()),
    st.tuples(kinds, st.lists(json_values, max_size=5)).map(lambda pair: json.dumps([pair[0], *pair[1]]).encode()),
    st.tuples(kinds, st.integers(0, 40)).map(lambda pair: (b'[%d,"our-1","Heartbeat",{"a":"b"}]' % pair[0])[: pair[1]]),
)


@versions
@given(texts=st.lists(frames, max_size=8))
@settings(max_examples=150, deadline=None)
def test_nothing_a_peer_writes_raises_and_what_we_write_is_legal(version: Version, texts: list[bytes]) -> None:
    peer = peer_of(version)
    peer.call("Reset", b"{}", 0.0)
    codes = rpc.CODES_16 if version is V16 else rpc.CODES_2
    for text in texts:
        event = peer.receive(text, 0.0)
        reply = event.frame if isinstance(event, Reply) else event.reply if isinstance(event, Unreadable) else None
        if reply is not None:
            kind, message_id, code, description, details = said(reply)
            assert kind == 4
            assert len(message_id) <= 36
            assert code in codes
            assert len(description) <= 255
            assert details == {}
            assert isinstance(peer_of(version).receive(reply, 0.0), Ignored)  # so two peers never quarrel for ever


@versions
@given(message_id=st.text(max_size=40), again=st.booleans(), tail=st.lists(json_values, max_size=4))
@settings(max_examples=150, deadline=None)
def test_every_call_with_a_readable_id_gets_exactly_one_answer(
    version: Version, message_id: str, again: bool, tail: list[Any]
) -> None:
    peer = peer_of(version)
    try:
        text = msgspec.json.encode([2, message_id, *tail])
    except UnicodeEncodeError:
        return
    answers = []
    for _ in range(1 + again):
        event = peer.receive(text, 0.0)
        if isinstance(event, Call):
            answers.append(said(peer.result(event.message_id, b"{}")))
            with pytest.raises(NotInWork):
                peer.result(event.message_id, b"{}")
        else:
            assert isinstance(event, Reply)
            answers.append(said(event.frame))
    readable = len(message_id) <= 36 and "\0" not in message_id
    assert [answer[1] for answer in answers] == [message_id if readable else "-1"] * (1 + again)


@versions
@given(dice=st.lists(st.tuples(st.sampled_from(["pass", "lose", "cut", "twice"]), st.integers(0, 30)), max_size=40))
@settings(max_examples=100, deadline=None)
def test_two_peers_over_a_lossy_pipe_always_settle(version: Version, dice: list[tuple[str, int]]) -> None:
    sides = [Peer(version, 30.0, new_id=(f"{side}{n}" for n in itertools.count()).__next__) for side in "ab"]
    calls = [sides[0].call("A", b"{}", 0.0)[1], sides[1].call("B", b"{}", 0.0)[1]]
    pipe = [(1, calls[0]), (0, calls[1])]
    luck = iter(dice)
    hops = 0
    while pipe:
        hops += 1
        assert hops < 200
        to, frame = pipe.pop(0)
        fate, at = next(luck, ("pass", 0))
        copies = {"lose": 0, "twice": 2}.get(fate, 1)
        for _ in range(copies):
            event = sides[to].receive(frame[:at] if fate == "cut" else frame, 1.0)
            if isinstance(event, Call):
                pipe.append((1 - to, sides[to].result(event.message_id, b'{"ok":true}')))
            elif isinstance(event, Reply):
                pipe.append((1 - to, event.frame))
            elif isinstance(event, Unreadable) and event.reply:
                pipe.append((1 - to, event.reply))
            elif isinstance(event, Unreadable) and event.answers_open_call:
                assert sides[to].give_up(event.reason)
    for side in sides:
        was_open = side.open_call
        lost = side.tick(31.0)
        assert (lost.message_id if lost else None) == was_open
        assert side.open_call is None
        side.call("Again", b"{}", 31.0)
