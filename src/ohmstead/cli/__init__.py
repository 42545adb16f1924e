"""The command line. Each verb lives in its own module and is loaded when it is called, by name.

Exit status: 0 done, 1 refused or failed (one plain line: what, where, why, what next), 2 wrong usage.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

import ohmstead

if TYPE_CHECKING:
    from cyclopts import App

VERBS: dict[str, tuple[str, str]] = {
    "serve": ("ohmstead.cli.serving:serve", "Run the CSMS: stations, API, jobs"),
    "demo": ("ohmstead.cli.serving:demo", "Run a CSMS with simulated stations, in a temporary folder"),
    "init": ("ohmstead.cli.serving:init", "Write a commented ohmstead.toml and an admin key"),
    "check": ("ohmstead.cli.serving:check", "check config: read the settings and say what is wrong"),
    "wait": ("ohmstead.cli.waiting:wait", "[STATION]: wait until Ohmstead is ready, or the station connected"),
    "db": ("ohmstead.cli.serving:db", "db upgrade: bring the schema of the database up to date"),
    "backup": ("ohmstead.cli.backup:backup", "FOLDER: database, files and keys, sealed, while the server runs"),
    "restore": ("ohmstead.cli.backup:restore", "FOLDER: put a backup where nothing is yet"),
    "top": ("ohmstead.cli.top:top", "What charges now, drawn anew every few seconds"),
    "completion": ("ohmstead.cli.completion:completion", "bash, zsh, fish: print the completion of a shell"),
    "station": (
        "ohmstead.cli.station:app",
        "list, show, add, change, import, archive, has, upgrade-check, ...",
    ),
    "token": ("ohmstead.cli.token:app", "list, show, add, change, remove"),
    "transaction": ("ohmstead.cli.transaction:app", "list, show, stop, missing, reconcile, records"),
    "tariff": ("ohmstead.cli.tariff:app", "list, add, change, simulate, bill: what charging costs"),
    "holder": ("ohmstead.cli.holder:app", "list, add, change, statement, statements: who pays for a month"),
    "export": ("ohmstead.cli.export:app", "transactions, meter-values, ocpi: into files, as JSON, CSV, Parquet"),
    "payment": ("ohmstead.cli.payment:app", "list, show, qr-codes: ad hoc payments"),
    "uptime": ("ohmstead.cli.uptime:app", "show, exclusions, exclude, count: how much connectors could be used"),
    "reservation": ("ohmstead.cli.reservation:app", "list, show, add, cancel"),
    "command": ("ohmstead.cli.command:app", "STATION TYPE [FIELD=VALUE ...]: a typed command; list, show, cancel"),
    "api": ("ohmstead.cli.api:api", "METHOD PATH [JSON]: anything else that the API can do"),
    "call": ("ohmstead.cli.command:call", "STATION ACTION [JSON]: any raw OCPP call"),
    "event": ("ohmstead.cli.event:app", "list, follow: what happened, in order"),
    "message": ("ohmstead.cli.message:app", "list, show, refusals, findings: what was said on the wire"),
    "file": ("ohmstead.cli.file:app", "list, show, add, fetch, remove: firmware, and logs of stations"),
    "firmware": ("ohmstead.cli.firmware:app", "list, add, start, progress: what stations install"),
    "logs": ("ohmstead.cli.logs:app", "list, start, download: what stations upload"),
    "alert": ("ohmstead.cli.alert:app", "list, acknowledge: what somebody should look at"),
    "audit": ("ohmstead.cli.audit:audit", "Who did what to what, newest first"),
    "key": ("ohmstead.cli.key:app", "list, add, revoke: keys of the API"),
    "user": ("ohmstead.cli.user:app", "list, show, add, change, remove: people who use the console"),
    "tenant": ("ohmstead.cli.tenant:app", "list, add: who share this Ohmstead and see nothing of each other"),
    "campaign": ("ohmstead.cli.campaign:app", "start, watch, pause, stations: one thing done to many stations"),
    "desired": ("ohmstead.cli.desired:app", "put, station, drift, retry: what stations should be, and why not"),
    "site": (
        "ohmstead.cli.site:app",
        "list, add, circuit, limit, plan, prices, schedule, ...: sites and their energy",
    ),
    "vehicle": ("ohmstead.cli.vehicle:app", "list, add, remove: vehicles, known by their tokens"),
    "need": ("ohmstead.cli.need:app", "list, show, add, cancel: so much energy by such a time"),
    "demand-response": ("ohmstead.cli.demand_response:app", "list, start, opt-out, cancel, report: events for sites"),
    "webhook": ("ohmstead.cli.webhook:app", "list, add, change, deliveries, replay: events brought to a URL"),
    "forwarding": ("ohmstead.cli.forwarding:app", "list, add, change, stations: stations told to a second CSMS"),
    "conform": ("ohmstead.cli.conform:app", "csms, station: does it conform? asked case by case"),
    "support": ("ohmstead.cli.supported:support", "Which OCPP actions are supported, and the tests that show it"),
    "vendor": ("ohmstead.cli.vendor:app", "list, test, learn: the catalogue of what stations do their own way"),
    "simulate": ("ohmstead.cli.simulate:simulate", "Be one station or many, for tests"),
    "certificate": ("ohmstead.cli.certificate:app", "list, issue, renew, revoke, expiry, renewals: of stations"),
    "pki": ("ohmstead.cli.pki:app", "list, add, root, new-issuing: certificate authorities"),
    "contract": ("ohmstead.cli.contract:app", "list, show, add, revoke: contracts of Plug & Charge"),
    "exi": ("ohmstead.cli.exi:app", "decode, encode: certificate messages of ISO 15118"),
    "test-bench": ("ohmstead.cli.testbench:app", "start, faults, step, stop, conform, play: simulated by the server"),
    "trace": ("ohmstead.cli.trace:app", "import, lint, anonymise, persona, replay, diff: recorded conversations"),
}
"""Verb -> where it is, and one line about it."""


class Failed(Exception):
    """What was asked could not be done; the message is one line: what, where, why, what next."""


def main(arguments: Sequence[str] | None = None) -> int:
    """The entry point of `ohmstead`; the exit status."""
    tokens = list(sys.argv[1:] if arguments is None else arguments)
    if not tokens or tokens[0] in ("--help", "-h", "help"):
        print(overview())
        return 0
    if tokens[0] == "--version":
        print(ohmstead.__version__)
        return 0
    return _run(tokens)


def overview() -> str:
    """The help of `ohmstead` alone: made without loading a verb, so that it is there at once."""
    lines = ["Ohmstead, an open charging station management system", "", "Usage: ohmstead VERB ... [--help]", ""]
    lines += [f"  {verb:<12} {line}" for verb, (_, line) in VERBS.items()]
    lines += ["", "Verbs that ask a running Ohmstead take --url, --key (or OHMSTEAD_URL, OHMSTEAD_KEY) and --json."]
    return "\n".join(lines)


def _run(tokens: list[str]) -> int:
    from cyclopts import CycloptsError

    try:
        result = build()(tokens, exit_on_error=False, print_error=False, result_action="return_value")
    except CycloptsError as error:
        line = _one_line(str(error).partition("Available commands")[0])
        where = f"ohmstead {tokens[0]} --help" if tokens[0] in VERBS else "ohmstead --help"
        print(f"ohmstead: {line}; see {where}", file=sys.stderr)
        return 2
    except Failed as error:
        print(f"ohmstead: {_one_line(str(error))}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:  # the reader of our output has seen enough
        sys.stderr.close()
        return 0
    return result if isinstance(result, int) else 0


def _one_line(text: str) -> str:
    return "; ".join(line.strip() for line in text.splitlines() if line.strip()).rstrip(".")


def build() -> App:
    """All verbs; each is imported when it is called."""
    from cyclopts import App

    app = App(name="ohmstead", version=ohmstead.__version__, help_format="plaintext")
    for verb, (place, line) in VERBS.items():
        app.command(place, name=verb, help=line)
    return app
