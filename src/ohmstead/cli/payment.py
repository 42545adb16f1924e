"""Ad hoc payments: list, show, start for one; the QR codes of stations."""

from __future__ import annotations

from cyclopts import App

from ohmstead.cli.output import show, show_list
from ohmstead.cli.remote import Remote

app = App(name="payment", help="Ad hoc payments.", help_format="plaintext")
HERE = Remote()
COLUMNS = ("id", "station_id", "evse_id", "state", "amount", "settled_amount", "currency", "transaction_id", "reason")


@app.command(name="list")
def list_(*, station: str | None = None, state: str | None = None, limit: int = 100, to: Remote = HERE) -> None:
    """List payments, newest first."""
    show_list(to.all("payments", limit=limit, station_id=station, state=state), COLUMNS, to.json)


@app.command(name="show")
def show_(id: str, /, *, to: Remote = HERE) -> None:
    """Show a payment."""
    show(to.get("payments", id), to.json)


@app.command
def start(
    station: str, evse: int, reference: str, amount: str, currency: str, /, *, vat_number: str | None = None,
    to: Remote = HERE,
) -> None:  # fmt: skip
    """Start for what a kiosk has reserved under REFERENCE."""
    body = {"station_id": station, "evse_id": evse, "reference": reference, "amount": amount, "currency": currency}
    show(to.post("payments", body=body | ({"vat_number": vat_number} if vat_number else {})), to.json)


@app.command(name="qr-codes")
def qr_codes(station: str, /, *, validity: int = 60, length: int = 8, wait: float = 30, to: Remote = HERE) -> int:
    """Let a station show QR codes that lead to the payment page; with a new secret."""
    from ohmstead.cli.command import finished

    body = {"validity_s": validity, "length": length}
    return finished(to.put("stations", station, "qr-codes", body=body, wait=wait), to)
