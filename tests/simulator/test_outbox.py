from __future__ import annotations

from dataclasses import dataclass

from ohmstead.simulator.outbox import Answered, Failed, Message, Outbox, Outcome


@dataclass
class Transaction:
    id: str = "t"


def outbox(attempts: float = 3) -> Outbox:
    return Outbox(interval=lambda: 10.0, attempts=lambda: attempts)


def kept(kind: int = 0) -> Message:
    return Message("TransactionEvent", lambda _: {}, kept=True, subject=Transaction(), kind=kind)


def plain(action: str = "Heartbeat", **more: bool) -> Message:
    return Message(action, lambda _: {}, **more)


def test_one_at_a_time_in_order() -> None:
    box = outbox()
    first, second, third = plain("A"), kept(), plain("C")
    for message in (first, second, third):
        box.put(message)
    assert box.next(0, accepted=True) is first
    assert box.next(0, accepted=True) is None
    box.settle(Answered({}), 0)
    assert box.next(0, accepted=True) is second
    box.settle(Answered({}), 0)
    assert box.next(0, accepted=True) is third


def test_urgent_ones_go_first() -> None:
    box = outbox()
    box.put(kept())
    box.put(plain("Authorize", urgent=True))
    message = box.next(0, accepted=True)
    assert message is not None
    assert message.action == "Authorize"


def test_before_acceptance_only_the_allowed() -> None:
    box = outbox()
    box.put(kept())
    box.put(plain())
    assert box.next(0, accepted=False) is None
    box.put(plain("BootNotification", allowed_early=True))
    message = box.next(0, accepted=False)
    assert message is not None
    assert message.action == "BootNotification"


def test_a_kept_message_waits_longer_after_each_try_and_others_pass() -> None:
    box = outbox()
    message = kept()
    box.put(message)
    for transmissions, wait in ((1, 10), (2, 20)):
        assert box.next(1000 * transmissions, accepted=True) is message
        message.transmissions = transmissions
        assert box.settle(Failed("NoAnswer"), 1000 * transmissions) is None
        assert message.not_before == 1000 * transmissions + wait
    box.put(plain())
    passing = box.next(2001, accepted=True)
    assert passing is not message
    assert passing is not None


def test_silence_never_discards_but_refusals_do() -> None:
    box = outbox(attempts=2)
    heard: list[Outcome] = []
    message = kept()
    message.then = heard.append
    box.put(message)
    for _ in range(5):
        box.next(1e9, accepted=True)
        assert box.settle(Failed("NoAnswer"), 0) is None
    box.next(1e9, accepted=True)
    assert box.settle(Failed("InternalError"), 0) is None
    box.next(1e9, accepted=True)
    assert box.settle(Failed("InternalError"), 0) is message
    assert heard == [Failed("Discarded")]
    assert box.acknowledged == []


def test_the_books_hold_what_was_answered() -> None:
    box = outbox()
    box.put(kept(4))
    assert box.about("t")
    box.next(0, accepted=True)
    box.flying_frame = b"frame"
    assert box.kept_waiting == 1
    box.settle(Answered({}), 0)
    assert box.acknowledged == [("t", 4, b"frame")]
    assert not box.about("t")


def test_a_lost_line_fails_the_plain_and_keeps_the_rest() -> None:
    box = outbox()
    heard: list[Outcome] = []
    sent, unsent, other = kept(1), kept(2), plain()
    other.then = heard.append
    for message in (sent, unsent, other):
        box.put(message)
    flying = box.next(0, accepted=True)
    assert flying is sent
    sent.payload = b"{}"
    box.line_lost()
    assert heard == [Failed("Offline")]
    assert (sent.offline, unsent.offline) == (False, True)
    assert box.next(0, accepted=True) is sent


def droppable(kind: int) -> Message:
    return Message("TransactionEvent", lambda _: {}, kept=True, subject=Transaction(), kind=kind, droppable=True)


def test_what_does_not_fit_is_thinned_out() -> None:
    box = outbox()
    box.put(kept(0))
    for kind in range(1, 8):
        box.put(droppable(kind))
    box.put(kept(8))
    box.thin_out(5)
    left = []
    while (message := box.next(0, accepted=True)) is not None:
        left.append(message.kind)
        box.settle(Answered({}), 0)
    assert left == [0, 2, 4, 6, 8]


def test_nothing_that_must_stay_is_thinned_out() -> None:
    box = outbox()
    for kind in range(5):
        box.put(kept(kind))
    box.thin_out(2)
    assert box.kept_waiting == 5


def test_what_is_forgotten_is_not_sent_again() -> None:
    box = outbox()
    heard: list[Outcome] = []
    flying = kept(0)
    flying.then = heard.append
    box.put(flying)
    box.put(kept(1))
    box.next(0, accepted=True)
    box.forget()
    box.line_lost()
    assert heard == [Failed("Offline")]
    assert box.waiting == 0
    assert box.acknowledged == []


def test_an_answer_that_gets_lost() -> None:
    box = outbox()
    heard: list[Outcome] = []
    message = kept(0)
    message.deaf, message.then = 1, heard.append
    box.put(message)
    message.transmissions = 1
    box.next(0, accepted=True)
    box.settle(Answered({}), 0)
    assert heard == []
    assert box.next(5, accepted=True) is None
    assert box.next(10, accepted=True) is message
    box.settle(Answered({"a": 1}), 10)
    assert heard == [Answered({"a": 1})]
    assert message.errors == 0
