"""A station that lives: its controller joined to a line, and to one of two times.

* live: `speed` simulated seconds go by in a real one. Only charging is compressed; the protocol's time-outs, heartbeats
  and back-off stay real;
* stepping (`speed=None`): time stands still but inside `wait`, and goes on only when the CSMS has answered all there
  was to answer. Nothing sleeps, and the same seed and start give the same frames.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from ssl import PROTOCOL_TLS_CLIENT, SSLContext, SSLError

import msgspec

from ohmstead import runtime
from ohmstead.ocpp.versions import Version
from ohmstead.simulator.connection import CannotConnect, Endpoint, Line, LineClosed, dial
from ohmstead.simulator.controller import Controller
from ohmstead.simulator.dialect import Happening
from ohmstead.simulator.dialect2 import Dialect2
from ohmstead.simulator.dialect16 import Dialect16
from ohmstead.simulator.dice import Dice
from ohmstead.simulator.evse import Evse, standard_evses
from ohmstead.simulator.faults import Faults
from ohmstead.simulator.keys import Keys, context
from ohmstead.simulator.network import Network, Parcel
from ohmstead.simulator.network_profiles import NetworkProfile
from ohmstead.simulator.persona import Persona, load
from ohmstead.simulator.sealing import Seal
from ohmstead.simulator.transfers import Carried, Porter, Transfer

PATIENCE_S = 10.0
"""Real seconds that a stepping script waits for the CSMS; a live one waits longer than a call may take."""
_LIVE_PATIENCE_S = 45.0
_STEPPING_PATIENCE_S = 3600.0
"""Simulated seconds, for what does not come by itself."""
_BUSY_PAUSE_S = 0.2
_IDLE_PAUSE_S = 1.0

Dial = Callable[[Endpoint], Awaitable[Line]]
"""What opens a line; raises CannotConnect."""


class Unmet(AssertionError):
    """What a script waited for did not come."""


class Running:
    """The life of one station. `persona` is a name, a file or the persona itself; `version` is 1.6, 2.0.1 or 2.1, by
    default the persona's first; `evses` their number (AC, 22 kW) or the hardware itself; `start` the simulated time
    at power up in microseconds UTC (now). From a `start` in the past a faster station lives until it has caught up
    with us, and then as we do. With a `seal` it signs what it says. With `keys` it trusts and shows what lies
    there, or what the CSMS has given it since; `tls` is a context of the script's own instead. A 1.6 station
    connects to `secure_url` when it is told to use TLS. It fetches and brings files below `files` only; None:
    anywhere. Raises UnknownPersona or BadFile, and ValueError when that persona has no such version."""

    def __init__(
        self,
        identity: str,
        *,
        url: str,
        version: str | Version | None = None,
        persona: Persona | str | Path = "default",
        password: str | bytes | None = None,
        tls: SSLContext | None = None,
        keys: Keys | None = None,
        secure_url: str | None = None,
        seed: object = 0,
        evses: int | Sequence[Evse] = 2,
        speed: float | None = 1.0,
        start: int | None = None,
        resolution_s: float = 1.0,
        watch: Callable[[Happening], None] | None = None,
        seal: Seal | None = None,
        dial: Dial = dial,
        files: str | None = None,
    ) -> None:
        self.persona = persona if isinstance(persona, Persona) else load(persona)
        self.version = self.persona.version(version)
        self._endpoint = Endpoint(url, identity, self.version, password, tls)
        self._dial, self._speed = dial, speed
        self._dice = Dice(seed, identity, "cars")
        self._start = runtime.now() if start is None else start
        self._born = runtime.monotonic()
        self._behind_s = 0.0 if start is None else max(0.0, (runtime.now() - start) / 1_000_000)
        self._elapsed = 0.0
        self.faults = msgspec.convert(msgspec.to_builtins(self.persona.faults), Faults)
        """What goes wrong now; may be changed at any time."""
        self._network = Network(self.faults, Dice(seed, identity, "network"))
        self.controller = Controller(
            identity,
            self.version,
            standard_evses(evses, seed, identity) if isinstance(evses, int) else list(evses),
            dialect=Dialect16 if self.version.dialect == "v16" else Dialect2,
            seed=seed,
            start=self._start,
            resolution_s=resolution_s,
            watch=watch,
            traits=self.persona,
            faults=self.faults,
        )
        self.controller.conversation.seal = seal
        if keys is not None:
            self.controller.certificates.begin(keys)
        self.controller.networks.begin(url, has_password=password is not None, secure_url=secure_url)
        self._porter = Porter(files, self.controller.publishing.published)
        self._line: Line | None = None
        self._reader: asyncio.Task[None] | None = None
        self._ticker: asyncio.Task[None] | None = None
        self._pulse = asyncio.Event()
        self._sending = asyncio.Lock()
        self._no_network, self._troubled = False, (False, False)
        self._patience = PATIENCE_S if speed is None else _LIVE_PATIENCE_S

    @property
    def identity(self) -> str:
        """Its name."""
        return self._endpoint.identity

    @property
    def waiting(self) -> int:
        """Messages that the CSMS has not answered yet."""
        return self.controller.conversation.outbox.waiting

    @property
    def connected(self) -> bool:
        """There is a line."""
        return self.controller.conversation.connected

    # ---- coming and going ----

    async def connect(self, *, retry: bool = False) -> None:
        """Open the line; raises CannotConnect unless `retry`: then it goes on trying with its back-off."""
        self.controller.conversation.connect_at = self._tick()
        if not await self._open() and not retry:
            self.controller.conversation.connect_at = None
            raise self._failure
        if self._speed is not None and self._ticker is None:
            self._ticker = runtime.spawn(self._go_on(), f"simulated {self.identity}")

    async def close(self) -> None:
        """Switch the station off; what it still had to say stays unsaid."""
        if self._ticker is not None:
            await runtime.end(self._ticker)
            self._ticker = None
        await self._porter.close()
        await self._hang_up()
        self.controller.conversation.connect_at = None

    async def go_offline(self) -> None:
        """The network fails without a word, until `go_online`."""
        self._no_network = True
        await self._hang_up(abruptly=True)

    async def go_online(self) -> None:
        """The network is back, and so is the station at once."""
        self._no_network = False
        self.controller.conversation.connect_at = self._tick()
        await self._open()
        await self._told()

    async def power_cut(self, *, loses_queue: bool = False, loses_transactions: bool = False) -> None:
        """The mains fail: the line breaks, transactions end (or are forgotten), messages wait (or are lost); the
        station boots again by itself when time goes on."""
        self._sync()
        self.controller.life.power_cut(loses_queue=loses_queue, loses_transactions=loses_transactions)
        await self._hang_up(abruptly=True)

    # ---- waiting ----

    async def wait(self, seconds: float, *, settle: bool = True) -> None:
        """Let simulated `seconds` go by. Stepping with `settle=False` does not wait for the CSMS's answers."""
        if self._speed is not None:
            end = self._now() + int(seconds * 1_000_000)
            while self.controller.now < end:
                await asyncio.sleep(max(0.0, (end - self._now()) / 1_000_000 / self._speed))
                self._sync()
            await self._flush()
            return
        end_s = self._elapsed + seconds
        while self._elapsed < end_s - 1e-9:
            self._elapsed = min(end_s, self._elapsed + self._pause_s())
            await asyncio.sleep(0)  # what has come already is read first
            await self._turn()
            if settle:
                await self.settled()

    async def settled(self, within: float | None = None) -> None:
        """Wait until nothing is in flight but what cannot arrive as things are; at once without a line. Unmet after
        `within` real seconds."""
        await self.until(self._nothing_comes, "answers to all calls", within)

    def _nothing_comes(self) -> bool:
        talk = self.controller.conversation
        if self._porter.busy:
            return False
        if talk.idle or not talk.connected:
            return True
        return not talk.outgoing and (talk.garbled or self._network.stalls(talk.open_call))

    async def drained(self, within: float | None = None) -> None:
        """Wait until the CSMS has answered everything, or there is no line, or `within` real seconds are over."""
        with suppress(Unmet):
            await self.until(lambda: not self.waiting or not self.connected, "the last answers", within)

    async def until(self, condition: Callable[[], bool], what: str = "it", within: float | None = None) -> None:
        """Wait until `condition`, looked at whenever something happened; Unmet after `within` real seconds."""
        if condition():
            return
        within = self._patience if within is None else within
        try:
            async with asyncio.timeout(within):
                while not condition():
                    await self._pulse.wait()
        except TimeoutError:
            raise Unmet(f"{self.identity} waited {within:g} s for {what}.") from None

    async def heard(self, condition: Callable[[], bool], what: str) -> None:
        """Wait for something that the CSMS must say first. When stepping, time goes on where nothing is under way: a
        frame was lost, or a call that nobody can read is in the way. Unmet when an hour passes so."""
        if self._speed is not None:
            return await self.until(condition, what)
        end_s = self._elapsed + _STEPPING_PATIENCE_S
        while not condition() and self._elapsed < end_s:
            await self.until(lambda: condition() or self._nothing_comes(), what)
            if not condition():
                await self.wait(self._pause_s())
        if not condition():
            raise Unmet(f"{self.identity} waited an hour of its time for {what}.")

    # ---- time and the line ----

    def _tick(self) -> float:
        return self._elapsed if self._speed is None else runtime.monotonic() - self._born

    def _now(self) -> int:
        real = self._tick()
        simulated = real * (self._speed or 1.0)
        if self._behind_s and self._speed is not None:
            simulated = min(simulated, real + self._behind_s)
        return self._start + int(simulated * 1_000_000)

    def _pause_s(self) -> float:
        """For how many seconds nothing happens, neither in the station nor on the network."""
        due = self._network.next_due
        pause = self.controller.wait_s()
        return pause if due is None else max(0.001, min(pause, due - self._tick()))

    def _sync(self) -> None:
        self.controller.advance(self._now(), self._tick())

    async def _told(self) -> None:
        """After something people did: carry the frames away, and when stepping wait for the answers."""
        self.controller.conversation.turn(self._tick())
        await self._flush()
        if self._speed is None:
            await self.settled()

    async def _turn(self) -> None:
        self._sync()
        self._porter.set_off(self.controller.transfers, self._file_tls(), self._carried)
        await self._mind_the_line()
        self._beat()

    async def _carried(self, one: Transfer, how: Carried) -> None:
        self._sync()
        one.then(how)
        self.controller.conversation.turn(self._tick())
        await self._flush()
        self._beat()

    def _beat(self) -> None:
        self._pulse.set()
        self._pulse = asyncio.Event()

    async def _go_on(self) -> None:
        while True:
            await self._turn()
            busy = self.controller.busy or self.waiting
            await asyncio.sleep(min(_BUSY_PAUSE_S if busy else _IDLE_PAUSE_S, self._pause_s()))

    async def _mind_the_line(self) -> None:
        self._arrive()
        await self._flush()
        talk = self.controller.conversation
        if talk.hang_up and self._line is not None:
            await self._hang_up()
        if self.faults.tls_alert and self._line is not None and self.controller.networks.now.url.startswith("wss:"):
            await self._hang_up(abruptly=True)
        if talk.connect_at is not None and self._tick() >= talk.connect_at:
            await self._open()

    async def _open(self) -> bool:
        try:
            if self._no_network:
                raise CannotConnect("no network")
            self._line = await self._dial(self._with_settings())
        except CannotConnect as failure:
            self._failure = failure
            self.controller.lost(self._tick(), str(failure))
            return False
        self._network.forget()
        self._troubled = (False, False)
        self.controller.opened(self._tick())
        self._reader = runtime.spawn(self._read(self._line), f"line of {self.identity}")
        await self._flush()
        self._beat()
        return True

    def _with_settings(self) -> Endpoint:
        """The endpoint with what the CSMS has set: a new password holds from the next connection on (A01)."""
        variables = self.controller.variables
        password: str | bytes = variables["SecurityCtrlr.BasicAuthPassword"].value
        key = variables.by_key("AuthorizationKey")
        if self.version.dialect == "v16" and key is not None:
            try:
                password = bytes.fromhex(key.value)
            except ValueError:
                password = key.value
        ping_s, used = variables.number("OCPPCommCtrlr.WebSocketPingInterval"), self.controller.networks.now
        secret = None if used.security_profile == 3 else used.password or password or self._endpoint.password
        name = used.identity or self.identity
        return replace(self._endpoint, url=used.url, identity=name, password=secret, ping_s=ping_s, tls=self._tls(used))

    def _tls(self, used: NetworkProfile) -> SSLContext | None:
        """For the next connection; raises CannotConnect when a key cannot be used."""
        held = self.controller.certificates
        if self.faults.tls_alert and used.url.startswith("wss:"):
            return SSLContext(PROTOCOL_TLS_CLIENT)  # it trusts nobody
        if self._endpoint.tls is not None or not used.url.startswith("wss:"):
            return self._endpoint.tls
        try:
            return context(held.trusted, held.own[-1] if held.own and used.security_profile == 3 else None)
        except SSLError as error:
            raise CannotConnect(f"its own key or certificate cannot be used: {error}") from error

    def _file_tls(self) -> SSLContext | None:
        trusted = self.controller.certificates.trusted if self.controller.transfers else []
        return context(trusted, None) if trusted else None

    async def _read(self, line: Line) -> None:
        why = ""
        try:
            while True:
                self._network.give("in", await line.receive(), self._tick())
                self._sync()
                self._arrive()
                await self._flush()
                self._beat()
        except LineClosed as closed:
            why = str(closed)
        finally:
            if self._line is line:
                self._line = None
                self.controller.lost(self._tick(), why)
            self._beat()

    def _arrive(self) -> None:
        """Hand the station what the network brings now."""
        for parcel in self._network.take("in", self._tick()):
            self.controller.receive(parcel.frame, self._tick())

    async def _flush(self) -> None:
        """Give the network what the station says, and the line what has gone through the network."""
        async with self._sending:
            outgoing = self.controller.conversation.outgoing
            while outgoing and self._line is not None:
                self._network.give("out", outgoing.popleft(), self._tick())
            wanted = (self.faults.half_open, self.faults.eats_pings)
            if self._line is not None and self._troubled != wanted:
                self._troubled = wanted
                self._line.freeze(wanted[0])
                self._line.eat_pings(wanted[1])
            for parcel in self._network.take("out", self._tick()) if self._line is not None else ():
                await self._hand_over(parcel)

    async def _hand_over(self, parcel: Parcel) -> None:
        if self._line is None:
            return
        with suppress(LineClosed):
            await self._line.send(parcel.frame, parts=parcel.parts, binary=parcel.binary)
        if parcel.then_close:
            self._line.abort()

    async def _hang_up(self, *, abruptly: bool = False) -> None:
        line, reader = self._line, self._reader
        if line is None or reader is None:
            return
        if abruptly:
            line.abort()
        else:
            await line.close()
        await reader
