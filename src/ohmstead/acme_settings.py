"""The settings about ACME: the section `acme` of `settings`."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta, Struct

Url = Annotated[str, Meta(title="a URL http(s)://...", pattern=r"^$|^https?://\S+$")]
Address = Annotated[str, Meta(title="HOST:PORT or empty", pattern=r"^$|^(\[[0-9A-Fa-f:.]+\]|[^:\[\]\s]*):\d{1,5}$")]


class AcmeSettings(Struct, frozen=True, kw_only=True):
    """How they go together stands in docs/howto/acme.md."""

    directory: Annotated[
        Url, Meta(description="directory of an ACME CA that issues our server certificates; empty: none does")
    ] = ""
    names: Annotated[
        tuple[str, ...], Meta(description="names in them, the first is the common name; empty: gateway.public_name")
    ] = ()
    contact: Annotated[str, Meta(description="whom the CA may write to, for example mailto:ops@example.com")] = ""
    accept_terms: Annotated[bool, Meta(description="you agree to the CA's terms of service")] = False
    http_bind: Annotated[
        Address,
        Meta(description="an own address for http-01 challenges, best 0.0.0.0:80; empty: they are answered by the API"),
    ] = ""
    dns_program: Annotated[
        str, Meta(description="program that puts TXT records, for dns-01 challenges; empty: http-01 is used")
    ] = ""
    trusted_file: Annotated[str, Meta(description="PEM of the CAs that the directory's certificate leads to")] = ""
    account_id: Annotated[str, Meta(description="key id of an account that you have there already (EAB)")] = ""
    account_key: Annotated[str, Meta(description="its HMAC key in base64url; better given by the environment")] = ""
