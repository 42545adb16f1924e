"""What the settings choose."""

from __future__ import annotations

import pytest

from ohmstead.plugcharge.opening import open_plug_and_charge
from ohmstead.settings import PlugCharge, Settings

POOL = {"opcp_url": "http://p.example", "opcp_token_url": "http://t.example", "opcp_client_id": "me"}


@pytest.mark.parametrize(
    ("fields", "name"),
    [({}, "builtin"), ({"provider": "relay", "relay_url": "http://r.example"}, "relay"),
     ({"provider": "opcp", **POOL}, "opcp")],
)  # fmt: skip
def test_a_provider(tmp_path, fields, name):
    settings = Settings(data_dir=str(tmp_path), plugcharge=PlugCharge(**fields))
    opened = open_plug_and_charge(settings, b"s" * 32, None)
    assert opened.provider.name == name
    assert (tmp_path / "pki/plugcharge/mo-root.pem").exists()


@pytest.mark.parametrize("provider", ["relay", "opcp"])
def test_a_provider_needs_its_address(tmp_path, provider):
    settings = Settings(data_dir=str(tmp_path), plugcharge=PlugCharge(provider=provider))
    with pytest.raises(ValueError, match="plugcharge"):
        open_plug_and_charge(settings, b"s" * 32, None)


def test_the_secret_of_the_pool_is_not_shown():
    settings = Settings(plugcharge=PlugCharge(opcp_client_secret="hush-hush"))
    assert "hush-hush" not in repr(settings)
