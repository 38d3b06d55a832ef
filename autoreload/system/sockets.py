"""Which TCP ports are listened on, and by whom (Linux; elsewhere nobody is known to).

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


def listening() -> dict[int, Listener]:
    """Every listening TCP socket of this network namespace, by inode."""
    if sys.platform != "linux":
        return {}
    import _socket

    found: dict[int, Listener] = {}
    for family in (_socket.AF_INET, _socket.AF_INET6):
        try:
            netlink = _socket.socket(
                _socket.AF_NETLINK, _socket.SOCK_DGRAM | _socket.SOCK_CLOEXEC, _NETLINK_SOCK_DIAG
            )
        except OSError:
            return found  # a sandbox without it: nobody is known to listen
        try:
            netlink.settimeout(0.5)
            netlink.send(_request(family))
            while _take(netlink.recv(1 << 16), family, found):
                pass
        except OSError:
            pass
        finally:
            netlink.close()
    return found


def _request(family: int) -> bytes:
    """struct inet_diag_req_v2: TCP sockets of a family in state LISTEN, wherever they are bound."""
    body = struct.pack("=BBBxI48x", family, 6, 0, 1 << LISTEN)
    return struct.pack("=IHHII", 16 + len(body), _SOCK_DIAG_BY_FAMILY, _DUMP, 1, 0) + body


def _take(data: bytes, family: int, found: dict[int, Listener]) -> bool:
    """Read one datagram of answers (struct inet_diag_msg); whether more follow."""
    import _socket

    position = 0
    while position + 16 <= len(data):
        length, kind = struct.unpack_from("=IH", data, position)
        if kind in (_DONE, _ERROR) or length < 16:
            return False
        body = position + 16
        (port,) = struct.unpack_from(">H", data, body + 4)
        size = 4 if family == _socket.AF_INET else 16
        host = _socket.inet_ntop(family, data[body + 8 : body + 8 + size])
        backlog, uid, inode = struct.unpack_from("=III", data, body + 60)
        found[inode] = Listener(inode, host, port, backlog=backlog, uid=uid)
        position += (length + 3) & ~3
    return True


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
