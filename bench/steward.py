"""The steward over a fleet, with frames in memory and a clock that is ours.

    steward.py fleet [--stations 1000] [--seed 1]
    steward.py drift [--stations 10000] [--svg FILE]

`fleet`: simulated stations of every persona, some of them away, refusing, silent, falling over; we die in the middle of
it. `wrong` must be empty: everybody is as declared by its own books, or the reason is named. `drift`: of 10,000 stations
that are as declared 1 % is changed; what it takes to see and mend that; and how many are looked at and asked in which
second after the whole fleet came back at once. Prints one JSON document.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from ohmstead import runtime  # noqa: E402
from tests.steward import lived  # noqa: E402
from tests.steward_drift import drifted  # noqa: E402

MEMORY = "/dev/shm" if Path("/dev/shm").is_dir() else None


def plot(seconds: list[int], title: str) -> str:
    """An SVG: how many in each step."""
    most, wide = max(seconds, default=1) or 1, 600 / max(1, len(seconds))
    bars = "".join(
        f'<rect x="{20 + n * wide:.1f}" y="{220 - 180 * count / most:.1f}" width="{max(0.5, wide - 0.5):.1f}" '
        f'height="{180 * count / most:.1f}" fill="#0a7d55"/>'
        for n, count in enumerate(seconds)
    )
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 640 250" font-family="sans-serif" font-size="12">'
        f'<rect width="640" height="250" fill="white"/><text x="20" y="18">{title}</text>{bars}'
        f'<text x="20" y="240">0 s</text><text x="620" y="240" text-anchor="end">{2 * len(seconds)} s; '
        f"at most {most} in 2 s</text></svg>\n"
    )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("what", choices=("fleet", "drift"))
    parser.add_argument("--stations", type=int)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--svg", type=Path)
    given = parser.parse_args()
    runtime.configure_logging(as_json=True, level="error")
    with tempfile.TemporaryDirectory(prefix="ohmstead-steward-", dir=MEMORY) as folder:
        if given.what == "fleet":
            result = asyncio.run(lived(Path(folder), given.stations or 1000, given.seed))
        else:
            result = asyncio.run(drifted(Path(folder), given.stations or 10_000))
    if given.svg:
        title = "Stations that are looked at after all came back at once, each 2 s"
        given.svg.write_text(plot(result["looked_at_each_2_s"], title))
    print(json.dumps(result))
    sys.exit(1 if result["wrong"] else 0)
