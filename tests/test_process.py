"""What a process takes from its machine, and how it says that it cannot have it."""

from __future__ import annotations

import asyncio
import os
import socket
import subprocess
import sys

import asyncpg
import pytest

from ohmstead import process
from ohmstead.nats_settings import Events, Nats
from ohmstead.process import CannotStart, bound, lock, nats_bus, nats_line, postgres_lacks, take_sockets
from ohmstead.settings import Gateway, Settings


def test_a_folder_has_one_server(tmp_path):
    with lock(tmp_path), pytest.raises(CannotStart, match="Another ohmstead serves"):
        lock(tmp_path)
    lock(tmp_path).close()


def test_a_port_in_use_is_named():
    with bound("127.0.0.1:0") as taken:
        bind = f"127.0.0.1:{taken.getsockname()[1]}"
        taken.listen()
        with pytest.raises(CannotStart, match=f"Cannot listen on {bind}"):
            bound(bind)


def test_a_socket_of_systemd_is_taken_where_its_address_is_asked_for(monkeypatch):
    monkeypatch.setattr(process, "_handed_over", {})
    with socket.create_server(("127.0.0.1", 0)) as held:
        bind, number = f"127.0.0.1:{held.getsockname()[1]}", held.detach()
    settings = Settings(gateway=Gateway(tls_bind=bind))
    take_sockets({"LISTEN_PID": "1", "LISTEN_FDS": "1"}, settings, number)  # for another process
    with pytest.raises(CannotStart, match="Cannot listen"):
        bound(bind)
    given = {"LISTEN_PID": str(os.getpid()), "LISTEN_FDS": "1", "OTHER": "x"}
    take_sockets(given, settings, number)
    assert given == {"OTHER": "x"}
    for _ in range(2):  # again after it was closed: the port was open all the time
        with bound(bind) as sock, socket.create_connection(sock.getsockname()) as caller:
            theirs, peer = sock.accept()
            theirs.close()
            assert (peer, sock.get_inheritable()) == (caller.getsockname(), False)
    process._handed_over.popitem()[1].close()


def test_a_socket_of_systemd_that_no_setting_names_ends_the_start(monkeypatch):
    monkeypatch.setattr(process, "_handed_over", {})
    held = socket.create_server(("127.0.0.1", 0))
    with pytest.raises(CannotStart, match=f"systemd listens on 127.0.0.1 port {held.getsockname()[1]}"):
        take_sockets({"LISTEN_PID": str(os.getpid()), "LISTEN_FDS": "1"}, Settings(), held.detach())


@pytest.mark.anyio
async def test_nothing_that_is_said_waits_for_an_acknowledgement():
    with bound("127.0.0.1:0") as sock:
        seen = asyncio.get_running_loop().create_future()
        server = await asyncio.start_server(lambda _, writer: seen.set_result(writer), sock=sock)
        _, ours = await asyncio.open_connection(*sock.getsockname())
        theirs = await seen
        assert theirs.get_extra_info("socket").getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
        for one in (ours, theirs):
            one.close()
        server.close()


def test_a_port_is_shared_where_all_ask_for_it():
    with bound("127.0.0.1:0", shared=True) as first:
        bind = f"127.0.0.1:{first.getsockname()[1]}"
        first.listen()
        bound(bind, shared=True).close()
        with pytest.raises(CannotStart):
            bound(bind)


@pytest.mark.anyio
async def test_a_database_that_does_not_answer_is_said(tmp_path):
    assert "does not answer" in await postgres_lacks(f"postgresql://nobody@/x?host={tmp_path}")


@pytest.mark.anyio
async def test_a_schema_of_a_later_release_will_do_an_older_one_not(postgres_url):
    """An old process that is started again while the new release takes over must come up."""
    assert await postgres_lacks(postgres_url) is None
    connection = await asyncpg.connect(postgres_url)
    await connection.execute("UPDATE alembic_version SET version_num = '9999'")
    assert await postgres_lacks(postgres_url) is None
    await connection.execute("UPDATE alembic_version SET version_num = '0001'")
    assert "ohmstead db upgrade" in (await postgres_lacks(postgres_url) or "")
    await connection.close()


def test_a_server_may_have_as_many_sockets_as_the_system_lets_it() -> None:
    code = (
        "import resource; from ohmstead.process import allow_many_sockets as allow;"
        "limits = lambda: resource.getrlimit(resource.RLIMIT_NOFILE); hard = limits()[1];"
        "resource.setrlimit(resource.RLIMIT_NOFILE, (64, hard)); allow(); assert limits() == (hard, hard), limits()"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)


def test_a_bus_that_cannot_be_used_ends_the_start(tmp_path):
    ca_file = str(tmp_path / "none.pem")
    with pytest.raises(CannotStart, match=r"bus_url: .*No such file"):
        nats_bus(Settings(bus_url="tls://127.0.0.1:1", nats=Nats(ca_file=ca_file)))
    with pytest.raises(CannotStart, match=r"events\.nats: .*No such file"):
        nats_line(Settings(events=Events(nats="tls://127.0.0.1:1"), nats=Nats(ca_file=ca_file)))
