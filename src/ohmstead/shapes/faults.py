"""What can go wrong with a simulated station and its line, as people write it: in scenarios, personas and the API."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta, Struct, field

Chance = Annotated[float, Meta(ge=0.0, le=1.0)]
Seconds = Annotated[float, Meta(ge=0.0)]
Frame = Literal["drop", "duplicate", "reorder", "truncate", "split", "garbage", "binary", "close"]
"""What may happen to a frame."""
Slip = Literal["seq_no_gap", "seq_no_repeat", "transaction_id_reuse"]
"""What a station may get wrong."""


class FaultSwitches(Struct, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """What goes wrong with a simulated station and its line; as they are made, all is well.

    A chance hits each frame with that probability, seeded; `once` makes the next ones be hit for sure.
    """

    drop: Annotated[Chance, Meta(description="a frame never arrives")] = 0.0
    duplicate: Annotated[Chance, Meta(description="a frame arrives twice")] = 0.0
    reorder: Annotated[Chance, Meta(description="a frame waits until the next has passed it, a second at most")] = 0.0
    truncate: Annotated[Chance, Meta(description="only the first half of a frame arrives")] = 0.0
    split: Annotated[Chance, Meta(description="the station's frame goes in three WebSocket fragments")] = 0.0
    garbage: Annotated[Chance, Meta(description="a text that is no JSON goes before the station's frame")] = 0.0
    binary: Annotated[Chance, Meta(description="the station's frame goes as a binary message")] = 0.0
    close: Annotated[Chance, Meta(description="the line breaks right after the station's frame, without a word")] = 0.0
    delay_s: Annotated[Seconds, Meta(description="seconds that every frame is under way")] = 0.0
    jitter_s: Annotated[Seconds, Meta(description="up to so many seconds more; the order stays")] = 0.0
    direction: Annotated[
        Literal["both", "out", "in"], Meta(description="which frames drop, delay, duplicate, reorder, truncate mean")
    ] = "both"
    half_open: Annotated[bool, Meta(description="nothing passes, and neither side is told")] = False
    eats_pings: Annotated[
        bool, Meta(description="a proxy on the way swallows WebSocket pings and their answers; frames pass")
    ] = False
    tls_alert: Annotated[
        bool, Meta(description="the station trusts no certificate: its line breaks, and each new one ends in an alert")
    ] = False
    late_answers_s: Annotated[Seconds, Meta(description="the station answers the CSMS's calls so much later")] = 0.0
    two_calls: Annotated[bool, Meta(description="a Heartbeat follows each call at once, without its answer")] = False
    clock_s: Annotated[float, Meta(description="how far the station's clock is ahead; a change is a jump")] = 0.0
    answers: Annotated[
        dict[str, str],
        Meta(
            description="action -> a status, `error CODE`, `ignore` (yes, and nothing), `silence`, `truncate`, `reboot`"
        ),
    ] = field(default_factory=dict)
    firmware: Annotated[
        Literal["", "stuck", "unverified", "unchanged", "reboot-loop", "unpublished"],
        Meta(
            description="updates: a download never ends, no signature holds, the old version stays, it boots for ever; "
            "a publication fails"
        ),
    ] = ""
    device_model: Annotated[
        Literal["", "endless", "gaps", "unknown", "read-only"],
        Meta(
            description="2.x: a report never ends, lacks every second part; GetVariables finds nothing; SetVariables "
            "changes nothing"
        ),
    ] = ""
    certificates: Annotated[
        Literal["", "wrong-name", "refused", "unused"],
        Meta(description="its requests name another; what it gets is refused, or accepted and not used"),
    ] = ""
    metering: Annotated[
        Literal["", "stuck", "backwards", "jumps", "silent"],
        Meta(description="the energy register stands still, runs back, jumps to and fro; no periodic samples"),
    ] = ""
    once: Annotated[
        dict[Frame | Slip, int],
        Meta(description="a fault of frames, seq_no_gap, seq_no_repeat or transaction_id_reuse -> how often from now"),
    ] = field(default_factory=dict)
