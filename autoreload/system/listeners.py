"""The listening sockets of this process, and the connections that came in through them.

They are found by what the process holds open, whoever opened them. Everything works on bare
descriptors and `_socket`: gevent and others replace what the `socket` module offers.
"""

import _socket
import os
import struct
import sys

from autoreload.core.draining import ESTABLISHED, Traffic
from autoreload.core.keeping import Address

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator
    from typing import Any

FAMILIES = frozenset(
    {_socket.AF_INET, _socket.AF_INET6, getattr(_socket, "AF_UNIX", _socket.AF_INET)}
)
_TCP_INFO = 160
"""Bytes of struct tcp_info up to the counts of segments with data (Linux 4.6)."""
_TCP_LISTEN = 10
_COPIED = (
    (_socket.SOL_SOCKET, "SO_REUSEADDR"),
    (_socket.SOL_SOCKET, "SO_KEEPALIVE"),
    (_socket.SOL_SOCKET, "SO_RCVBUF"),
    (_socket.SOL_SOCKET, "SO_SNDBUF"),
    (_socket.SOL_SOCKET, "SO_OOBINLINE"),
    (_socket.SOL_SOCKET, "SO_PRIORITY"),
    (_socket.SOL_SOCKET, "SO_MARK"),
    (_socket.IPPROTO_TCP, "TCP_NODELAY"),
    (_socket.IPPROTO_TCP, "TCP_DEFER_ACCEPT"),
    (_socket.IPPROTO_TCP, "TCP_USER_TIMEOUT"),
    (_socket.IPPROTO_TCP, "TCP_KEEPIDLE"),
    (_socket.IPPROTO_TCP, "TCP_KEEPINTVL"),
    (_socket.IPPROTO_TCP, "TCP_KEEPCNT"),
    (_socket.IPPROTO_TCP, "TCP_FASTOPEN"),
)
_DOUBLED = frozenset({"SO_RCVBUF", "SO_SNDBUF"})
"""Linux answers with twice of what was set (socket(7))."""
_LINGER = struct.calcsize("ii")


class Listener:
    """A listening stream socket of this process."""

    __slots__ = ("address", "fd", "inode", "options")

    def __init__(
        self, fd: int, inode: int, address: Address | None, options: tuple[int, int]
    ) -> None:
        self.fd = fd
        self.inode = inode
        self.address = address
        """None when it has none that could be bound again: an abstract or missing name."""
        self.options = options


def borrowed(fd: int) -> _socket.socket:
    """A socket object for a descriptor that is not its own: `detach` it when done.

    Raises OSError when the descriptor is no socket.
    """
    blocks = os.get_blocking(fd)
    sock = _socket.socket(fileno=fd)
    if blocks and _socket.getdefaulttimeout() is not None:
        os.set_blocking(fd, True)  # which the program's default timeout has just taken away
    return sock


def own() -> list[Listener]:
    """The listening stream sockets of this process; one for each descriptor."""
    found = []
    for sock in _streams(_open()):
        try:
            if listens(sock):
                inode = os.fstat(sock.fileno()).st_ino
                found.append(Listener(sock.fileno(), inode, address_of(sock), options_of(sock)))
        except OSError:
            pass  # closed meanwhile
    return found


def traffic(
    ports: "Collection[int | str]",
    quiet_ms: int = sys.maxsize,
    *,
    among: "Collection[int] | None" = None,
) -> "Iterator[tuple[int, Traffic]]":
    """What the kernel says of every connection that came in at these ports or paths.

    It keeps no account of a socket in the file system: whether one is being answered is guessed
    from `quiet_ms`, for how long this process has done nothing. `among` are the descriptors to look
    at, of all that are open.
    """
    for sock in _streams(_open() if among is None else among):
        try:
            address = None if listens(sock) else address_of(sock)
            if address is not None and (address.port or address.host) in ports:
                sock.getpeername()
                yield sock.fileno(), _traffic(sock, quiet_ms)
        except OSError:
            pass  # not connected, or closed meanwhile


def _traffic(sock: _socket.socket, quiet_ms: int) -> Traffic:
    import fcntl
    import termios

    (unread,) = struct.unpack("i", fcntl.ioctl(sock.fileno(), termios.FIONREAD, b"\0" * 4))
    if address_is_unix(sock) or not hasattr(_socket, "TCP_INFO"):
        return Traffic(
            state=ESTABLISHED,
            unread=unread,
            sent_ms=quiet_ms,
            received_ms=quiet_ms,
            asked=True,
            answered=True,
        )
    info = sock.getsockopt(_socket.IPPROTO_TCP, _socket.TCP_INFO, _TCP_INFO)
    (sent_ms,) = struct.unpack_from("I", info, 44)
    (received_ms,) = struct.unpack_from("I", info, 52)
    asked, answered = struct.unpack_from("II", info, 152) if len(info) >= _TCP_INFO else (0, 1)
    return Traffic(
        state=info[0],
        unread=unread,
        sent_ms=sent_ms,
        received_ms=received_ms,
        asked=bool(asked),
        answered=bool(answered),
    )


def address_is_unix(sock: _socket.socket) -> bool:
    """Whether it is a socket of the file system."""
    return sock.family == getattr(_socket, "AF_UNIX", None)


def address_of(sock: _socket.socket) -> Address | None:
    """Where a socket is bound; None when it has no address that could be bound again."""
    name = sock.getsockname()
    if address_is_unix(sock):
        return _unix(name)
    return Address(int(sock.family), name[0], name[1], name[3] if len(name) > 3 else 0)


