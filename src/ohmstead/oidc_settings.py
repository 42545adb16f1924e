"""The settings about signing in at an OpenID Connect provider: the section `oidc` of `settings`."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta, Struct

Url = Annotated[str, Meta(title="a URL http(s)://...", pattern=r"^$|^https?://\S+$")]
RoleOf = Annotated[str, Meta(title="VALUE=viewer, operator or admin", pattern=r"^\S.*=(viewer|operator|admin)(?!\n)$")]


class Oidc(Struct, frozen=True, kw_only=True):
    """What they mean together stands in docs/howto/single-sign-on.md."""

    issuer: Annotated[
        Url, Meta(description="OpenID Connect provider of the people who sign in, as it calls itself; empty: none")
    ] = ""
    client_id: Annotated[str, Meta(description="who we are there")] = ""
    client_secret: Annotated[str, Meta(description="and our secret, if any; better given by the environment")] = ""
    label: Annotated[str, Meta(min_length=1, max_length=60, description="the word on the button")] = "Single sign-on"
    scopes: Annotated[str, Meta(description="scopes asked for beside openid")] = "profile"
    public_url: Annotated[Url, Meta(description="how browsers reach the console; derived from the public_url")] = ""
    trusted_file: Annotated[str, Meta(description="PEM of the CAs that the provider's TLS certificate leads to")] = ""
    session: Annotated[
        int,
        Meta(
            ge=60,
            le=43_200,
            description="seconds after which the provider is asked anew what somebody may",
        ),
    ] = 3600
    name_claim: Annotated[str, Meta(description="claim of the ID token that names the person")] = "name"
    role_claim: Annotated[
        str, Meta(min_length=1, description="claim that gives the role; who has none does not get in")
    ] = "roles"
    roles: Annotated[
        tuple[RoleOf, ...], Meta(description="which of its values is which role; of several the one that may most")
    ] = ("ohmstead-viewer=viewer", "ohmstead-operator=operator", "ohmstead-admin=admin")
    site_claim: Annotated[
        str, Meta(description="claim with the ids of the only sites they see, or *; empty: everybody sees all")
    ] = ""
    tenant_claim: Annotated[
        str, Meta(description="claim with the name of their tenant; empty: all are of the first one")
    ] = ""
