"""Every setting of Ohmstead: one frozen `Settings`, from one TOML file and the environment (which wins).

A key is named once, here, with its default and meaning; how it is read (settings_reading.py), the commented file of
`ohmstead init` and the reference page (settings_pages.py) come from these declarations. "none" is always the empty
text. Derived values (`database_url`, `bus_url`, the public addresses) are filled in when the struct is made, so
`Settings()` is complete.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, Literal, NamedTuple

import msgspec
from msgspec import Meta, Struct, field

from ohmstead.acme_settings import AcmeSettings
from ohmstead.charging_settings import Authorization, Payment, Transactions
from ohmstead.energy_settings import Energy, OpenAdr
from ohmstead.issuer_settings import IssuerSettings, V2gIssuerSettings
from ohmstead.nats_settings import Events, Nats
from ohmstead.oidc_settings import Oidc
from ohmstead.retention_settings import Retention
from ohmstead.tracing_settings import Tracing

Role = Literal["all", "gateway", "api", "worker"]
SigningPolicy = Literal["unwrap", "verify", "require"]
UnaskedCall = Literal[
    "boot",
    "base_report",
    "gap_check",
    "monitors",
    "certificate_inventory",
    "reconcile",
    "local_list",
    "limits",
]
Address = Annotated[str, Meta(title="HOST:PORT or empty", pattern=r"^$|^(\[[0-9A-Fa-f:.]+\]|[^:\[\]\s]*):\d{1,5}$")]
Url = Annotated[str, Meta(title="a URL http(s)://...", pattern=r"^$|^https?://\S+$")]
StationUrl = Annotated[str, Meta(title="a URL ws(s)://... without identity", pattern=r"^$|^wss?://\S+$")]
DatabaseUrl = Annotated[
    str,
    Meta(title="sqlite:///FILE or postgresql://...", pattern=r"^$|^sqlite:///.|^postgres(ql)?://"),
]
BusUrl = Annotated[
    str,
    Meta(
        title="local:, postgresql: or nats://HOST:PORT (tls://...), several joined by commas",
        pattern=r"^$|^local:$|^postgresql:$|^(nats|tls)://[^\s,]+(,(nats|tls)://[^\s,]+)*(?!\n)$",
    ),
]
Seconds = Annotated[float, Meta(gt=0)]
Action = Annotated[str, Meta(title="actions of OCPP 2.1, without -Signed", max_length=50)]


class Api(Struct, frozen=True, kw_only=True):
    bind: Annotated[Address, Meta(description="HTTP API and console")] = "127.0.0.1:8080"
    bootstrap_key: Annotated[
        str,
        Meta(
            title="32 or more characters without spaces",
            pattern=r"^(?!\n)$|^\S{32,}(?!\n)$",
            description="an admin API key of 32 or more characters, accepted from the first second",
        ),
    ] = ""


class Console(Struct, frozen=True, kw_only=True):
    map_tiles: Annotated[
        str,
        Meta(
            title="an http or https URL with {z}, {x} and {y}",
            pattern=r"^(?!\n)$|^(?=.*\{z\})(?=.*\{x\})(?=.*\{y\})https?://[A-Za-z0-9.:\-]+/[^\s;,'\"<>]*(?!\n)$",
            description="where the map's pictures come from, with {z}, {x}, {y}; empty: an outline, and no other host",
        ),
    ] = ""
    map_attribution: Annotated[
        str, Meta(max_length=255, description="whose pictures they are, as it stands below the map")
    ] = ""


class Health(Struct, frozen=True, kw_only=True):
    bind: Annotated[Address, Meta(description="health and metrics of gateway and worker processes; empty: none")] = ""


class Gateway(Struct, frozen=True, kw_only=True):
    bind: Annotated[Address, Meta(description="plain WebSocket, profile 1, trusted networks only; empty closes it")] = (
        "127.0.0.1:9000"
    )
    tls_bind: Annotated[Address, Meta(description="TLS, profiles 2 and 3 on one port; empty closes it")] = (
        "127.0.0.1:9443"
    )
    tls_basic_bind: Annotated[
        Address, Meta(description="a second TLS port that never asks for a client certificate; empty: none")
    ] = ""
    tls_legacy_bind: Annotated[
        Address, Meta(description="a port for 1.6 stations with TLS 1.0 or 1.1; empty: none")
    ] = ""
    certificate_files: Annotated[
        tuple[str, ...],
        Meta(description="own server certificates: PEM files, each with its chain and key; empty: by the embedded CA"),
    ] = ()
    tls_rsa_key_exchange: Annotated[
        bool, Meta(description="offer the two suites with RSA key exchange too, as OCPP asks")
    ] = True
    path: Annotated[
        str,
        Meta(
            title="a path that begins with /",
            pattern=r"^/[^\s?#]*$",
            description="stations connect to <path>/<identity>, those of another tenant to <path>/<tenant>/<identity>",
        ),
    ] = "/ocpp"
    max_message: Annotated[int, Meta(ge=1024, description="largest message in bytes, after inflation")] = 1 << 20
    min_security_profile: Annotated[int, Meta(ge=0, le=3, description="stations below it are refused")] = 1
    allow_profile_0: Annotated[bool, Meta(description="let 1.6 stations in without any password")] = False
    processes: Annotated[int, Meta(ge=1, description="gateway processes on this machine; several need PostgreSQL")] = 1
    drain_rate: Annotated[int, Meta(ge=1, description="sockets that a stop closes in a second, on each port")] = 500
    public_name: Annotated[str, Meta(description="host name that stations use; the server certificate names it")] = ""
    public_ws_url: Annotated[
        StationUrl, Meta(description="where stations reach the plain port; derived from public_name, bind and path")
    ] = ""
    public_wss_url: Annotated[
        StationUrl, Meta(description="where stations reach TLS; derived from public_name, tls_bind and path")
    ] = ""
    unknown_stations: Annotated[
        Literal["refuse", "pending"],
        Meta(description="pending: register unknown stations and keep them Pending until an operator accepts"),
    ] = "refuse"
    reveal_unknown: Annotated[bool, Meta(description="answer an unknown station 404 instead of 401")] = False

    def url(self, tls: bool) -> str | None:
        """Where stations of the default tenant connect, without their identity; None where that cannot be derived:
        the port is closed, chosen by the system, or open on all addresses without a `public_name`."""
        given = self.public_wss_url if tls else self.public_ws_url
        if given:
            return given.rstrip("/")
        bind = self.tls_bind if tls else self.bind
        host, port = address(bind) if bind else ("", 0)
        host = self.public_name or ("" if host in ("0.0.0.0", "::") else f"[{host}]" if ":" in host else host)
        return f"{'wss' if tls else 'ws'}://{host}:{port}{self.path.rstrip('/')}" if host and port else None


class Stations(Struct, frozen=True, kw_only=True):
    heartbeat_interval: Annotated[int, Meta(ge=1, description="seconds, in the answer to an accepted boot")] = 300
    pending_interval: Annotated[int, Meta(ge=1, description="seconds, in the answer to a pending or rejected boot")] = (
        10
    )
    interval_spread: Annotated[
        float,
        Meta(ge=0, le=0.5, description="share by which a station's intervals may be shorter, by its identity"),
    ] = 0.1
    strictness: Annotated[
        Literal["lenient", "strict"],
        Meta(description="lenient: odd but readable messages are accepted with a finding; strict: CALLERROR"),
    ] = "lenient"
    call_timeout: Annotated[Seconds, Meta(description="seconds a station has to answer a call of ours")] = 30.0
    confirm_window: Annotated[
        Seconds, Meta(description="seconds within which the expected event must follow (after a reset: 600)")
    ] = 60.0
    unasked_calls: Annotated[
        Literal["all"] | tuple[UnaskedCall, ...],
        Meta(description="calls that Ohmstead makes on its own; [] for none"),
    ] = "all"
    data_transfer_vendors: Annotated[
        tuple[str, ...],
        Meta(description="vendor ids whose DataTransfer is accepted and told in the feed (data_transfer.received)"),
    ] = ()
    vendor_files: Annotated[
        tuple[str, ...],
        Meta(description="own files of the vendor catalogue, or folders of them, beside those that are built in"),
    ] = ()

    def makes(self, call: UnaskedCall) -> bool:
        """Whether calls of this kind are made without being asked for."""
        return self.unasked_calls == "all" or call in self.unasked_calls


class Signing(Struct, frozen=True, kw_only=True):
    policy: Annotated[
        SigningPolicy, Meta(description="signed messages: unwrap, verify if signed, require; a station may differ")
    ] = "unwrap"
    verify_actions: Annotated[
        tuple[Action, ...], Meta(description="actions whose signatures are verified whatever the policy")
    ] = ()
    require_actions: Annotated[
        tuple[Action, ...], Meta(description="actions that must be signed whatever the policy")
    ] = ()

    def policy_for(self, action: str, station: SigningPolicy | None) -> SigningPolicy:
        """The stricter one of what holds for the station (its own policy, else that of all) and for the action."""
        policy = station or self.policy
        if action in self.require_actions:
            return "require"
        if policy == "unwrap" and action in self.verify_actions:
            return "verify"
        return policy


class Pki(Struct, frozen=True, kw_only=True):
    organization: Annotated[
        str, Meta(min_length=1, max_length=64, description="the O= that every station certificate must carry")
    ] = "Ohmstead"
    trusted_organizations: Annotated[
        tuple[str, ...], Meta(description="further O= that station certificates may carry, of partners")
    ] = ()
    factory_organizations: Annotated[
        tuple[str, ...],
        Meta(description="O= of manufacturers: their factory certificates let a station in, to get one of yours"),
    ] = ()
    bad_requests: Annotated[
        Literal["reject", "accept_silently"],
        Meta(description="the answer to a signing request that we do not sign; some testers expect Accepted"),
    ] = "reject"
    renewals_at_once: Annotated[int, Meta(ge=1, description="stations that renew at the same time")] = 50
    renewals_at_once_per_site: Annotated[int, Meta(ge=1, description="and of one site")] = 10
    crl_in_certificates: Annotated[
        bool, Meta(description="station certificates of the embedded CA say where their CRL lies (below public_url)")
    ] = False
    ocsp_allow_private: Annotated[
        tuple[str, ...],
        Meta(description="hosts, addresses or networks that OCSP and CRLs may be fetched from though they are private"),
    ] = ()
    ocsp_proxy: Annotated[Url, Meta(description="HTTP proxy for OCSP and CRLs; empty: none")] = ""


class PlugCharge(Struct, frozen=True, kw_only=True):
    provider: Annotated[
        Literal["builtin", "opcp", "relay"],
        Meta(description="who issues contract certificates; builtin: of ISO 15118-2 alone"),
    ] = "builtin"
    relay_url: Annotated[Url, Meta(description="HTTP service that answers EXI with EXI, for the provider relay")] = ""
    opcp_url: Annotated[Url, Meta(description="address of the pool, for the provider opcp")] = ""
    opcp_path: Annotated[str, Meta(description="path of the pool that answers requests for contracts")] = (
        "/v1/ccp/signedContractData"
    )
    opcp_roots_path: Annotated[str, Meta(description="path of the pool that lists the roots it trusts")] = (
        "/v1/root/rootCerts"
    )
    opcp_webhook_secret: Annotated[
        str, Meta(description="secret of the pool's webhook to POST /plug-and-charge/pool-events; empty: none")
    ] = ""
    opcp_token_url: Annotated[Url, Meta(description="where access tokens of the pool are fetched (OAuth2)")] = ""
    opcp_client_id: Annotated[str, Meta(description="who we are there")] = ""
    opcp_client_secret: Annotated[str, Meta(description="and our secret; better given by the environment")] = ""


class Webhooks(Struct, frozen=True, kw_only=True):
    allow_private: Annotated[
        tuple[str, ...],
        Meta(description="hosts, addresses or networks that webhooks may call though they are private"),
    ] = ()


class Forwarding(Struct, frozen=True, kw_only=True):
    allow_private: Annotated[
        tuple[str, ...],
        Meta(description="hosts, addresses or networks of second CSMSs that may be called though they are private"),
    ] = ()


class Bench(Struct, frozen=True, kw_only=True):
    enabled: Annotated[bool, Meta(description="let the API simulate stations against this Ohmstead")] = False
    stations: Annotated[int, Meta(ge=1, le=1000, description="most simulated stations at once")] = 50


class Files(Struct, frozen=True, kw_only=True):
    bind: Annotated[Address, Meta(description="an own address for uploads and firmware; empty: that of the API")] = ""
    public_url: Annotated[Url, Meta(description="how stations reach it; derived from files.bind or public_url")] = ""
    max_upload_mb: Annotated[int, Meta(ge=1, le=100_000, description="size of a log that a station may upload")] = 512
    upload_minutes: Annotated[int, Meta(ge=1, le=1440, description="minutes that one upload may take")] = 60
    max_file_mb: Annotated[int, Meta(ge=1, le=100_000, description="size of a file that an operator may add")] = 2048


class Settings(Struct, frozen=True, kw_only=True):
    """Everything an operator may choose. Passwords are masked in `repr`."""

    data_dir: Annotated[str, Meta(min_length=1, description="database file, keys, uploaded files")] = "./ohmstead-data"
    role: Annotated[Role, Meta(description="what this process does")] = "all"
    database_url: Annotated[
        DatabaseUrl, Meta(description="sqlite:///FILE or any libpq URL; derived: sqlite:///<data_dir>/ohmstead.db")
    ] = ""
    bus_url: Annotated[
        BusUrl,
        Meta(description="how processes wake each other: local:, postgresql: or nats://...; derived from the database"),
    ] = ""
    public_url: Annotated[
        Url, Meta(description="how stations reach the API (CRL, OCSP, files); derived from api.bind")
    ] = ""
    api: Api = field(default_factory=Api)
    console: Console = field(default_factory=Console)
    health: Health = field(default_factory=Health)
    nats: Nats = field(default_factory=Nats)
    gateway: Gateway = field(default_factory=Gateway)
    acme: AcmeSettings = field(default_factory=AcmeSettings)
    stations: Stations = field(default_factory=Stations)
    transactions: Transactions = field(default_factory=Transactions)
    authorization: Authorization = field(default_factory=Authorization)
    payment: Payment = field(default_factory=Payment)
    signing: Signing = field(default_factory=Signing)
    pki: Pki = field(default_factory=Pki)
    issuer: IssuerSettings = field(default_factory=IssuerSettings)
    v2g_issuer: V2gIssuerSettings = field(default_factory=V2gIssuerSettings)
    plugcharge: PlugCharge = field(default_factory=PlugCharge)
    files: Files = field(default_factory=Files)
    webhooks: Webhooks = field(default_factory=Webhooks)
    forwarding: Forwarding = field(default_factory=Forwarding)
    events: Events = field(default_factory=Events)
    test_bench: Bench = field(default_factory=Bench)
    energy: Energy = field(default_factory=Energy)
    retention: Retention = field(default_factory=Retention)
    oidc: Oidc = field(default_factory=Oidc)
    openadr: OpenAdr = field(default_factory=OpenAdr)
    tracing: Tracing = field(default_factory=Tracing)

    @property
    def acme_names(self) -> tuple[str, ...]:
        """The names in server certificates by ACME."""
        return self.acme.names or ((self.gateway.public_name,) if self.gateway.public_name else ())

    @property
    def crl_url(self) -> str:
        """Below which the CRLs of our CAs lie."""
        return f"{self.public_url.rstrip('/')}/api/v1/pki/crl"

    def __post_init__(self) -> None:
        put = msgspec.structs.force_setattr
        if not self.database_url:
            put(self, "database_url", f"sqlite:///{Path(self.data_dir) / 'ohmstead.db'}")
        if not self.bus_url:
            put(self, "bus_url", "local:" if self.database_url.startswith("sqlite:") else "postgresql:")
        if not self.public_url:
            put(self, "public_url", f"http://{self.api.bind}")
        if not self.files.public_url:
            url = f"http://{self.files.bind}" if self.files.bind else self.public_url
            put(self, "files", msgspec.structs.replace(self.files, public_url=url))

    def __repr__(self) -> str:
        shown = ", ".join(f"{name}={masked(name, value)!r}" for name, value in values(self))
        return f"Settings({shown})"


class Key(NamedTuple):
    """One setting: its dotted name, its type with constraints, its default and its meaning."""

    name: str
    type: Any
    default: Any
    meaning: str


def _keys(struct: type[Struct], prefix: str = "") -> Iterator[Key]:
    for one in msgspec.structs.fields(struct):
        if one.default is msgspec.NODEFAULT:
            yield from _keys(one.type, f"{one.name}.")
        else:
            yield Key(prefix + one.name, one.type, one.default, one.type.__metadata__[-1].description)


KEYS: dict[str, Key] = {key.name: key for key in _keys(Settings)}
SECTIONS = tuple(dict.fromkeys(name.partition(".")[0] for name in KEYS if "." in name))


def values(settings: Settings) -> Iterator[tuple[str, Any]]:
    """(dotted key, value) of every setting, in the order of the file."""
    for name in KEYS:
        section, _, key = name.rpartition(".")
        yield name, getattr(getattr(settings, section) if section else settings, key)


SECRETS = frozenset(
    {
        "api.bootstrap_key", "acme.account_key", "issuer.secret", "v2g_issuer.secret", "plugcharge.opcp_client_secret",
        "plugcharge.opcp_webhook_secret",
        "oidc.client_secret", "openadr.client_secret", "openadr.token",
    }
)  # fmt: skip
"""Keys whose values nobody is shown."""


def masked(key: str, value: object) -> object:
    """`value` fit for people to see: no password, no key."""
    if key in SECRETS and value:
        return "***"
    if isinstance(value, str):
        value = re.sub(r"(\b(?:nats|tls)://)[^/?#\s:@]+@", r"\1***@", value)  # a token of NATS
        return re.sub(r"(?<=[?&]password=)[^&\s]+", "***", re.sub(r"(://[^/?#\s:@]*):[^/?#\s]*@", r"\1:***@", value))
    return value


def address(bind: str) -> tuple[str, int]:
    """("127.0.0.1", 9000) of "127.0.0.1:9000"; brackets around IPv6 are taken off; no host means every interface."""
    host, _, port = bind.rpartition(":")
    return host.strip("[]"), int(port)
