"""Several processes under one: which they are, and that they are kept alive."""

from __future__ import annotations

import os
import signal
import subprocess
import sys

import pytest
from msgspec.structs import replace

from ohmstead.process import CannotStart
from ohmstead.settings import Gateway, Health, Settings
from ohmstead.supervisor import parts

POSTGRES = Settings(
    database_url="postgresql://u@h/d", gateway=Gateway(processes=2), health=Health(bind="127.0.0.1:9100")
)
KEPT_ALIVE = """
import os, sys, time
from ohmstead import supervisor
from ohmstead.settings import Gateway, Settings
def lives(settings):
    os.write(1, f"{os.getpid()} {settings.role}\\n".encode())
    time.sleep(60)
supervisor.serve_alone, supervisor.SHORTEST_PAUSE, supervisor.LOOK_EVERY = lives, 0.0, 0.05
gateway = Gateway(processes=2)
supervisor.serve(Settings(data_dir=sys.argv[1], role="gateway", database_url="postgresql:///x", gateway=gateway))
"""


def test_a_process_for_each_part():
    found = parts(POSTGRES)
    assert [(one.name, one.settings.role, one.settings.health.bind) for one in found] == [
        ("gateway 1", "gateway", "127.0.0.1:9100"),
        ("gateway 2", "gateway", "127.0.0.1:9101"),
        ("worker", "worker", "127.0.0.1:9102"),
        ("api", "api", "127.0.0.1:9103"),
    ]
    assert {one.settings.gateway.processes for one in found} == {1}
    assert [one.name for one in parts(replace(POSTGRES, role="gateway"))] == ["gateway 1", "gateway 2"]


@pytest.mark.parametrize(
    ("settings", "why"),
    [
        (Settings(gateway=Gateway(processes=2)), "need PostgreSQL"),
        (replace(POSTGRES, gateway=Gateway(processes=2, bind="127.0.0.1:0")), "share a port"),
    ],
)
def test_where_there_cannot_be_several(settings, why):
    with pytest.raises(CannotStart, match=why):
        parts(settings)


@pytest.mark.system
def test_what_ends_is_started_again_and_all_end_together(tmp_path):
    command = [sys.executable, "-c", KEPT_ALIVE, str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
        assert process.stdout is not None
        try:
            pids = [int(process.stdout.readline().split()[0]) for _ in range(2)]
            os.kill(pids[0], signal.SIGKILL)
            again, role = process.stdout.readline().split()
            assert role == "gateway"
            assert int(again) not in pids
        finally:
            process.send_signal(signal.SIGTERM)
        assert process.wait(30) == 0
    for pid in (pids[1], int(again)):
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)
