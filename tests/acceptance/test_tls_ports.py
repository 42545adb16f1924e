"""3. Security: a port for stations of OCPP 1.6 with old TLS; certificates from files that others keep fresh."""

from __future__ import annotations

import base64
import ssl
import warnings
from pathlib import Path

import pytest
import websockets

from ohmstead.app import CannotStart
from tests.acceptance.serving import PASSWORD, SUBPROTOCOLS, Station, serving

pytestmark = pytest.mark.anyio


def old_tls() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        context.minimum_version = context.maximum_version = ssl.TLSVersion.TLSv1_1
    context.set_ciphers("ALL:@SECLEVEL=0")
    return context


async def test_old_tls_for_16_alone(tmp_path: Path) -> None:
    gateway = {"tls_bind": "127.0.0.1:0", "tls_legacy_bind": "127.0.0.1:0"}
    headers = {"Authorization": "Basic " + base64.b64encode(f"CS1:{PASSWORD}".encode()).decode()}
    try:
        async with serving(tmp_path, gateway) as csms:
            await csms.add_station("CS1", security_profile=2)

            def connecting(port: str, version: str) -> websockets.connect:
                url, offer = f"wss://127.0.0.1:{csms.server.ports[port]}/ocpp/CS1", SUBPROTOCOLS[version]
                names = [websockets.Subprotocol(offer)]
                return websockets.connect(
                    url, ssl=old_tls(), subprotocols=names, additional_headers=headers, proxy=None
                )

            async with connecting("tls_legacy", "1.6") as socket:
                assert (await Station(socket).boot())["status"] == "Accepted"
                tls = socket.transport.get_extra_info("ssl_object")
                assert tls.version() == "TLSv1.1"
            with pytest.raises(websockets.InvalidStatus) as refused:
                await connecting("tls_legacy", "2.0.1")
            assert refused.value.response.status_code == 400
            with pytest.raises(ssl.SSLError):
                await connecting("tls", "1.6")
    except CannotStart as cannot:  # as it should on such a machine
        pytest.skip(str(cannot))


async def test_a_file_that_cannot_be_used_ends_the_start(tmp_path: Path) -> None:
    path = tmp_path / "none.pem"
    with pytest.raises(CannotStart, match=r"none\.pem: No such file"):
        async with serving(tmp_path, {"tls_bind": "127.0.0.1:0", "certificate_files": (str(path),)}):
            pass
