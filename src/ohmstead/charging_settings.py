"""The settings about who charges: the sections `transactions` and `authorization` of `settings`."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta, Struct

Seconds = Annotated[float, Meta(gt=0)]


class Authorization(Struct, frozen=True, kw_only=True):
    master_pass_group: Annotated[
        str, Meta(description="tokens of this group end any transaction and start none (C16); empty: there are none")
    ] = ""


class Transactions(Struct, frozen=True, kw_only=True):
    quiet_after: Annotated[
        Seconds, Meta(description="seconds without an event after which a station is asked whether it still charges")
    ] = 21_600.0
    vanished_after: Annotated[
        Seconds, Meta(description="seconds without its station after which a transaction is taken to have ended")
    ] = 259_200.0
