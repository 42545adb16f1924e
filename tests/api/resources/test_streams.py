from __future__ import annotations

import pytest
from msgspec.structs import replace

from ohmstead.domain.device_model import Name
from ohmstead.domain.streams import Stream, Value
from ohmstead.store import streams

pytestmark = pytest.mark.anyio


async def test_streams_and_their_values(client, context):
    await client.post("stations", json={"id": "CS1", "security_profile": 1})
    name = Name("EVSE", "Power", evse_id=1)
    one = Stream(id=5, stream_id=7, monitor_id=3, name=name, interval_s=5, most_values=None, opened_at=0, messages=1)
    values = tuple(Value(n * 1_000_000, str(n)) for n in range(4))
    await context.db.store([], [await streams.put(context.db, 1, 1, one), *streams.kept(1, one, values, 0)])
    (shown,) = (await client.get("stations/CS1/streams?open=true")).json()["data"]
    assert (shown["id"], shown["stream_id"], shown["variable"]) == ("5", 7, "Power")
    first = (await client.get("stations/CS1/streams/5/values?limit=3&from=1970-01-01T00:00:01Z")).json()
    assert [one["value"] for one in first["data"]] == ["1", "2", "3"]
    first = (await client.get("stations/CS1/streams/5/values?limit=3")).json()
    rest = (await client.get(f"stations/CS1/streams/5/values?limit=3&cursor={first['next_cursor']}")).json()
    assert ([one["value"] for one in rest["data"]], rest["next_cursor"]) == (["3"], None)
    await context.db.store([], [await streams.put(context.db, 1, 1, replace(one, id=6, stream_id=8))])
    other = (await client.get("stations/CS1/streams?limit=1")).json()["next_cursor"]
    assert (await client.get(f"stations/CS1/streams/5/values?cursor={other}")).status_code == 422
    for path in ("stations/CS1/streams/7/values", "stations/CS2/streams", "stations/CS2/streams/5/values"):
        assert (await client.get(path)).status_code == 404
