"""Which ports and sockets are listened on, and by whom (Linux; elsewhere nobody is known to).

The kernel is asked by netlink for listeners only (sock_diag(7)), which takes 0.1 ms; /proc/net/tcp
also lists every connection that is still in TIME_WAIT.
"""

import os
import struct
import sys

LISTEN = 10
_SOCK_DIAG_BY_FAMILY = 20
_NETLINK_SOCK_DIAG = 4
_DUMP = 0x301  # NLM_F_REQUEST | NLM_F_DUMP
_DONE = 3
_ERROR = 2
_HEADER = 16
"""Bytes of struct nlmsghdr."""
_UNIX_DIAG_NAME, _UNIX_DIAG_RQLEN = 0, 4
_STREAM = 1

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator


class Listener:
    """One listening TCP socket."""

    __slots__ = ("backlog", "host", "inode", "port", "uid")

    def __init__(
        self, inode: int, host: str, port: int, *, backlog: int = 0, uid: int = -1
    ) -> None:
        self.inode = inode
        self.host = host
        self.port = port
        self.backlog = backlog
        """How many connections may wait to be accepted; every `listen` sets it anew."""
        self.uid = uid
        """The user that opened it."""

    @property
    def url(self) -> str:
        """As something to click on: the wildcard addresses become the loopback one."""
        host = {"0.0.0.0": "127.0.0.1", "::": "127.0.0.1"}.get(self.host, self.host)
        return f"http://[{host}]:{self.port}" if ":" in host else f"http://{host}:{self.port}"


class UnixListener:
    """One listening stream socket of the file system."""

    __slots__ = ("backlog", "inode", "path")

    def __init__(self, inode: int, path: str, backlog: int) -> None:
        self.inode = inode
        self.path = path
        self.backlog = backlog

    @property
    def url(self) -> str:
        """As servers say it."""
        return f"unix:{self.path}"


def listening() -> dict[int, Listener]:
    """Every listening TCP socket of this network namespace, by inode."""
    found: dict[int, Listener] = {}
    if sys.platform == "linux":
        import _socket

        for family in (_socket.AF_INET, _socket.AF_INET6):
            for body in _asked(_request(family)):
                listener = _inet(body, family)
                found[listener.inode] = listener
    return found


def listening_unix() -> dict[int, UnixListener]:
    """Every listening stream socket with a path, by inode."""
    found: dict[int, UnixListener] = {}
    if sys.platform == "linux":
        for body in _asked(_unix_request()):
            listener = _unix(body)
            if listener is not None:
                found[listener.inode] = listener
    return found


def _asked(request: bytes) -> "Iterator[bytes]":
    """The answers of the kernel; none in a sandbox without netlink, where nobody is known."""
    import _socket

    try:
        netlink = _socket.socket(
            _socket.AF_NETLINK, _socket.SOCK_DGRAM | _socket.SOCK_CLOEXEC, _NETLINK_SOCK_DIAG
        )
    except OSError:
        return
    try:
        netlink.settimeout(0.5)
        netlink.send(request)
        while True:
            data = netlink.recv(1 << 16)
            position = 0
            while position + _HEADER <= len(data):
                length, kind = struct.unpack_from("=IH", data, position)
                if kind in (_DONE, _ERROR) or length < _HEADER:
                    return
                yield data[position + _HEADER : position + length]
                position += (length + 3) & ~3
    except OSError:
        pass
    finally:
        netlink.close()


def _request(family: int) -> bytes:
    """struct inet_diag_req_v2: TCP sockets of a family in state LISTEN, wherever they are bound."""
    return _with_header(struct.pack("=BBBxI48x", family, 6, 0, 1 << LISTEN))


def _unix_request() -> bytes:
    """struct unix_diag_req: sockets in state LISTEN with UDIAG_SHOW_NAME and UDIAG_SHOW_RQLEN."""
    return _with_header(struct.pack("=BBxxIII8x", 1, 0, 1 << LISTEN, 0, 0x11))


def _with_header(body: bytes) -> bytes:
    length = _HEADER + len(body)
    return struct.pack("=IHHII", length, _SOCK_DIAG_BY_FAMILY, _DUMP, 1, 0) + body


def _inet(body: bytes, family: int) -> Listener:
    """struct inet_diag_msg."""
    import _socket

    (port,) = struct.unpack_from(">H", body, 4)
    size = 4 if family == _socket.AF_INET else 16
    host = _socket.inet_ntop(family, body[8 : 8 + size])
    backlog, uid, inode = struct.unpack_from("=III", body, 60)
    return Listener(inode, host, port, backlog=backlog, uid=uid)


def _unix(body: bytes) -> UnixListener | None:
    """struct unix_diag_msg and its attributes; None for other kinds, and for abstract names."""
    kind, inode = struct.unpack_from("=xBxxI", body)
    name, backlog = b"", 0
    position = 16
    while position + 4 <= len(body):
        length, attribute = struct.unpack_from("=HH", body, position)
        if length < 4:
            break
        value = body[position + 4 : position + length]
        if attribute == _UNIX_DIAG_NAME:
            name = value.rstrip(b"\0")
        elif attribute == _UNIX_DIAG_RQLEN:
            (backlog,) = struct.unpack_from("=4xI", value)
        position += (length + 3) & ~3
    if kind != _STREAM or not name or name.startswith(b"\0"):
        return None
    return UnixListener(inode, os.fsdecode(name), backlog)


def widest_backlog() -> int:
    """A backlog close to the largest of this machine, and one that no program asks for."""
    try:
        with open("/proc/sys/net/core/somaxconn", "rb") as file:
            return max(min(int(file.read()), 4096) - 3, 1)
    except (OSError, ValueError):
        return 125


def held_by(pid: int) -> set[int]:
    """The inodes of the sockets that a process has open."""
    found: set[int] = set()
    try:
        numbers = os.listdir(f"/proc/{pid}/fd")
    except OSError:
        return found
    for number in numbers:
        try:
            link = os.readlink(f"/proc/{pid}/fd/{number}")
        except OSError:
            continue
        if link.startswith("socket:["):
            found.add(int(link[8:-1]))
    return found