def resolved(sock: _socket.socket, address: object) -> Address | None:
    """The address that a socket would be bound to, with names looked up; None if it is odd."""
    try:
        if address_is_unix(sock):
            return _unix(address)
        if not isinstance(address, tuple):
            return None
        host, port, *rest = address
        if not isinstance(port, int):
            return None
        name = _socket.getaddrinfo(
            host or None, port, sock.family, _socket.SOCK_STREAM, 0, _socket.AI_PASSIVE
        )[0][4]
        scope = rest[1] if len(rest) > 1 else name[3] if len(name) > 3 else 0
        return Address(int(sock.family), str(name[0]), int(name[1]), int(scope))
    except (OSError, ValueError, TypeError, IndexError, OverflowError):
        return None  # the real bind says what is wrong with it


def is_local(address: Address) -> bool:
    """Whether it is an address of this machine: only those can be bound."""
    probe = _socket.socket(address.family, _socket.SOCK_DGRAM)
    try:
        if address.family == _socket.AF_INET6:
            probe.bind((address.host, 0, 0, address.scope))
        else:
            probe.bind((address.host, 0))
    except OSError:
        return False
    finally:
        probe.close()
    return True


def _unix(name: object) -> Address | None:
    if isinstance(name, os.PathLike):
        name = os.fspath(name)
    path = os.fsdecode(name) if isinstance(name, bytes) else name
    if not isinstance(path, str) or not path or path.startswith("\0"):
        return None
    return Address(_socket.AF_UNIX, os.path.realpath(path))


def options_of(sock: _socket.socket) -> tuple[int, int]:
    """SO_REUSEPORT and IPV6_V6ONLY, which cannot be changed once a socket is bound."""
    if address_is_unix(sock):
        return (0, 0)
    shared = _option(sock, _socket.SOL_SOCKET, "SO_REUSEPORT")
    is_6 = sock.family == _socket.AF_INET6
    only_6 = _option(sock, _socket.IPPROTO_IPV6, "IPV6_V6ONLY") if is_6 else 0
    return (shared or 0, only_6 or 0)


def copy_options(new: _socket.socket, kept: _socket.socket) -> None:
    """Give a kept listener the options that the program has set on its new socket."""
    for level, name in _COPIED:
        value = _option(new, level, name)
        if value is not None and value != _option(kept, level, name):
            try:
                kept.setsockopt(
                    level, getattr(_socket, name), value // 2 if name in _DOUBLED else value
                )
            except OSError:
                pass  # only for privileged programs, or not once it listens
    try:
        linger = new.getsockopt(_socket.SOL_SOCKET, _socket.SO_LINGER, _LINGER)
        kept.setsockopt(_socket.SOL_SOCKET, _socket.SO_LINGER, linger)
    except OSError:
        pass


def put_empty(listener: Listener) -> "Any":
    """Put a listener that nobody knows in the place of one, under the same descriptor; its name.

    What comes in from now on stays in the queue of the real one, for whoever else holds it. Raises
    OSError.
    """
    address = listener.address
    family = _socket.AF_INET if address is None else address.family
    empty = _socket.socket(family, _socket.SOCK_STREAM)
    try:
        if family == _socket.AF_INET:
            empty.bind(("127.0.0.1", 0))
        elif family == _socket.AF_INET6:
            empty.bind(("::1", 0))
        else:
            _bind_nowhere(empty, "" if address is None else address.host + "~")
        empty.listen(1)
        os.set_blocking(empty.fileno(), os.get_blocking(listener.fd))
        os.dup2(empty.fileno(), listener.fd, os.get_inheritable(listener.fd))
        return empty.getsockname()
    finally:
        empty.close()


def _bind_nowhere(sock: _socket.socket, path: str) -> None:
    """Bind a path that is not there afterwards.

    Servers remove the path that `getsockname` says; of an abstract name that is an odd error.
    """
    try:
        sock.bind(path)
    except OSError:  # too long, or somebody's file
        sock.bind("")
    else:
        os.unlink(path)


def knock(name: "tuple[Any, ...]") -> None:
    """Connect to an address of this machine and go away again."""
    sock = _socket.socket(_socket.AF_INET if len(name) == 2 else _socket.AF_INET6)
    try:
        sock.setblocking(False)
        sock.connect_ex(name)
    finally:
        sock.close()


def listens(sock: _socket.socket) -> bool:
    """Whether a socket takes connections."""
    return bool(_option(sock, _socket.SOL_SOCKET, "SO_ACCEPTCONN"))


def _option(sock: _socket.socket, level: int, name: str) -> int | None:
    number = getattr(_socket, name, None)
    if number is None:
        return None
    try:
        return sock.getsockopt(level, number)
    except OSError:
        return None


def _open() -> "Iterator[int]":
    """Every descriptor that this process has open."""
    folder = "/proc/self/fd" if sys.platform == "linux" else "/dev/fd"
    return map(int, os.listdir(folder))


def _streams(fds: "Iterable[int]") -> "Iterator[_socket.socket]":
    """Those of these descriptors that are stream sockets; one that is gone is passed over.

    What is no socket is met by the try: to ask first would be a call to the kernel more, at each of
    which another thread may take Python's lock.
    """
    for fd in fds:
        try:
            sock = borrowed(fd)
        except OSError:
            continue
        try:
            if sock.type == _socket.SOCK_STREAM and sock.family in FAMILIES:
                yield sock
        finally:
            sock.detach()
