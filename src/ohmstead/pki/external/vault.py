"""The PKI engine of Vault and OpenBao.

`path` is that of a role, as /v1/pki/sign/stations. The role must allow the common name, and its organization must be
ours.
"""

from __future__ import annotations

from ohmstead.issuer_settings import IssuerSettings
from ohmstead.pki.external.json_line import certificates, post
from ohmstead.pki.external.judging import judge
from ohmstead.pki.external.line import Line
from ohmstead.pki.issuer import Issued, IssuerDown, Order, ToRevoke

PATH = "/v1/pki/sign/stations"


class Vault:
    """An issuer by the PKI engine of Vault."""

    name = "vault"

    def __init__(self, settings: IssuerSettings, line: Line) -> None:
        self._line, self._path = line, settings.path or PATH
        self._headers = {"x-vault-token": settings.secret}

    async def issue(self, order: Order) -> Issued:
        body = {"csr": order.pem, "common_name": order.common_name, "exclude_cn_from_sans": True, "format": "pem"}
        data = (await post(self._line, self._path, body, self._headers)).get("data")
        if not isinstance(data, dict):
            raise IssuerDown("What it answers has no data.")
        above = data.get("ca_chain")
        found = certificates(
            data.get("certificate"), data.get("issuing_ca"), *(above if isinstance(above, list) else ())
        )
        return judge(order, [*found, *self._line.given], self.name)

    async def revoke(self, one: ToRevoke) -> None:
        """Vault keeps no reason. Its token must be allowed to update `revoke` of the same mount."""
        mount = self._path.partition("/sign/")[0]
        octets = bytes.fromhex(one.serial_number.zfill(len(one.serial_number) + len(one.serial_number) % 2))
        await post(self._line, f"{mount}/revoke", {"serial_number": octets.hex(":")}, self._headers)

    async def close(self) -> None:
        await self._line.close()
