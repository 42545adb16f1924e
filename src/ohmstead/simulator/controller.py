"""The brain of a simulated station: its parts, sessions, the CSMS's calls. Sans-I/O, and without a clock.

`advance(now, tick)` moves both of its times; people act through `sessions` and `authorisation`; who owns the line calls
`opened`, `receive`, `lost` and carries `conversation.outgoing` away. What differs between OCPP versions is asked of
the dialect.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator

from ohmstead.ocpp.versions import Version
from ohmstead.simulator import manners
from ohmstead.simulator.authorisation import Authorisation
from ohmstead.simulator.availability import Availability
from ohmstead.simulator.certificates import Certificates
from ohmstead.simulator.conversation import Conversation, Silence
from ohmstead.simulator.der import Der
from ohmstead.simulator.dialect import Dialect, Happening
from ohmstead.simulator.dice import Dice
from ohmstead.simulator.evse import Evse
from ohmstead.simulator.external_limits import ExternalLimits
from ohmstead.simulator.faults import Faults
from ohmstead.simulator.grid import Grid
from ohmstead.simulator.inventory import inventory
from ohmstead.simulator.life import Life
from ohmstead.simulator.live_profiles import LiveProfiles
from ohmstead.simulator.logs import Logs
from ohmstead.simulator.meters import Meters
from ohmstead.simulator.monitors import Monitoring
from ohmstead.simulator.needs import Needs
from ohmstead.simulator.network_profiles import NetworkProfiles
from ohmstead.simulator.outbox import Message, Words
from ohmstead.simulator.payment import Payment
from ohmstead.simulator.plug_and_charge import PlugAndCharge
from ohmstead.simulator.profiles import Profile, Profiles
from ohmstead.simulator.publishing import Publishing
from ohmstead.simulator.reservations import Reservations
from ohmstead.simulator.secc import Secc
from ohmstead.simulator.session import Happened, Session, Token, Transaction
from ohmstead.simulator.swaps import Swaps
from ohmstead.simulator.tariffs import Tariffs
from ohmstead.simulator.tokens import Verdict
from ohmstead.simulator.traits import ORDINARY, Traits
from ohmstead.simulator.transfers import Transfer
from ohmstead.simulator.updates import Updates
from ohmstead.simulator.v2x import V2x
from ohmstead.simulator.variables import Variables

_SECOND = 1_000_000


class Controller:
    """See the module. `start` is the simulated time at power up, `resolution_s` the longest step of the hardware."""

    def __init__(
        self,
        identity: str,
        version: Version,
        evses: list[Evse],
        *,
        dialect: Callable[[Controller], Dialect],
        seed: object = 0,
        start: int = 0,
        resolution_s: float = 1.0,
        watch: Callable[[Happening], None] | None = None,
        traits: Traits = ORDINARY,
        faults: Faults | None = None,
    ) -> None:
        self.identity, self.version, self.now, self.tick = identity, version, start, 0.0
        self.traits, self.faults = traits, faults or Faults()
        self.meters = Meters(self.faults)
        self.serial = traits.boot.serial.replace("{identity}", identity)[:25]
        self.books: list[Transaction] = []
        """Every transaction of its life, as it knows them itself."""
        self.bookkeeper: Callable[[Transaction, Happened], None] | None = None
        """Who writes down what is told of transactions (accounts.py)."""
        # Ids may never repeat in a station's life, so the time of its birth is one of their seeds.
        self.ids = Dice(seed, identity, "ids", start)
        self._watch = watch
        self._resolution = int(resolution_s * _SECOND)
        self.sessions = {evse.id: Session(evse, self) for evse in evses}
        self.profiles, self.grid = Profiles(), Grid(self)
        self.authorisation = Authorisation(self)
        self.availability = Availability(self)
        self.reservations = Reservations(self)
        self.tariffs, self.payment = Tariffs(self), Payment(self)
        self.needs, self.v2x, self.der = Needs(self), V2x(self), Der(self)
        self.live_profiles, self.external_limits = LiveProfiles(self), ExternalLimits(self)
        self.swaps = Swaps(self, Dice(seed, identity, "batteries", start))
        self.updates, self.publishing, self.logs = Updates(self), Publishing(self), Logs(self)
        self.transfers: deque[Transfer] = deque()
        self.variables: Variables = inventory(self)
        self.networks = NetworkProfiles(self)
        self.certificates = Certificates(self)
        self.secc, self.plug_and_charge = Secc(self), PlugAndCharge(self)
        self.monitoring = Monitoring(self)
        line = Dice(seed, identity, "line")
        self.conversation = Conversation(version, self, self.variables, line, self.ids.uuid, traits.wire)
        self.dialect = dialect(self)
        self.life = Life(self)
        self._after: deque[Callable[[], None]] = deque()

    # ---- time ----

    @property
    def clock(self) -> int:
        """What the station takes for the time, microseconds UTC."""
        return self.now - self.life.clock_zero + int(self.faults.clock_s * _SECOND)

    @property
    def told_at(self) -> int:
        """The time that stands in its status notifications."""
        return 0 if self.traits.status.time == "1970" else self.clock

    @property
    def busy(self) -> bool:
        """A car is there, somebody was authorised, or something is watched: the hardware moves in small steps."""
        if (
            self.monitoring.active
            or self.der.scheduled
            or any(one.now is not None for one in (self.updates, self.publishing, self.logs))
        ):
            return True
        return any(session.plugged or not session.free for session in self.sessions.values())

    def advance(self, now: int, tick: float) -> None:
        """Let the simulated time reach `now` and the protocol's time `tick`."""
        while self.now < now:
            step = min(now - self.now, self._resolution) if self.busy else now - self.now
            self.now += step
            self.grid.share()
            for session in self.sessions.values():
                session.evse.advance(step / _SECOND, self.grid.offer_w(session), self.grid.setpoint_w(session))
            for session in self.sessions.values():
                session.step()
            self.monitoring.look()
        self.tick = tick
        self._timers()
        self.conversation.turn(tick)

    def wait_s(self) -> float:
        """For how many seconds nothing falls due; at most a minute."""
        if self.busy or self.conversation.outbox.waiting or self.life.rebooting or self.conversation.hang_up:
            return self._resolution / _SECOND
        heartbeat = self.conversation.last_sent + self.variables.number("OCPPCommCtrlr.HeartbeatInterval")
        dues = [self.life.boot_at, self.conversation.connect_at, heartbeat if self.conversation.online else None]
        return max(0.1, min(60.0, *(due - self.tick for due in dues if due is not None), 60.0))

    def _timers(self) -> None:
        talk = self.conversation
        self.reservations.step()
        self.certificates.step()
        self.secc.step()
        self.updates.step()
        self.publishing.step()
        self.live_profiles.step()
        self.der.step()
        self.swaps.step()
        self.logs.step()
        if talk.online and self.tick - talk.last_sent >= self.variables.number("OCPPCommCtrlr.HeartbeatInterval"):
            self.put(Message("Heartbeat", lambda _: {}))
        self.life.step()

    def install(self, profile: Profile) -> None:
        """A charging profile comes into force."""
        self.profiles.install(profile)

    # ---- the line, called by its owner ----

    def opened(self, tick: float) -> None:
        """The connection stands. A mere reconnect sends no BootNotification; what was missed is told again."""
        self.tick = tick
        self.conversation.opened(tick)
        self.say("connected")
        self.certificates.proved()
        if not self.traits.charging.keeps_profiles:
            self.profiles.remove(lambda _: True)
        self.life.opened()
        self.availability.tell()
        self.conversation.turn(tick)

    def lost(self, tick: float, why: str = "") -> None:
        """The connection is gone, or could not be made."""
        self.tick = tick
        event = "disconnected" if self.conversation.connected else "not connected"
        if not self.conversation.connected:
            self.networks.failed()
            self.certificates.failed()
        self.say(f"{event}: {why}" if why else event)
        self.conversation.lost(tick, self.life.downtime_s if self.conversation.hang_up else None)

    def receive(self, text: bytes, tick: float) -> None:
        """A frame came."""
        self.tick = tick
        self.conversation.receive(text, tick)

    # ---- the CSMS calls ----

    def _manner(self, action: str) -> str | None:
        return self.faults.answers.get(action) or self.traits.answers.get(action)

    def knows(self, action: str) -> bool:
        """Whether `answer` can answer it."""
        return action in self.dialect.handlers or self._manner(action) is not None

    def answer(self, action: str, words: Words) -> Words:
        """The answer to one call; raises conversation.Refusal or Silence."""
        manner = self._manner(action)
        if manner == manners.REBOOT:
            self.life.go_down("Watchdog")
            raise Silence
        if manner is not None and manner != manners.TRUNCATE:
            return manners.answer(manner, action, words)
        return self.dialect.handlers[action](words)

    def cuts_short(self, action: str) -> bool:
        """Whether only half of an answer goes out."""
        return self._manner(action) == manners.TRUNCATE

    def chasing(self, message: Message) -> Iterator[tuple[str, Words]]:
        """Calls that follow `message` at once, though its answer has not come; their answers are not heard."""
        if message.action == "BootNotification" and self.traits.boot.statuses_at_once:
            for place in self.dialect.places():
                yield place.action, place.words
        if self.faults.two_calls and message.action != "Heartbeat":
            yield "Heartbeat", {}

    def answered(self) -> None:
        """The answer is on its way: do what follows from it."""
        while self._after:
            self._after.popleft()()

    def after(self, action: Callable[[], None]) -> None:
        """Do this once the call in work is answered."""
        self._after.append(action)

    # ---- telling ----

    def say(self, text: str) -> None:
        """One line for the people who watch."""
        self.logs.note(text)
        if self._watch is not None:
            self._watch(Happening(self.now, self.identity, text))

    def put(self, message: Message) -> None:
        """Queue one message; what is queued without a line counts as offline."""
        message.offline = not self.conversation.online
        self.conversation.outbox.put(message)
        room = self.traits.transactions.offline_buffer
        if room and message.offline:
            self.conversation.outbox.thin_out(room)

    def tell(self, session: Session, transaction: Transaction, happened: Happened) -> None:
        """Something happened in a transaction."""
        if self.bookkeeper is not None:
            self.bookkeeper(transaction, happened)
        for message in self.dialect.tell(session, transaction, happened):
            self.put(message)

    # ---- sessions ----

    def session(self, evse_id: int) -> Session:
        """The session of one EVSE; raises LookupError."""
        try:
            return self.sessions[evse_id]
        except KeyError:
            raise LookupError(f"{self.identity} has no EVSE {evse_id}.") from None

    def charging(self, transaction_id: str) -> Session | None:
        """The session in which this transaction goes on."""
        if not transaction_id:
            return None
        for session in self.sessions.values():
            if session.transaction is not None and session.transaction.id == transaction_id:
                return session
        return None

    def startable(self, evse_id: int | None = None) -> Session | None:
        """Where a remote start may begin: this EVSE or any, one with a waiting car first."""
        candidates = [
            session
            for session in self.sessions.values()
            if evse_id in (None, session.evse.id)
            and session.token is None
            and self.availability.operative(session.evse.id)
        ]
        return min(candidates, key=lambda session: not session.plugged, default=None)

    def remote_start(self, session: Session, token: Token, remote_start_id: int | None = None) -> None:
        """The CSMS started this session; if the settings say so, it is asked about the token first (F01.FR.01)."""
        if not self.variables.on("AuthCtrlr.AuthorizeRemoteStart"):
            session.authorise(token, "RemoteStart", remote_start_id)
            return

        def heard(verdict: Verdict) -> None:
            if verdict.status == "Accepted" and session.token is None:
                shown = Token(token.id, token.type, verdict.group)
                session.authorise(shown, "RemoteStart", remote_start_id)

        self.authorisation.ask(token, heard)

    def transaction_over(self, transaction: Transaction) -> None:
        """A transaction has ended: its profiles go, what waited for it happens."""
        self.profiles.remove(lambda p: p.purpose == "TxProfile" and p.evse_id == transaction.evse_id)
        self.availability.settle()
