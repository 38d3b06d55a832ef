"""Listeners of this process and connections to them: real sockets, the kernel's own account."""

import _socket
import errno
import os
import socket
from pathlib import Path

import pytest

from autoreload.core.draining import RECENT_MS, is_busy
from autoreload.core.keeping import Address
from autoreload.system import listeners
from tests.children import output
from tests.waiting import until


def own(fd: int) -> listeners.Listener | None:
    return next((one for one in listeners.own() if one.fd == fd), None)


def descriptors() -> set[str]:
    """What is open, without the descriptor that the look itself takes."""
    return {one for one in os.listdir("/proc/self/fd") if os.path.exists(f"/proc/self/fd/{one}")}


def test_own_listeners_are_found_whoever_opened_them(tmp_path: Path) -> None:
    with (
        socket.create_server(("127.0.0.1", 0)) as tcp,
        socket.create_server(str(tmp_path / "s"), family=socket.AF_UNIX) as unix,
        socket.socket(socket.AF_UNIX) as abstract,
        socket.socket() as bound,
        socket.socket(type=socket.SOCK_DGRAM) as datagrams,
        socket.create_connection(tcp.getsockname()) as client,
    ):
        abstract.bind("\0abstract of the test")
        abstract.listen()
        bound.bind(("127.0.0.1", 0))
        datagrams.bind(("127.0.0.1", 0))
        found = own(tcp.fileno())
        assert found is not None
        assert found.address == Address(socket.AF_INET, *tcp.getsockname())
        assert found.inode == os.fstat(tcp.fileno()).st_ino
        second = os.dup(tcp.fileno())
        assert own(second) is not None
        os.close(second)
        at_path = own(unix.fileno())
        assert at_path is not None
        assert at_path.address == Address(socket.AF_UNIX, str(tmp_path / "s"))
        nameless = own(abstract.fileno())
        assert nameless is not None
        assert nameless.address is None
        for other in (bound, datagrams, client):
            assert own(other.fileno()) is None


def test_looking_changes_nothing_and_leaves_nothing_open() -> None:
    """A default timeout makes every socket object take the blocking away from its descriptor."""
    before = descriptors()
    with socket.create_server(("127.0.0.1", 0)) as server:
        modes = []
        for timeout in (None, 5.0):
            socket.setdefaulttimeout(timeout)
            try:
                for blocks in (True, False):
                    os.set_blocking(server.fileno(), blocks)
                    assert own(server.fileno()) is not None
                    list(listeners.traffic({server.getsockname()[1]}))
                    modes.append(os.get_blocking(server.fileno()))
            finally:
                socket.setdefaulttimeout(None)
        assert modes == [True, False, True, False]
    assert descriptors() == before


def test_what_the_kernel_says_of_a_connection_tells_busy_from_idle() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]

        def busy() -> list[bool]:
            return [is_busy(one) for _, one in listeners.traffic({port})]

        assert busy() == []
        with socket.create_connection(server.getsockname()) as client, server.accept()[0] as one:
            until(lambda: busy() == [False])
            client.sendall(b"?")
            until(lambda: busy() == [True])
            one.recv(10)
            assert busy() == [True]
            one.sendall(b"!")
            until(lambda: busy() == [False])
            client.recv(10)
            assert [is_busy(two) for _, two in listeners.traffic({port + 1, "/path"})] == []
            fds = [fd for fd, _ in listeners.traffic({port})]
            assert fds == [one.fileno()]
            others = [server.fileno(), client.fileno(), 0, 9_999]
            assert [fd for fd, _ in listeners.traffic({port}, among=[*others, *fds])] == fds
            assert list(listeners.traffic({port}, among=others)) == []


def test_a_connection_at_a_path_is_busy_while_bytes_wait(tmp_path: Path) -> None:
    path = str(tmp_path / "s")
    with (
        socket.create_server(path, family=socket.AF_UNIX) as server,
        socket.socket(socket.AF_UNIX) as client,
    ):
        client.connect(path)
        with server.accept()[0] as one:
            assert [is_busy(two) for _, two in listeners.traffic({path})] == [False]
            client.sendall(b"?")
            assert [is_busy(two) for _, two in listeners.traffic({path})] == [True]
            one.recv(10)
            assert [is_busy(two) for _, two in listeners.traffic({path})] == [False]
            # What was read and is not answered is known by the work that it makes.
            assert [is_busy(two) for _, two in listeners.traffic({path}, RECENT_MS - 1)] == [True]
            assert [is_busy(two) for _, two in listeners.traffic({path}, RECENT_MS)] == [False]


