"""Who listens where: asked of the kernel, compared with sockets that the test opens."""

import os
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from autoreload.system.sockets import Listener, held_by, listening, listening_unix
from tests.children import started

linux = pytest.mark.skipif(sys.platform != "linux", reason="nobody is known to listen elsewhere")

has_v6 = True
try:
    socket.create_server(("::1", 0), family=socket.AF_INET6).close()
except OSError:
    has_v6 = False

v6 = pytest.mark.skipif(not has_v6, reason="no IPv6 here")


@contextmanager
def listener(host: str) -> Iterator[tuple[socket.socket, int, int]]:
    """A listening socket, its inode and its port."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.create_server((host, 0), family=family) as server:
        yield server, os.fstat(server.fileno()).st_ino, server.getsockname()[1]


@linux
@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "0.0.0.0",
        pytest.param("::1", marks=v6),
        pytest.param("::", marks=v6),
    ],
)
def test_who_listens_is_found(host: str) -> None:
    with listener(host) as (_, inode, port):
        found = listening()[inode]
        assert (found.inode, found.host, found.port) == (inode, host, port)
    assert inode not in listening()


@linux
def test_only_who_listens_is_found() -> None:
    with (
        listener("127.0.0.1") as (server, inode, port),
        socket.create_connection(("127.0.0.1", port)) as client,
        server.accept()[0] as accepted,
        socket.socket() as bound,
        socket.socket(type=socket.SOCK_DGRAM) as datagrams,
    ):
        bound.bind(("127.0.0.1", 0))
        datagrams.bind(("127.0.0.1", 0))
        found = listening()
        assert inode in found
        for other in (client, accepted, bound, datagrams):
            assert os.fstat(other.fileno()).st_ino not in found


@linux
def test_many_are_all_found() -> None:
    """More than one answer of the kernel's."""
    servers = [socket.create_server(("127.0.0.1", 0)) for _ in range(300)]
    try:
        assert {os.fstat(one.fileno()).st_ino for one in servers} <= set(listening())
    finally:
        for one in servers:
            one.close()


@linux
def test_sockets_that_a_process_holds_are_found() -> None:
    with listener("127.0.0.1") as (_, inode, _):
        assert inode in held_by(os.getpid())
        with started("print('ready')\nimport signal\nsignal.pause()") as child:
            child.line()
            assert inode not in held_by(child.pid)
    assert inode not in held_by(os.getpid())


@linux
def test_a_child_that_listens_is_found_by_both() -> None:
    code = """
        import signal, socket
        server = socket.create_server(("127.0.0.1", 0))
        print(server.getsockname()[1])
        signal.pause()
    """
    with started(code) as child:
        port = int(child.line())
        held = held_by(child.pid)
        assert [one.url for inode, one in listening().items() if inode in held] == [
            f"http://127.0.0.1:{port}"
        ]


def test_who_is_gone_holds_nothing() -> None:
    with started("") as child:
        child.wait()
        assert held_by(child.pid) == set()
    assert held_by(0) == set()


@pytest.mark.parametrize(
    ("host", "url"),
    [
        ("127.0.0.1", "http://127.0.0.1:80"),
        ("192.168.1.2", "http://192.168.1.2:80"),
        ("0.0.0.0", "http://127.0.0.1:80"),
        ("::", "http://127.0.0.1:80"),
        ("::1", "http://[::1]:80"),
        ("fe80::1", "http://[fe80::1]:80"),
    ],
)
def test_url(host: str, url: str) -> None:
    assert Listener(1, host, 80).url == url


@linux
def test_who_listens_in_the_file_system_is_found(tmp_path: Path) -> None:
    path = str(tmp_path / "s.sock")
    with (
        socket.create_server(path, family=socket.AF_UNIX, backlog=7) as server,
        socket.socket(socket.AF_UNIX) as abstract,
        socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as packets,
        socket.socket(socket.AF_UNIX) as bound,
    ):
        abstract.bind("\0abstract of this test")
        abstract.listen()
        packets.bind(str(tmp_path / "packets"))
        packets.listen()
        bound.bind(str(tmp_path / "bound"))
        found = listening_unix()
        listener = found[os.fstat(server.fileno()).st_ino]
        assert (listener.path, listener.backlog) == (path, 7)
        assert listener.url == f"unix:{path}"
        for other in (abstract, packets, bound):
            assert os.fstat(other.fileno()).st_ino not in found
    assert listener.inode not in listening_unix()
