"""Addresses from the bytes of a bind, and which keep each other out, as the kernel has it."""

import errno
import socket
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autoreload.core.keeping import UNIX, Address
from autoreload.core.sockaddr import INET, INET6, conflicts, located, read

PORTS = st.integers(0, 65535)


def inet(host: str, port: int) -> bytes:
    return struct.pack("=H", INET) + struct.pack(">H4s8x", port, socket.inet_pton(INET, host))


def inet6(host: str, port: int, scope: int = 0) -> bytes:
    packed = struct.pack(">HI16s", port, 7, socket.inet_pton(INET6, host))
    return struct.pack("=H", INET6) + packed + struct.pack("=I", scope)


@given(st.ip_addresses(v=4), PORTS)
def test_ipv4(host: object, port: int) -> None:
    assert read(inet(str(host), port), socket.inet_ntop) == Address(INET, str(host), port)


@given(st.binary(min_size=16, max_size=16), PORTS, st.integers(0, 9))
def test_ipv6_as_the_kernel_names_it(packed: bytes, port: int, scope: int) -> None:
    host = socket.inet_ntop(INET6, packed)
    is_local = packed[0] == 0xFE and 0x80 <= packed[1] <= 0xBF
    wanted = Address(INET6, host, port, scope if is_local else 0)
    assert read(inet6(host, port, scope), socket.inet_ntop) == wanted


@pytest.mark.parametrize(
    ("raw", "path"),
    [
        (b"/run/app.sock", "/run/app.sock"),
        (b"app.sock\0", "app.sock"),
        (b"app.sock\0rest", "app.sock"),
        (b"\xff.sock", "\udcff.sock"),
    ],
)
def test_a_path(raw: bytes, path: str) -> None:
    assert read(struct.pack("=H", UNIX) + raw, socket.inet_ntop) == Address(UNIX, path)


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"\2",
        struct.pack("=H", UNIX),
        struct.pack("=H", UNIX) + b"\0abstract",
        inet("127.0.0.1", 80)[:15],
        inet6("::1", 80)[:23],
        struct.pack("=H", 16) + bytes(30),
        bytes(16),
    ],
    ids=["nothing", "half", "unnamed", "abstract", "short 4", "short 6", "netlink", "unspec"],
)
def test_what_is_never_kept(raw: bytes) -> None:
    assert read(raw, socket.inet_ntop) is None


@given(st.binary(max_size=128))
def test_any_bytes_are_read_or_passed_over(raw: bytes) -> None:
    read(raw, socket.inet_ntop)


def test_a_path_is_made_whole_where_the_program_is() -> None:
    real = "/private{}".format
    assert located(Address(UNIX, "a.sock"), "/app", real) == Address(UNIX, "/private/app/a.sock")
    assert located(Address(UNIX, "/b.sock"), "/app", real) == Address(UNIX, "/private/b.sock")
    assert located(Address(INET, "::1", 1), "/app", real) == Address(INET, "::1", 1)


has_v6 = True
try:
    socket.create_server(("::1", 0), family=socket.AF_INET6).close()
except OSError:
    has_v6 = False

v6 = pytest.mark.skipif(not has_v6, reason="no IPv6 here")

HOSTS = ["127.0.0.1", "127.0.0.2", "0.0.0.0", "::1", "::", "::ffff:127.0.0.1", "::ffff:0.0.0.0"]


def opened(host: str, options: tuple[int, int]) -> socket.socket:
    made = socket.socket(INET6 if ":" in host else INET)
    made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, options[0])
    if ":" in host:
        made.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, options[1])
    return made


KINDS = [
    (host, (shared, alone))
    for host in HOSTS
    for shared in (0, 1)
    for alone in ((0, 1) if ":" in host and not host.startswith("::ffff:") else (0,))
]


@v6
@pytest.mark.parametrize(("one", "first"), KINDS)
def test_conflicts_are_those_of_the_kernel(one: str, first: tuple[int, int]) -> None:
    for other, second in KINDS:
        here, there = at(one, 80), at(other, 80)
        is_free = not conflicts(here, first, there, second)
        assert conflicts(there, second, here, first) is not is_free, (other, second)
        # Somebody else on this machine may have the port at the other address: once, not always.
        found = [is_free_beside((one, first), (other, second))]
        while found[-1] is not is_free and len(found) < 5:
            found.append(is_free_beside((one, first), (other, second)))
        assert found[-1] is is_free, (other, second)


def is_free_beside(one: tuple[str, tuple[int, int]], other: tuple[str, tuple[int, int]]) -> bool:
    """Whether a socket of the other kind can be bound to the port on which one listens."""
    with opened(*one) as listener, opened(*other) as new:
        listener.bind((one[0], 0))
        listener.listen()
        return is_bound(new, (other[0], listener.getsockname()[1]))


def is_bound(new: socket.socket, address: tuple[str, int]) -> bool:
    """Whether a socket can be bound there; an address in use is the only reason why not."""
    try:
        new.bind(address)
    except OSError as error:
        if error.errno != errno.EADDRINUSE:
            raise
        return False
    return True


def at(host: str, port: int) -> Address:
    return Address(INET6 if ":" in host else INET, host, port)


def test_other_ports_paths_and_kinds_do_not_conflict() -> None:
    here = Address(INET, "0.0.0.0", 80)
    assert not conflicts(here, (0, 0), Address(INET, "0.0.0.0", 81), (0, 0))
    assert not conflicts(Address(INET, "0.0.0.0", 0), (0, 0), Address(INET, "0.0.0.0"), (0, 0))
    assert not conflicts(here, (0, 0), Address(UNIX, "0.0.0.0"), (0, 0))
    assert not conflicts(Address(UNIX, "/a"), (0, 0), Address(UNIX, "/b"), (0, 0))
    assert conflicts(Address(UNIX, "/a"), (0, 0), Address(UNIX, "/a"), (0, 0))
