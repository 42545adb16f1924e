"""The settings about who charges: the sections `transactions`, `authorization` and `payment` of `settings`."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta, Struct

Seconds = Annotated[float, Meta(gt=0)]


class Authorization(Struct, frozen=True, kw_only=True):
    master_pass_group: Annotated[
        str, Meta(description="tokens of this group end any transaction and start none (C16); empty: there are none")
    ] = ""
    hook_url: Annotated[
        str,
        Meta(
            title="a URL http(s)://... or empty",
            pattern=r"^$|^https?://\S+$",
            description="where a platform is asked about each token that is not refused already; empty: nowhere",
        ),
    ] = ""
    hook_secret: Annotated[
        str,
        Meta(
            title="whsec_ and base64, or empty",
            pattern=r"^$|^whsec_[A-Za-z0-9+/]+=*$",
            description="signs what is asked (Standard Webhooks)",
        ),
    ] = ""
    hook_timeout: Annotated[Seconds, Meta(description="seconds the platform has to answer")] = 2.0
    hook_asks: Annotated[
        Literal["always", "unknown"], Meta(description="about every token, or only about those that are not known here")
    ] = "always"
    hook_fallback: Annotated[
        Literal["refuse", "local"],
        Meta(description="without an answer in time: Invalid, or what is known of the token here"),
    ] = "refuse"


class Transactions(Struct, frozen=True, kw_only=True):
    quiet_after: Annotated[
        Seconds, Meta(description="seconds without an event after which a station is asked whether it still charges")
    ] = 21_600.0
    vanished_after: Annotated[
        Seconds, Meta(description="seconds without its station after which a transaction is taken to have ended")
    ] = 259_200.0


class Payment(Struct, frozen=True, kw_only=True):
    provider: Annotated[
        Literal["", "local"],
        Meta(description="the payment service; local: for tests, no money moves; empty: there is none"),
    ] = ""
    terminals: Annotated[
        bool, Meta(description="accept what the payment terminals of stations have reserved (DirectPayment, 2.1)")
    ] = False
    hold: Annotated[
        str,
        Meta(
            title="a decimal number",
            pattern=r"^\d{1,6}(\.\d{1,2})?$",
            description="what is reserved on the page behind a QR code, in the currency of the default tariff",
        ),
    ] = "50.00"