RESOLVED = [
    (socket.AF_INET, ("127.0.0.1", 80), Address(socket.AF_INET, "127.0.0.1", 80)),
    (socket.AF_INET, ("localhost", 80), Address(socket.AF_INET, "127.0.0.1", 80)),
    (socket.AF_INET, ("", 80), Address(socket.AF_INET, "0.0.0.0", 80)),
    (socket.AF_INET6, ("::1", 80), Address(socket.AF_INET6, "::1", 80)),
    (socket.AF_INET6, ("::1", 80, 0, 3), Address(socket.AF_INET6, "::1", 80, 3)),
    (socket.AF_INET6, ("", 80), Address(socket.AF_INET6, "::", 80)),
    (socket.AF_UNIX, "/a/../b", Address(socket.AF_UNIX, "/b")),
    (socket.AF_UNIX, b"/b", Address(socket.AF_UNIX, "/b")),
    (socket.AF_UNIX, Path("/b"), Address(socket.AF_UNIX, "/b")),
    (socket.AF_UNIX, "\0abstract", None),
    (socket.AF_UNIX, "", None),
    (socket.AF_UNIX, 5, None),
    (socket.AF_INET, "/b", None),
    (socket.AF_INET, ("127.0.0.1",), None),
    (socket.AF_INET, ("127.0.0.1", "80"), None),
    (socket.AF_INET, ("127.0.0.1", 1 << 70), None),
    (socket.AF_INET, ("no such name.invalid", 80), None),
    (socket.AF_INET, (5, 80), None),
]


@pytest.mark.parametrize(("family", "address", "expected"), RESOLVED)
def test_an_address_is_what_bind_would_make_of_it(
    family: int, address: object, expected: Address | None
) -> None:
    with socket.socket(family) as sock:
        assert listeners.resolved(sock, address) == expected


def test_addresses_of_this_machine_are_told_from_others() -> None:
    assert listeners.is_local(Address(socket.AF_INET, "127.0.0.5", 80))
    assert listeners.is_local(Address(socket.AF_INET, "0.0.0.0", 80))
    assert not listeners.is_local(Address(socket.AF_INET, "192.0.2.1", 80))
    assert not listeners.is_local(Address(socket.AF_INET6, "2001:db8::1", 80))


def test_options_of_the_new_socket_go_to_the_kept_one() -> None:
    with socket.socket() as new, socket.create_server(("127.0.0.1", 0)) as kept:
        rows = (
            (socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1),
            (socket.IPPROTO_TCP, socket.TCP_NODELAY, 1),
            (socket.IPPROTO_TCP, socket.TCP_DEFER_ACCEPT, 3),
            (socket.SOL_SOCKET, socket.SO_RCVBUF, 20_000),
        )
        for level, option, value in rows:
            new.setsockopt(level, option, value)
        linger = (1).to_bytes(4, "little") + (7).to_bytes(4, "little")
        new.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        listeners.copy_options(new, kept)
        for level, option, _ in rows:
            assert kept.getsockopt(level, option) == new.getsockopt(level, option)
        assert kept.getsockopt(socket.SOL_SOCKET, socket.SO_LINGER, 8) == linger


@pytest.mark.parametrize("blocks", [True, False])
@pytest.mark.parametrize("place", [("127.0.0.1", 0), ("::1", 0), "s.sock"])
def test_an_empty_one_takes_the_place_and_nobody_else_notices(
    place: "tuple[str, int] | str", blocks: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    family = socket.AF_UNIX if isinstance(place, str) else socket.AF_INET
    if place[0] == "::1":
        family = socket.AF_INET6
    with socket.create_server(place, family=family) as server:
        server.setblocking(blocks)
        kept, name = server.dup(), server.getsockname()
        found = own(server.fileno())
        assert found is not None
        empty = listeners.put_empty(found)
        assert server.getsockname() == empty != name
        assert os.get_blocking(server.fileno()) is blocks
        assert not os.get_inheritable(server.fileno())
        assert listeners.listens(server)
        assert [one.name for one in tmp_path.iterdir()] == (["s.sock"] if place == "s.sock" else [])
        with socket.socket(family) as client, kept:
            client.settimeout(10)
            client.connect(name)
            server.setblocking(False)
            with pytest.raises(BlockingIOError):
                server.accept()
            kept.settimeout(10)
            kept.accept()[0].close()
        if isinstance(empty, tuple):
            listeners.knock(empty)
            server.settimeout(10)
            server.accept()[0].close()


def test_a_path_with_no_room_beside_it_does_as_well(tmp_path: Path) -> None:
    path = os.path.join("/tmp", "x" * 102)  # 107 bytes are the most
    try:
        with socket.create_server(path, family=socket.AF_UNIX) as server:
            found = own(server.fileno())
            assert found is not None
            assert listeners.put_empty(found).startswith(b"\0")
    finally:
        os.unlink(path)


def test_closed_and_foreign_descriptors_are_no_sockets() -> None:
    with open(os.devnull) as file, pytest.raises(OSError) as caught:  # noqa: PT011
        listeners.borrowed(file.fileno())
    assert caught.value.errno == errno.ENOTSOCK
    with socket.socket() as sock:
        again = listeners.borrowed(sock.fileno())
        assert type(again) is _socket.socket
        again.detach()
        assert sock.fileno() >= 0


def test_gevent_may_have_replaced_everything() -> None:
    said = output("""
        from gevent import monkey
        monkey.patch_all()
        import socket
        from autoreload.system import listeners
        with socket.create_server(("127.0.0.1", 0)) as server:
            print([one.address.port == server.getsockname()[1] for one in listeners.own()])
    """)
    assert said == "[True]\n"
