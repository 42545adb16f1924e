from __future__ import annotations

from pathlib import Path

import pytest

from ohmstead.pki.acme.challenges import prover
from ohmstead.pki.acme.client import Challenge, NoCertificate
from ohmstead.store import acme
from ohmstead.store.db import Db

pytestmark = pytest.mark.anyio
# RFC 8555, 8.4: of the key authorization the digest, in base64url without padding
ONE = Challenge("dns-01", "csms.example", "t", "abc")
RECORD = "ungWv48Bz-pBQUDeXa4iI7ADYaOWF3qctBD_YfIAFa0"


def program(folder: Path, text: str) -> str:
    path = folder / "program"
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)
    return str(path)


async def test_a_text_in_the_database(memory: Db) -> None:
    async with prover(memory, "")(ONE):
        assert await acme.get(memory, acme.challenge("t")) == "abc"
    assert await acme.get(memory, acme.challenge("t")) is None


async def test_a_record_by_a_program(memory: Db, tmp_path: Path) -> None:
    said = tmp_path / "said"
    async with prover(memory, program(tmp_path, f'echo "$@" >> {said}'))(ONE):
        assert said.read_text() == f"present _acme-challenge.csms.example {RECORD}\n"
    assert said.read_text().splitlines()[1:] == [f"cleanup _acme-challenge.csms.example {RECORD}"]


async def test_a_program_that_fails(memory: Db, tmp_path: Path) -> None:
    with pytest.raises(NoCertificate, match="present ended with 3: no such zone"):
        async with prover(memory, program(tmp_path, "echo no such zone >&2; exit 3"))(ONE):
            pytest.fail("the challenge was not made answerable")
    with pytest.raises(NoCertificate, match="/nowhere cannot be run: No such file"):
        async with prover(memory, "/nowhere")(ONE):
            pass
    async with prover(memory, program(tmp_path, '[ "$1" = present ]'))(ONE):
        pass  # that it does not clean up is no reason to do without the certificate
