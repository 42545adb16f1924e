"""What the settings say of Plug & Charge, opened."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from ohmstead.plugcharge.contract_ca import ContractCa, open_contract_ca
from ohmstead.plugcharge.opcp import Pool
from ohmstead.plugcharge.provider import Builtin, Provider, Relay
from ohmstead.plugcharge.secc_ca import SeccCa, open_secc_ca
from ohmstead.settings import Settings
from ohmstead.store.db import Db


@dataclass(frozen=True)
class PlugAndCharge:
    """Who provides contract certificates, and our own authorities."""

    provider: Provider
    ca: ContractCa


def open_for_vehicles(settings: Settings, server_key: bytes) -> SeccCa | None:
    """Our CA for certificates of stations towards vehicles; None unless it is the one that is chosen. Raises ValueError
    when keys cannot be opened."""
    if settings.v2g_issuer.kind != "embedded":
        return None
    folder = Path(settings.data_dir) / "pki" / "plugcharge"
    return open_secc_ca(folder, server_key, open_contract_ca(folder, server_key), settings.public_url)


def open_plug_and_charge(settings: Settings, server_key: bytes, db: Db) -> PlugAndCharge:
    """Raises ValueError when keys cannot be opened, or when a provider is named without what it needs."""
    ca = open_contract_ca(Path(settings.data_dir) / "pki" / "plugcharge", server_key)
    chosen = settings.plugcharge
    if chosen.provider == "relay":
        if not chosen.relay_url:
            raise ValueError("plugcharge.provider is relay, but plugcharge.relay_url is empty.")
        return PlugAndCharge(Relay(chosen.relay_url), ca)
    if chosen.provider == "opcp":
        if not (chosen.opcp_url and chosen.opcp_token_url and chosen.opcp_client_id):
            raise ValueError("plugcharge.provider is opcp: it needs opcp_url, opcp_token_url and opcp_client_id.")
        return PlugAndCharge(Pool(chosen), ca)
    return PlugAndCharge(Builtin(db, ca), ca)
