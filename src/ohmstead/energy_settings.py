"""The settings about energy: the sections `energy` and `openadr` of `settings`."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta, Struct

Seconds = Annotated[float, Meta(gt=0)]
Url = Annotated[str, Meta(title="a URL http(s)://...", pattern=r"^$|^https?://\S+$")]
Percent = Annotated[float, Meta(ge=0, le=100)]
Mapping = Annotated[
    str, Meta(title='texts "TARGET=SITE" or "TARGET=SITE+SITE"', pattern=r"^[^=\s][^=]*=\d{1,18}(\+\d{1,18})*$")
]


class Energy(Struct, frozen=True, kw_only=True):
    cycle: Annotated[Seconds, Meta(description="seconds after which each site's plan is looked at again")] = 10.0
    lapse: Annotated[
        int, Meta(ge=60, le=86_400, description="seconds after which an order lapses that is not renewed")
    ] = 900
    along_plan: Annotated[
        int,
        Meta(ge=0, le=259_200, description="seconds for which a car with a promise goes on along its plan without us"),
    ] = 43_200
    raise_every: Annotated[
        int, Meta(ge=0, le=3600, description="seconds between two orders that give a station more")
    ] = 15
    discharge: Annotated[
        bool, Meta(description="whether cars that offer it (2.1, ISO 15118-20) give energy back in dear hours")
    ] = False
    plan_every: Annotated[
        int, Meta(ge=10, le=3600, description="seconds after which the plan of the hours to come is made anew")
    ] = 300
    plan_deadline: Annotated[Seconds, Meta(description="seconds the optimiser has; then water is poured instead")] = 5.0


class OpenAdr(Struct, frozen=True, kw_only=True):
    url: Annotated[Url, Meta(description="base address of the VTN, before /programs and /events; empty: no VTN")] = ""
    version: Annotated[Literal["3.0", "3.1"], Meta(description="of OpenADR, as the VTN speaks it")] = "3.1"
    ven_name: Annotated[str, Meta(min_length=1, max_length=128, description="what we are called there")] = "ohmstead"
    client_id: Annotated[str, Meta(description="who we are for OAuth2 (client credentials); empty: no tokens")] = ""
    client_secret: Annotated[str, Meta(description="and our secret; better given by the environment")] = ""
    token: Annotated[str, Meta(description="a bearer token that does not change, in place of OAuth2")] = ""
    token_url: Annotated[Url, Meta(description="where tokens are fetched; derived: <url>/auth/token")] = ""
    scope: Annotated[str, Meta(description="the scope that is asked for; empty: none is named")] = ""
    programs: Annotated[
        tuple[str, ...], Meta(description="programName of the programs to follow; []: all that the VTN shows")
    ] = ()
    sites: Annotated[
        tuple[Mapping, ...],
        Meta(description='whom targets mean: "depot=1+2" is sites 1 and 2; "*=1" is for events without target'),
    ] = ()
    simple_moderate: Annotated[Percent, Meta(description="SIMPLE 1: percent of the baseline to shed")] = 30.0
    simple_high: Annotated[Percent, Meta(description="SIMPLE 2: percent of the baseline to shed")] = 60.0
    simple_emergency: Annotated[Percent, Meta(description="SIMPLE 3: percent of the baseline to shed")] = 100.0
    poll_every: Annotated[float, Meta(ge=1, le=86_400, description="seconds between two looks at the VTN")] = 60.0
