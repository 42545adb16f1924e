"""Whatever comes in as EXI is a message or refused, and soon: mutated and random bytes through the codec.

    exi_fuzz.py [--seconds 300] [--seed 1] [--json]          an hour: --seconds 3600

The beginnings are the vectors of the tests (messages as another codec writes them), and those that were accepted once
more mutated. Each input is read as every schema that has messages. Wrong is: any other exception than ExiError, a message
that took more than 50 ms of CPU, one that was read and cannot be written, or is another one when it is read again.
Exit status 1 when anything was wrong; what it was is printed as base64.
"""

from __future__ import annotations

import argparse
import base64
import json
import random
import sys
import time
from pathlib import Path
from typing import Any

from ohmstead.plugcharge.exi import SCHEMAS, ExiError, Schema

VECTORS = Path(__file__).resolve().parents[1] / "tests" / "plugcharge" / "exi" / "vectors.json"
NAMES = ("iso15118-2", "iso15118-20")
SLOW_S = 0.05
POOL = 500
"""Accepted inputs that are kept to be mutated again."""
MOST_SHOWN = 20


def mutated(dice: random.Random, pool: list[bytes]) -> bytes:
    """One of the pool with a few things done to it; now and then nothing but random bytes."""
    if dice.random() < 0.02:
        return b"\x80" * dice.randint(0, 1) + dice.randbytes(dice.randint(0, 3000))
    raw = bytearray(dice.choice(pool))
    for _ in range(dice.randint(1, 6)):
        at = dice.randrange(len(raw)) if raw else 0
        match dice.randint(0, 6):
            case 0 if raw:
                raw[at] ^= 1 << dice.randint(0, 7)
            case 1 if raw:
                raw[at] = dice.choice((0, 1, 0x7F, 0x80, 0xFF, dice.randint(0, 255)))
            case 2:
                del raw[at + dice.randint(0, 40) :]
            case 3:
                raw[at:at] = raw[at : at + dice.randint(1, 200)] * dice.randint(1, 5)
            case 4:
                raw[at:at] = dice.randbytes(dice.randint(1, 64))
            case 5:
                other = dice.choice(pool)
                raw[at:] = other[dice.randrange(len(other)) if other else 0 :]
            case _:
                del raw[at : at + dice.randint(1, 8)]
    return bytes(raw)


def judged(schema: Schema, data: bytes) -> tuple[bool, str]:
    """Whether it is a message, and what is wrong, if anything."""
    began = time.thread_time()
    try:
        message = schema.decode(data)
    except ExiError:
        message = None
    except Exception as error:
        return False, f"{type(error).__name__}: {error}"
    took = time.thread_time() - began
    if took > SLOW_S:
        return message is not None, f"took {took * 1000:.0f} ms to read"
    if message is None:
        return False, ""
    began = time.thread_time()
    try:
        again = schema.decode(schema.encode(message))
    except Exception as error:
        return True, f"was read and cannot be written: {type(error).__name__}: {error}"
    if again != message:
        return True, "is another message when it is read again"
    took = time.thread_time() - began
    return True, f"took {took * 1000:.0f} ms to write and read" if took > 2 * SLOW_S else ""


def fuzz(seconds: float, seed: int) -> dict[str, Any]:
    dice = random.Random(seed)
    pool = [base64.b64decode(one["exi"]) for one in json.loads(VECTORS.read_text())["documents"]]
    firsts = len(pool)
    inputs = accepted = 0
    slowest, wrong = 0.0, []
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        data = mutated(dice, pool)
        for name in NAMES:
            inputs += 1
            began = time.thread_time()
            taken, why = judged(SCHEMAS[name], data)
            slowest = max(slowest, time.thread_time() - began)
            accepted += taken
            if why and len(wrong) < MOST_SHOWN:
                wrong.append({"schema": name, "why": why[:300], "exi": base64.b64encode(data).decode()})
            if taken and len(data) < 20_000:
                if len(pool) < POOL:
                    pool.append(data)
                else:
                    pool[dice.randrange(firsts, POOL)] = data
    return {
        "seconds": seconds,
        "inputs": inputs,
        "accepted": accepted,
        "slowest_ms": round(slowest * 1000, 1),
        "wrong": wrong,
    }


def main() -> int:
    given = argparse.ArgumentParser(description=__doc__)
    given.add_argument("--seconds", type=float, default=300)
    given.add_argument("--seed", type=int, default=1)
    given.add_argument("--json", action="store_true")
    options = given.parse_args()
    found = fuzz(options.seconds, options.seed)
    print(json.dumps(found) if options.json else "\n".join(f"{name:<12} {value}" for name, value in found.items()))
    return 1 if found["wrong"] else 0


if __name__ == "__main__":
    sys.exit(main())
