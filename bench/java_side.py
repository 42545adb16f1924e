"""The Java codec's side of java_codec.py; runs in an environment of its own and knows nothing of Ohmstead.

Reads one JSON document from standard input ({"rounds", "messages": [{"what", "namespace", "exi"}], "fragments": [the
same], "provided": {"exi", "vehicle_key", "root"}}, bytes as base64), prints one: what it makes of each, and what it took.
"""

from __future__ import annotations

import base64
import json
import os
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

if (runtime := os.environ.get("JAVA_RUNTIME")) is not None:
    os.environ["PATH"] = f"{Path(runtime).parent}{os.pathsep}{os.environ['PATH']}"

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from iso15118.shared import security
from iso15118.shared.exi_codec import EXI
from iso15118.shared.exificient_exi_codec import ExificientEXICodec
from iso15118.shared.messages.enums import Namespace
from iso15118.shared.settings import shared_settings

TICK = os.sysconf("SC_CLK_TCK")


def cpu_s(pid: int) -> float:
    """CPU of the Java process and of this one."""
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / TICK + time.process_time()


def timed(work: Callable[[], Any], rounds: int, pid: int) -> dict[str, float]:
    for _ in range(max(rounds // 4, 3)):  # the Java compiler shall have seen it
        work()
    begun, walls = cpu_s(pid), []
    for _ in range(rounds):
        start = time.perf_counter()
        work()
        walls.append((time.perf_counter() - start) * 1e3)
    cpu = (cpu_s(pid) - begun) / rounds * 1e3
    return {"p50": round(statistics.median(walls), 2), "cpu": round(cpu, 2)}


def said(codec: Any, one: dict[str, str], rounds: int, pid: int) -> dict[str, Any]:
    """The message read and written again by the Java codec."""
    given, namespace = base64.b64decode(one["exi"]), one["namespace"]
    text = codec.decode(given, namespace)
    return {
        "what": one["what"],
        "bytes": len(given),
        "same": bytes(codec.encode(text, namespace)) == given,
        "decode": timed(lambda: codec.decode(given, namespace), rounds, pid),
        "encode": timed(lambda: codec.encode(text, namespace), rounds, pid),
    }


def believed(given: dict[str, str]) -> dict[str, Any]:
    """Whether its own verification takes a provided contract, and the key that it deciphers."""
    message = EXI().from_exi(base64.b64decode(given["exi"]), Namespace.ISO_V2_MSG_DEF)
    body = message.body.certificate_installation_res
    signed = (body.contract_cert_chain, body.encrypted_private_key, body.dh_public_key, body.emaid)
    elements = [(one.id, bytes(EXI().to_exi(one, Namespace.ISO_V2_MSG_DEF))) for one in signed]
    verified = security.verify_signature(
        signature=message.header.signature,
        elements_to_sign=elements,
        leaf_cert=body.cps_cert_chain.certificate,
        sub_ca_certs=body.cps_cert_chain.sub_certificates.certificates,
        root_ca_cert=base64.b64decode(given["root"]),
    )
    vehicle = load_pem_private_key(given["vehicle_key"].encode(), None)
    point = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), body.dh_public_key.value)
    key = security.decrypt_priv_key(body.encrypted_private_key.value, vehicle, point)
    return {"verified": bool(verified), "key": base64.b64encode(key).decode()}


def main() -> None:
    given = json.load(sys.stdin)
    names = ("MESSAGE_LOG_EXI", "MESSAGE_LOG_JSON", "ENABLE_TLS_1_3", "FORCE_TLS_CLIENT_AUTH", "PKI_PATH")
    shared_settings.update(dict.fromkeys(names, False))
    begun = time.perf_counter()
    codec = ExificientEXICodec()
    EXI().set_exi_codec(codec)
    first = given["messages"][0]
    codec.decode(base64.b64decode(first["exi"]), first["namespace"])
    started = time.perf_counter() - begun
    pid = codec.gateway.java_process.pid
    found = {
        "start_s": round(started, 2),
        "messages": [said(codec, one, given["rounds"], pid) for one in given["messages"]],
        "provided": believed(given["provided"]),
    }
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    found["java_mib"] = pages * os.sysconf("SC_PAGE_SIZE") // 2**20
    codec.gateway.shutdown()
    print("\n" + json.dumps(found))


if __name__ == "__main__":
    main()
