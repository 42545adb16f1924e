"""`make bench`: the real server beside its yardsticks, in one run, so that ratios hold on a noisy machine.

    run.py [--quick] [--only NAME ...] [--json FILE]

The floor is what answering OCPP 2.0.1 costs at least (floor.py: typed validation, canned answers, no storage); the peer
is the package most Python projects start from (peer_mobilityhouse.py: schema validation, no storage). The server runs
in its default configuration: durable, message log and event feed on. The figure to watch is server CPU per call; calls
per second and percentiles mean something only beside each other.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))

from yardsticks import Report, cpu, floor, load, ohmstead, peer, postgres, script  # noqa: E402


class Bench:
    def __init__(self, quick: bool) -> None:
        self.seconds = "4" if quick else "10"
        self.quick = quick
        self.results: dict[str, Any] = {}

    def say(self, name: str, goal: str, value: Any) -> None:
        self.results[name] = value
        print(f"{name:<58} {value!s:<34} goal {goal}", flush=True)

    def path(self) -> None:
        """1, 2: the whole path without a write, beside floor and peer."""
        arguments = ("--stations", "100", "--mix", "heartbeat", "--duration", self.seconds)
        session = ("--stations", "100", "--mix", "session", "--duration", self.seconds)
        with ohmstead(100) as (url, pid), floor() as (floor_url, floor_pid), peer() as (peer_url, peer_pid):
            ours = load(url, str(pid), *arguments)
            least = load(floor_url, str(floor_pid), *arguments)
            durable = load(url, str(pid), *session)
            theirs = load(peer_url, str(peer_pid), *session)
        self.say("1 path without a write (Heartbeat), CPU / floor", "<= 2.0", round(cpu(ours) / cpu(least), 2))
        self.say("  CPU s / 1,000 calls: ours, floor", "-", (cpu(ours), cpu(least)))
        self.say("2 session mix, peer without storage / ours durable, CPU", "-", round(cpu(theirs) / cpu(durable), 1))
        self.say("  CPU s / 1,000 calls: ours, peer", "-", (cpu(durable), cpu(theirs)))

    def durable(self) -> None:
        """3, 4, 5: the durable session mix on both databases, and how it grows with the stations."""
        arguments = ("--mix", "session", "--duration", self.seconds)
        for stations in ("100", "500") if self.quick else ("100", "500", "2000"):
            with floor() as (floor_url, floor_pid):
                least = load(floor_url, str(floor_pid), "--stations", stations, *arguments)
            with ohmstead(int(stations)) as (url, pid):
                self._durable(
                    f"5 SQLite, {stations} stations",
                    "<= 0.08",
                    load(url, str(pid), "--stations", stations, *arguments),
                    least,
                )
            with postgres() as (database, pg_pid), ohmstead(int(stations), database) as (url, pid):
                report = load(url, f"{pid},{pg_pid}", "--stations", stations, *arguments)
                self._durable(f"3 PostgreSQL, {stations} stations", "<= 0.10", report, least)

    def _durable(self, name: str, goal: str, report: Report, least: Report) -> None:
        value = f"{cpu(report):.4f} s/1,000, {cpu(report) / cpu(least):.1f} x floor, {report['calls_per_s']:.0f}/s"
        self.say(name, goal, value)
        if report["errors"]:
            self.say("  errors", "none", report["errors"])

    def latency(self) -> None:
        """6: durable percentiles at 1,000 calls a second."""
        arguments = ("--stations", "1000", "--mix", "session", "--rate", "1000", "--duration", self.seconds)
        with ohmstead(1000) as (url, pid):
            report = load(url, str(pid), *arguments)
        times = report["latency_ms"]
        self.say("6 durable p50 / p99 ms at 1,000/s, SQLite", "<= 2 / 10", (times["p50"], times["p99"]))

    def memory(self) -> None:
        """7: idle memory of a booted station."""
        stations = "1000" if self.quick else "5000"
        arguments = ("--stations", stations, "--idle", "5", "--duration", "0", "--boot-only")
        with ohmstead(int(stations)) as (url, pid), floor() as (floor_url, floor_pid):
            ours = load(url, str(pid), *arguments)["server"]
            least = load(floor_url, str(floor_pid), *arguments)["server"]
        self.say(f"7 KiB per booted station, {stations} (floor)", "<= 20", (_kib(ours), _kib(least)))

    def storm(self) -> None:
        """8: everybody reconnects at once."""
        stations = "1000" if self.quick else "5000"
        arguments = ("--stations", stations, "--duration", "0", "--storms", "2", "--boot-only")
        with ohmstead(int(stations)) as (url, pid), floor() as (floor_url, floor_pid):
            ours = load(url, str(pid), *arguments)
            least = load(floor_url, str(floor_pid), *arguments)
        self.say(f"8 storm of {stations}: ours", ">= 1,500 boots/s, <= 0.45 ms", _storm(ours))
        self.say("  storm: floor", "-", _storm(least))

    def kills(self) -> None:
        """11: kill -9 under load, on both databases."""
        self._kills("SQLite")
        with postgres() as (database, _):
            self._kills("PostgreSQL", database)

    def _kills(self, name: str, *database: str) -> None:
        times = "10" if self.quick else "100"
        command = [sys.executable, str(HERE / "kill.py"), "--kills", times, *database]
        done = subprocess.run(command, text=True, capture_output=True)
        last = done.stdout.strip().splitlines()[-1] if done.stdout.strip() else done.stderr[-300:]
        self.say(f"11 kill -9, {times} times, {name}", "0 lost, 0 twice", last)

    def signatures(self) -> None:
        """12: signed messages, one thread, beside the bare primitive."""
        rates = script("signatures.py", "1" if self.quick else "3")
        for name in (name for name in rates if not name.endswith("bare")):
            value = f"{rates[name]}/s, {rates[f'{name}, bare'] / rates[name]:.1f} x bare"
            self.say(f"12 signed messages, {name}", "-", value)

    def tls(self) -> None:
        """14: connections with TLS and a client certificate beside a bare asyncio TLS server: server CPU for each."""
        size = ("200", "100") if self.quick else ("1000", "400")
        for name, found in script("tls.py", *size).items():
            unit, ratio = ("s", "") if "seconds" in name else ("ms", f", {found['ours'] / found['bare']:.1f} x bare")
            goal = "-" if unit == "s" else "<= 1.5 x bare"
            self.say(f"14 mTLS, {name}", goal, f"{found['ours']} {unit}{ratio}")

    def certificates(self) -> None:
        """18: certificates of a fleet with five vendors' oddities, a year in memory, and a window over mutual TLS:
        nobody is locked out, and when the certificates end before and after."""
        count, plugged = ("500", "60") if self.quick else ("10000", "300")
        self._certificates(f"18 a year of {count} stations' certificates", "--stations", count)
        self._certificates(f"18 a window of {plugged} stations over mTLS", "--stations", plugged, "--sockets")

    def _certificates(self, name: str, *arguments: str) -> None:
        found = script("renewals.py", *arguments)
        for text in found["wrong"][:20]:
            print(f"  wrong: {text}")
        told = ("renewed", "listed_with_a_reason", "most_at_once", "most_at_once_at_a_site", "wall_s")
        value = f"{len(found['wrong'])} wrong; " + ", ".join(f"{key} {found.get(key)}" for key in told)
        self.say(name, "0 wrong", value)
        _curve(found.get("ends_in_week_before", {}), found.get("ends_in_week_after", {}))

    def authority(self) -> None:
        """19: certificates, a CRL and OCSP answers of the embedded CA beside bare `cryptography`; CPU, not time."""
        size = ("200", "10000") if self.quick else ("2000", "100000")
        for name, found in script("authority.py", *size).items():
            value = f"{found['ours'] * 1e3:.2f} ms, {found['ours'] / found['bare']:.1f} x bare"
            self.say(f"19 {name}", "<= 2 x bare", value)

    def exi(self) -> None:
        """20: mutated and random EXI through the codec: a message or refused, within 50 ms of CPU. An hour of it is
        `python bench/exi_fuzz.py --seconds 3600`."""
        seconds = "10" if self.quick else "300"
        found = script("exi_fuzz.py", "--json", "--seconds", seconds)
        value = f"{len(found['wrong'])} wrong of {found.get('inputs')}, the slowest {found.get('slowest_ms')} ms"
        self.say(f"20 {seconds} s of mutated EXI", "0 wrong, 50 ms", value)

    def steward(self) -> None:
        """25: a simulated fleet of every persona brought to what is declared, or a reason for each; 10,000 stations of
        which 1 % is changed: time and statements; who is looked at when after all came back at once."""
        count, many = ("60", "1000") if self.quick else ("1000", "10000")
        found = script("steward.py", "fleet", "--stations", count)
        for text in found["wrong"][:20]:
            print(f"  wrong: {text}")
        told = ", ".join(f"{number} {state}" for state, number in found["states"].items())
        self.say(f"25 {count} simulated stations", "0 wrong", f"{len(found['wrong'])} wrong; {told}")
        found = script("steward.py", "drift", "--stations", many)
        for name in ("nothing_to_do", "1_percent_drifted", "all_looked_at_anew", "all_came_back"):
            one = found[name]
            value = f"{one['looked_at']} looked at, {one['statements']} statements, {one['cpu_s']} s CPU"
            self.say(f"25 {many} stations, {name.replace('_', ' ')}", "-", value)
        looks = found["looked_at_each_2_s"]
        self.say("25 at most in 2 s, after all came back", "<= 100", f"{max(looks)}, over {2 * len(looks)} s")
        self.say("25 daily reads in each hour", "even", found["reads_in_each_hour"])

    def models(self) -> None:
        """21: device models from 100 to 10,000 stations of 400 variables, on both databases."""
        self._models("SQLite")
        with postgres() as (database, _):
            self._models("PostgreSQL", database)

    def _models(self, name: str, *database: str) -> None:
        sizes = ("100", "1000") if self.quick else ("100", "1000", "10000")
        for size, found in script("models.py", *database, "--sizes", *sizes).items():
            told = f"{found['report_5000_cpu_ms']} ms CPU, {found['kib_per_station']} KiB a station"
            self.say(f"21 report of 5,000 variables; size, {size}, {name}", "does not grow", told)
            told = f"{found['below_16_A_ms']} / {found['fleet_diff_ms']} / {found['values_of_a_word_ms']} ms"
            self.say("  below 16 A / fleet diff / values of a word", "-", told)

    def plug_and_charge(self) -> None:
        """22: EXI and provisionings (CPU), and Authorize by a foreign contract against the vehicle's 4.5 s."""
        count = "50" if self.quick else "300"
        found = script("plug_and_charge.py", "--messages", count, "--authorizations", count)
        value = f"{found['decode']} / {found['encode']} ms of {found['bytes']} bytes"
        self.say("22 EXI, decoded / encoded", "-", value)
        self.say("22 provisioning for ISO 15118-2", "-", f"{found['provisioning']} ms")
        authorize = found["authorize"]
        for way in ("live", "cached"):
            times = f"{authorize[way]['p50']} / {authorize[way]['p99']} ms"
            self.say(f"22 Authorize by contract, OCSP {way}, p50 / p99", "<= 4500 ms", times)

    def java_codec(self) -> None:
        """24: EXI beside the Java codec, in an environment of its own that the first run makes (PyPI, some 180 MB)."""
        command = [sys.executable, str(HERE / "java_codec.py"), "--json", "--rounds", "20" if self.quick else "100"]
        done = subprocess.run(command, capture_output=True, text=True)
        if not done.stdout:
            self.say("24 EXI beside the Java codec", "-", f"left out: {done.stderr.strip()[-200:]}")
            return
        found = json.loads(done.stdout)
        for row in found["messages"]:
            ours, java = row["ours"], f"{row['decode']['cpu']} / {row['encode']['cpu']} ms"
            told = (
                f"{ours['decode']} / {ours['encode']} ms, Java {java}, {'the same' if row['same'] else 'OTHER'} bytes"
            )
            self.say(f"24 EXI, {row['what']}, {row['bytes']} bytes", "-", told)
        told = f"{found['signature_verified']} / {found['key_deciphered']}"
        self.say("24 Java side verifies our signature / deciphers our key", "True / True", told)

    def ledger(self) -> None:
        """13: a million events in every disorder through the rules of the ledger, held against the stations' books."""
        events = "100000" if self.quick else "1000000"
        found = script("ledger.py", events)
        value = f"{len(found['wrong'])} wrong, {found.get('us_per_event')} us CPU each"
        self.say(f"13 {events} events in disorder", "0 wrong", value)

    def fold(self) -> None:
        """The fold of 10,000 transactions of 200 events each."""
        size = ("500", "200") if self.quick else ("10000", "200")
        found = script("fold.py", *size)
        value = (
            f"{found['us_per_event']} us CPU an event ({found['first_tenth']} at first, {found['last_tenth']} at last)"
        )
        self.say(f"17 fold of {size[0]} transactions of {size[1]} events", "does not grow", value)

    def meter_values(self) -> None:
        """23: lists and searches over up to 10 million meter values, on both databases."""
        self._meter_values("SQLite")
        with postgres() as (database, _):
            self._meter_values("PostgreSQL", database)

    def _meter_values(self, name: str, *database: str) -> None:
        sizes = ("10000", "100000") if self.quick else ("100000", "1000000", "10000000")
        for size, found in script("meter_values.py", *database, "--sizes", *sizes).items():
            told = " / ".join(
                str(found[f"{one}_ms"][0]) for one in ("list", "of_a_token", "values_of_one", "export_of_20")
            )
            self.say(f"23 {size} values: list / token / one / export, {name}", "does not grow", f"{told} ms")

    def retention(self) -> None:
        """24: a message log and a feed at their full size, as much goes as comes, on both databases."""
        self._retention("SQLite")
        with postgres() as (database, _):
            self._retention("PostgreSQL", database)

    def _retention(self, name: str, *database: str) -> None:
        found = script("retention.py", *database, "--rows", "2000" if self.quick else "100000")
        day, sizes = found["a_day"], [*found["mib_after_days"].values()]
        self.say(
            f"24 a row that goes, {name}", "-", f"{day['cpu_us']} us CPU, {day['us']} us; p99 {day['commit_ms_p99']} ms"
        )
        self.say("  MiB after each five days", "comes to rest", sizes)

    def api(self) -> None:
        """25: what is asked most of an API with 10,000 stations and 1,000,000 transactions, one request after the
        other, beside a bare endpoint of the framework; events to 500 streams; webhooks. On both databases."""
        self._api("SQLite")
        with postgres() as (database, _):
            self._api("PostgreSQL", database)

    def _api(self, name: str, *database: str) -> None:
        small = ("--stations", "500", "--transactions", "10000", "--asked", "100", "--readers", "50")
        found = script("api.py", *database, *(small if self.quick else ()))
        for request, times in found["requests"].items():
            value = f"{times['p50']} / {times['p99']} ms, bare {times['bare_p50']} / {times['bare_p99']} ms"
            self.say(f"25 {request}, {name}", "-", value)
        late, hooks = found["streams"], found["webhooks"]
        value = f"{late['p50']} / {late['p99']} ms late, {late['cpu_us_per_frame']} us CPU a frame"
        self.say(f"25 an event to {late['readers']} streams, {name}", "-", value)
        self.say(f"25 webhooks, {name}", "-", f"{hooks['per_s']}/s, {hooks['cpu_us_each']} us CPU each")

    def month(self) -> None:
        """A month of a site against the books of its stations: events, bills and statements; to the Wh and the cent."""
        stations = "10" if self.quick else "200"
        found = script("month.py", stations)
        value = f"{len(found['wrong'])} wrong of {found.get('sessions')}, bills in {found.get('bills_s')} s CPU"
        self.say(f"16 a month of {stations} stations", "0 wrong", value)
        size = ("9", "7") if self.quick else ("200", "31")  # and of simulated stations, by accounts that they keep
        found = script("simulated_month.py", *size)
        value = f"{len(found['wrong'])} wrong of {found.get('sessions')}, {found.get('wh')} Wh, {found.get('eur')} EUR"
        self.say(f"16 {size[0]} simulated stations for {size[1]} days", "0 wrong", value)

    def energy_day(self) -> None:
        """20: a day of 60 EVSEs of seven characters, a demand response event, our restart, a thousand limit changes."""
        hours = ("16.9", "17.9") if self.quick else ("0", "24")
        found = script("energy_day.py", "1", *hours)
        self.say("20 seconds that a fuse was exceeded, at once", "<= 10: one cycle", found.get("longest_s"))
        self.say("  the rest of that day", "-", {name: found.get(name) for name in ("excesses", "profiles", "told")})

    def allocation(self) -> None:
        """21: sharing and turns of the control for 50, 500, 5,000 EVSEs; a changed limit to committed orders."""
        for name, found in script("allocation.py").items():
            goal = "<= 1000: a plan within a second" if name.startswith("limit") else "-"
            self.say(f"21 {name}" + ("" if name == "orders" else ", ms"), goal, found)
        count = "100" if self.quick else "500"
        frames = script("limit_to_wire.py", "--json", "--stations", count)
        self.say(f"21 a changed limit to frames on {count} sockets", "last_ms <= 1000", frames)

    def simulated(self) -> None:
        """15: simulated stations in one process, a message a second each; the memory of one; CPU, not time."""
        count = "200" if self.quick else "2000"
        found = script("simulated.py", "--json", "--stations", count)
        value = (
            f"{found['messages_per_s']}/s, {found['cpu_ms_per_message']} ms CPU each, {found['kib_per_station']} KiB"
        )
        self.say(f"15 {count} simulated stations", "0.5 ms each: one core", value)

    def console(self) -> None:
        """20: the fleet page in a real Chromium, with 10,000 stations and 500 changes a second."""
        size = ["2000", "100", "5"] if self.quick else ["10000", "500", "30"]
        found = script("console.py", *size)
        self.say("20 console: first rows, s (CPU s)", "<= 1", (found["first_rows_s"], found["first_rows_cpu_s"]))
        frames = (found["frame_ms_p50"], found["frame_ms_p99"], found["frames_over_50_ms"])
        self.say("20 console: frames, ms p50, p99, over 50 ms", "none over 50", frames)
        tasks = (found["task_cpu_ms_most"], found["tasks_over_50_ms"])
        self.say("20 console: longest task of its thread, ms of CPU, and how many over 50", "none over 50", tasks)
        self.say(
            "20 console: CPU of its thread, heap MB before, after",
            "-",
            (found["cpu_while_scrolling"], found["heap_mb"]),
        )
        for name, size_of in found["bundle"].items():
            self.say(f"20 console: it loads {name}", "-", size_of)

    def fuzz(self) -> None:
        """Every operation of the API's own document, tried out by schemathesis with good requests and bad ones."""
        command = [sys.executable, "-m", "tests.acceptance.fuzzing", "--examples", "3" if self.quick else "50"]
        done = subprocess.run(command, capture_output=True, text=True, cwd=HERE.parent)
        self.say("the API as documented", "0 wrong", (done.stdout.splitlines() or ["it failed"])[-1])


