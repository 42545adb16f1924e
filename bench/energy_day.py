"""A day of a site of sixty EVSEs (tests/energy_day.py): for how long a fuse was exceeded; the rules of the control are
the real ones, the stations and cars are played, a second at a time.

energy_day.py [SEED] [FROM_HOUR] [TO_HOUR]
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from tests.energy_day import CYCLE, HOUR, Day  # noqa: E402

if __name__ == "__main__":
    seed, begin, end = (float(one) for one in (sys.argv[1:] + ["1", "0", "24"][len(sys.argv) - 1 :]))
    day = Day(int(seed))
    day.run(int(begin * HOUR), int(end * HOUR))
    found = day.outcome()
    print(json.dumps(found))
    sys.exit(1 if found["longest_s"] > CYCLE else 0)
