"""The settings about who signs: the sections `issuer` (certificates of stations) and `v2g_issuer` of `settings`."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta, Struct

Url = Annotated[str, Meta(title="a URL http(s)://...", pattern=r"^$|^https?://\S+$")]


class IssuerSettings(Struct, frozen=True, kw_only=True):
    """What each kind of CA needs stands in docs/howto/external-cas.md."""

    kind: Annotated[
        Literal["embedded", "none", "est", "cfssl", "step_ca", "vault"], Meta(description="which CA signs")
    ] = "embedded"
    url: Annotated[Url, Meta(description="address of an external CA, without a path")] = ""
    path: Annotated[str, Meta(description="where it signs; derived from the kind")] = ""
    profile: Annotated[str, Meta(description="profile of cfssl, provisioner of step-ca")] = ""
    user: Annotated[str, Meta(description="who we are there: HTTP Basic, for EST")] = ""
    secret: Annotated[
        str, Meta(description="password, bearer token, Vault token or key of cfssl; better given by the environment")
    ] = ""
    key_file: Annotated[str, Meta(description="private JWK of a provisioner of step-ca, not encrypted")] = ""
    trusted_file: Annotated[str, Meta(description="PEM of the CAs that its own TLS certificate leads to")] = ""
    client_certificate: Annotated[str, Meta(description="PEM file of our certificate there, for mutual TLS")] = ""
    client_key: Annotated[str, Meta(description="PEM file of its key")] = ""
    chain_file: Annotated[str, Meta(description="PEM of the CAs above what it signs, where it does not tell them")] = ""
    per_minute: Annotated[int, Meta(ge=1, description="certificates asked for in a minute, by each process")] = 600


class V2gIssuerSettings(IssuerSettings, frozen=True, kw_only=True):
    kind: Annotated[
        Literal["embedded", "none", "est", "cfssl", "step_ca", "vault"],
        Meta(description="which CA signs certificates of stations towards vehicles; embedded: for sandboxes"),
    ] = "none"