PARTS = [name for name in vars(Bench) if not name.startswith("_") and name != "say"]


def _curve(before: dict[str, int], after: dict[str, int]) -> None:
    """How many certificates end in which four weeks from then on, before and after."""
    sides: list[dict[int, int]] = [{}, {}]
    for side, weeks in zip(sides, (before, after), strict=True):
        for week, count in weeks.items():
            side[int(week) // 4] = side.get(int(week) // 4, 0) + count
    most = max([*sides[0].values(), *sides[1].values()], default=1)
    for four in sorted({*sides[0], *sides[1]}):
        bars = [f"{side.get(four, 0):6} {'#' * round(30 * side.get(four, 0) / most):<30}" for side in sides]
        print(f"  weeks {4 * four:4} to {4 * four + 3:3}  before {bars[0]}  after {bars[1]}".rstrip())


def _kib(server: Report) -> Any:
    return server.get("pss_per_connection_kib") or server.get("rss_per_connection_kib")


def _storm(report: Report) -> Any:
    return [
        {key: one.get(key) for key in ("booted", "boots_per_s", "server_cpu_s")} for one in report.get("storms", [])
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--quick", action="store_true", help="shorter and smaller; for a first look")
    parser.add_argument("--only", nargs="*", metavar="NAME", default=PARTS, type=_part, help=", ".join(PARTS))
    parser.add_argument("--json", type=Path, help="write the results there as well")
    options = parser.parse_args()
    bench = Bench(options.quick)
    print(f"{os.cpu_count()} cores; load average {os.getloadavg()[0]:.1f}")
    failed = False
    for name in options.only:
        try:
            getattr(bench, name)()
        except SystemExit as error:  # the others are worth their time all the same
            failed = True
            bench.say(name, "-", f"failed: {error}")
    if options.json:
        options.json.write_text(json.dumps(bench.results, indent=1))
    if failed:
        raise SystemExit(1)


def _part(name: str) -> str:
    if (known := name.replace("-", "_")) not in PARTS:
        raise argparse.ArgumentTypeError(f"there is no part {name}; there are {', '.join(PARTS)}")
    return known


if __name__ == "__main__":
    main()
