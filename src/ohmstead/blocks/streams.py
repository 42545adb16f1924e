"""N11 to N15: periodic event streams of 2.1."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar

from msgspec import UNSET, Meta, Raw, UnsetType
from msgspec.structs import replace

from ohmstead.blocks import Call, on
from ohmstead.blocks.alerts import board_of
from ohmstead.blocks.command import Ask, Calls, Command, Learnt, Outcome, Unsupported, after, given, outcome
from ohmstead.blocks.device_model import learnt, put
from ohmstead.domain.alerts import Cause
from ohmstead.domain.answers import Observation, observed
from ohmstead.domain.device_model import Name
from ohmstead.domain.streams import MODELLED, MOST_OPEN, Stream, Value, offsets, received
from ohmstead.ocpp.versions import V21
from ohmstead.runtime import from_datetime
from ohmstead.store import device_model, monitors, streams
from ohmstead.store.bulk import Changed
from ohmstead.store.db import Db
from ohmstead.store.findings import FOUND, finding_row

StreamId = Annotated[int, Meta(ge=0, le=2**31 - 1)]
Positive = Annotated[int, Meta(ge=1)]


@on("OpenPeriodicEventStream", V21)
async def open_stream(call: Call, req: Any) -> Any:
    """Taken, unless it says neither how often nor how much (N11.FR.09), or there are too many."""
    said, station = req.constant_stream_data, call.station
    found = await streams.load_open(call.db, station.id)
    same = next((one for one in found if one.stream_id == said.id), None)
    reason = None
    if said.params.interval is UNSET and said.params.values is UNSET:
        reason = ("MissingParam", "interval or values")
    elif same is None and len(found) >= MOST_OPEN:
        reason = ("TooManyElements", f"{MOST_OPEN} streams are open")
    if reason is not None:
        info = call.v.StatusInfoType(reason_code=reason[0], additional_info=reason[1])
        return call.v.OpenPeriodicEventStreamResponse(status="Rejected", status_info=info)
    if same is not None:  # it starts anew
        call.write.changed.append(streams.closed(same.id, call.now))
    new = await _stream(call.db, station.id, said, await call.numbers.rows.take(), call.now)
    call.write.changed.append(await streams.put(call.db, station.tenant_id, station.id, new))
    call.happened("message", "OpenPeriodicEventStream")
    return call.v.OpenPeriodicEventStreamResponse(status="Accepted")


async def _stream(db: Db, station_id: int, said: Any, id: int, now: int) -> Stream:
    monitor = await monitors.find(db, station_id, said.variable_monitoring_id)
    return Stream(
        id=id,
        stream_id=said.id,
        monitor_id=said.variable_monitoring_id,
        name=None if monitor is None else monitor.name,
        interval_s=given(said.params.interval),
        most_values=given(said.params.values),
        opened_at=now,
    )


@on("ClosePeriodicEventStream", V21)
async def close_stream(call: Call, req: Any) -> Any:
    """Over; what came stays (N13.FR.02)."""
    found = await streams.find(call.db, call.station.id, req.id)
    if found is None:
        _odd(call, "unknown_stream", f"stream {req.id} was not open")
    else:
        call.write.changed.append(streams.closed(found.id, call.now))
        board = await board_of(call.db, call.station, call.now)
        board.cleared(_subject(found), "station")
        board.write(call.write)
    return call.v.ClosePeriodicEventStreamResponse()


@on("NotifyPeriodicEventStream", V21)
async def notify_stream(call: Call, req: Any) -> Any:
    """Values, by SEND: nobody answers it. A station that sends it as a CALL gets an empty answer."""
    stream = await streams.find(call.db, call.station.id, req.id)
    found = offsets(from_datetime(req.basetime), ((one.t, one.v) for one in req.data))
    if len(found) < len(req.data):
        _odd(call, "stream_time", f"stream {req.id} tells of times more than a year off its base time")
    if stream is None:
        _odd(call, "unknown_stream", f"stream {req.id} is not open: its values are not kept")
    elif found:
        after = received(stream, found, req.pending)
        await _take(call, after, found)
        if after.growing or (stream.pending and not after.pending):  # else nothing changes: no alerts to read
            await _watch(call, after)
    return Raw(b"{}")


async def _take(call: Call, stream: Stream, found: tuple[Value, ...]) -> None:
    """Keep the values, and put the newest into the device model now and then."""
    station, write = call.station, call.write
    if stream.name is None and (monitor := await monitors.find(call.db, station.id, stream.monitor_id)) is not None:
        stream = replace(stream, name=monitor.name)
    name = stream.name
    if name is not None and call.now - stream.modelled_at >= MODELLED:
        stream = replace(stream, modelled_at=call.now)
        await _model(call, name, max(found, key=lambda one: one.at))
    write.changed += streams.kept(station.tenant_id, stream, found, call.now)
    write.changed.append(await streams.put(call.db, station.tenant_id, station.id, stream))


async def _model(call: Call, name: Name, newest: Value) -> None:
    """The device model has the newest value; what was before, the stream has."""
    station = call.station
    known = await device_model.load_some(call.db, station.tenant_id, station.id, [name])
    if known.variables:
        news = observed(known, [Observation(name, newest.value, min(newest.at, call.now))])
        put(call, await learnt(call.db, station, news.changes, call.now, "event", history=False))


async def _watch(call: Call, stream: Stream) -> None:
    board = await board_of(call.db, call.station, call.now)
    if stream.behind:
        text = (
            f"Stream {stream.stream_id} cannot keep up: {stream.pending} values wait and more come. Let it send more "
            "at once, or less often: adjust_periodic_event_stream."
        )
        detail = {"stream_id": stream.stream_id, "pending": stream.pending, "interval_s": stream.interval_s,
                  "values": stream.most_values}  # fmt: skip
        await board.raised(
            Cause(subject=_subject(stream), source="csms", code="stream_behind", severity=6, text=text, at=call.now,
                  detail=detail),
            call.numbers.rows.take,
        )  # fmt: skip
    elif not stream.pending:
        board.cleared(_subject(stream), "station")
    board.write(call.write)


def _subject(stream: Stream) -> str:
    return f"stream/{stream.stream_id}"


def _odd(call: Call, code: str, text: str) -> None:
    call.write.execute(FOUND, **finding_row(call.station, call.action, code, text, call.now))


async def close_all(call: Call) -> None:
    """A station that boots has no streams, until it opens them again; with 1.6 too, which may be new to it."""
    found = await streams.load_open(call.db, call.station.id)
    if not found:
        return
    call.write.changed += [streams.closed(one.id, call.now) for one in found]
    board = await board_of(call.db, call.station, call.now)
    for one in found:
        board.cleared(_subject(one), "station")
    board.write(call.write)


# ---------------------------------------------------------------------- commands


class AdjustPeriodicEventStream(Command):
    """Let a stream send after so many seconds, or so many values, whichever is first."""

    actions: ClassVar = ("AdjustPeriodicEventStream",)
    id: StreamId
    interval_s: Positive | UnsetType = UNSET
    values: Positive | UnsetType = UNSET

    def __post_init__(self) -> None:
        if self.interval_s is UNSET and self.values is UNSET:
            raise ValueError("give interval_s or values")

    def to_v2(self, ask: Ask) -> Calls:
        _must_be_21(ask)
        params = ask.v.PeriodicEventStreamParamsType(interval=self.interval_s, values=self.values)
        answer = yield ask.v.AdjustPeriodicEventStreamRequest(id=self.id, params=params)
        return outcome(answer)


class GetPeriodicEventStream(Command):
    """Let the station say which streams are open."""

    actions: ClassVar = ("GetPeriodicEventStream",)

    def to_v2(self, ask: Ask) -> Calls:
        _must_be_21(ask)
        yield ask.v.GetPeriodicEventStreamRequest()
        return Outcome(True)


def _must_be_21(ask: Ask) -> None:
    if ask.version is not V21:
        raise Unsupported(f"OCPP {ask.version.name} has no streams.")


@after("AdjustPeriodicEventStream")
async def learn_adjusted(ask: Ask, db: Db, req: Any, answer: Any, now: int) -> Learnt:
    station = ask.station
    found = await streams.find(db, station.id, req.id)
    if found is None or answer is None or answer.status != "Accepted":
        return Learnt()
    interval, values = given(req.params.interval), given(req.params.values)
    return Learnt([
        await streams.put(
            db, station.tenant_id, station.id, replace(found, interval_s=interval, most_values=values, growing=0)
        )
    ])  # fmt: skip


@after("GetPeriodicEventStream")
async def learn_open(ask: Ask, db: Db, req: Any, answer: Any, now: int) -> Learnt:
    """What the station does not name is closed; how the others send is as it says."""
    if answer is None:
        return Learnt()
    told = {one.id: one.params for one in given(answer.constant_stream_data) or ()}
    station, rows = ask.station, list[Changed]()
    for one in await streams.load_open(db, station.id):
        params = told.get(one.stream_id)
        if params is None:
            rows.append(streams.closed(one.id, now))
        else:
            after = replace(one, interval_s=given(params.interval), most_values=given(params.values))
            rows.append(await streams.put(db, station.tenant_id, station.id, after))
    return Learnt(rows)
