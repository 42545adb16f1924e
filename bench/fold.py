"""The fold of transactions: 10,000 of 200 events each, in the order they came; CPU per event, at the first and the last
tenth, because it must not grow.

fold.py [TRANSACTIONS] [EVENTS]
"""

from __future__ import annotations

import json
import sys
import time

from ohmstead.domain.metering import PERIODIC, Reading
from ohmstead.domain.transactions import Event, Kind, begin, fold

SECOND = 1_000_000


def events_of(count: int) -> list[Event]:
    """Started, Updated with a register each, Ended."""
    made = []
    for n in range(count):
        kind: Kind = "started" if n == 0 else "ended" if n == count - 1 else "updated"
        at = 1_764_000_000 * SECOND + n * 60 * SECOND
        made.append(Event(kind=kind, at=at, seq_no=n, readings=(Reading(at, n * 100.0, context=PERIODIC),)))
    return made


def main(transactions: int, count: int) -> dict[str, object]:
    events, spent = events_of(count), []
    for number in range(transactions):
        one, begun = begin(number, 1, "tx"), time.process_time()
        for event in events:
            one, _ = fold(one, event)
        spent.append(time.process_time() - begun)
        assert one.energy_wh == (count - 1) * 100.0, one.energy_wh
        assert one.complete
    tenth = max(transactions // 10, 1)
    each = [sum(part) / len(part) / count * 1e6 for part in (spent, spent[:tenth], spent[-tenth:])]
    return {"cpu_s": round(sum(spent), 1)} | dict(
        zip(("us_per_event", "first_tenth", "last_tenth"), (round(one, 2) for one in each), strict=True)
    )


if __name__ == "__main__":
    print(json.dumps(main(*(int(given) for given in (sys.argv[1:] + ["10000", "200"][len(sys.argv) - 1 :])))))
