"""Who listens at an address, and whether it could be bound now."""

import os
import sys

from autoreload.core import protocol
from autoreload.core.holders import Holder, is_outer, stands_in_the_way, topmost
from autoreload.system import processes, sockets

TYPE_CHECKING = False
if TYPE_CHECKING:
    from autoreload.core.keeping import Address
    from autoreload.system.processes import Process

_MOST_ANCESTORS = 64
_LISTENS = 0x10000
"""__SO_ACCEPTCON among the flags of /proc/net/unix, see proc(5)."""


class Occupation:
    """What there is to know of an address that cannot be bound."""

    __slots__ = ("holders", "is_listened_at", "uid")

    def __init__(self, holders: list[Holder], *, is_listened_at: bool, uid: int) -> None:
        self.holders = holders
        """The processes that have the listener open, as far as they can be seen."""
        self.is_listened_at = is_listened_at
        self.uid = uid
        """The user whose listener it is; -1 if that is not known."""


def can_tell() -> bool:
    """Whether this system tells who listens."""
    return sys.platform == "linux"


def is_free(address: "Address") -> bool:
    """Whether a program could listen at an address now.

    Looks first, and binds only where nobody is seen: for the moment of a bind the port is taken.
    """
    if address.is_unix:
        return not os.path.lexists(address.host)
    if any(stands_in_the_way(address, one.host) for one in _on_port(address)):
        return False
    return _can_bind(address)


def occupation(address: "Address") -> Occupation:
    """Who is in the way; walks through the descriptors of all processes, some 15 ms."""
    if address.is_unix:
        inodes, uid = _unix_listeners(address.host), _owner(address.host)
    else:
        found = _on_port(address)
        sure = [one for one in found if stands_in_the_way(address, one.host)] or found
        inodes, uid = {one.inode for one in sure}, sure[0].uid if sure else -1
    holders = _holders(inodes) if inodes else []
    return Occupation(holders, is_listened_at=bool(inodes), uid=uid)


def user(uid: int) -> str:
    """The name of a user; the number where there is none."""
    import pwd

    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return f"uid {uid}"


def _on_port(address: "Address") -> list[sockets.Listener]:
    return [one for one in sockets.listening().values() if one.port == address.port]


def _can_bind(address: "Address") -> bool:
    import _socket

    try:
        probe = _socket.socket(address.family, _socket.SOCK_STREAM)
    except OSError:
        return True  # whatever is wrong here, it is not that somebody is in the way
    try:
        # As servers do: what is left of closed connections is no hindrance.
        probe.setsockopt(_socket.SOL_SOCKET, _socket.SO_REUSEADDR, 1)
        if address.family == _socket.AF_INET6:
            probe.setsockopt(_socket.IPPROTO_IPV6, _socket.IPV6_V6ONLY, 1)
            probe.bind((address.host, address.port, 0, address.scope))
        else:
            probe.bind((address.host, address.port))
    except OSError as error:
        import errno

        return error.errno != errno.EADDRINUSE
    finally:
        probe.close()
    return True


def _unix_listeners(path: str) -> set[int]:
    """The inodes of the sockets that may listen at a path: bound by a name with the same end."""
    found: set[int] = set()
    try:
        with open("/proc/net/unix", "rb") as file:
            lines = file.read().splitlines()[1:]
    except OSError:
        return found
    name = os.fsencode(os.path.basename(path))
    for line in lines:
        fields = line.split(None, 7)
        if len(fields) < 8 or not int(fields[3], 16) & _LISTENS:
            continue
        if os.path.basename(fields[7]) != name:
            continue
        # A relative one counts from a directory that the kernel does not remember.
        if not os.path.isabs(fields[7]) or _is_same(os.fsdecode(fields[7]), path):
            found.add(int(fields[6]))
    return found


def _owner(path: str) -> int:
    try:
        return os.lstat(path).st_uid
    except OSError:
        return -1


def _is_same(one: str, other: str) -> bool:
    return os.path.realpath(one) == os.path.realpath(other)


def _holders(inodes: set[int]) -> list[Holder]:
    table = processes.table()
    having = {pid for pid in table if sockets.held_by(pid) & inodes}
    parents = {pid: process.parent for pid, process in table.items()}
    return [_holder(pid, table) for pid in topmost(parents, having)]


def _holder(pid: int, table: "dict[int, Process]") -> Holder:
    outer: Holder | None = None
    above: int | None = pid
    for _ in range(_MOST_ANCESTORS):
        process = table.get(above or 0)
        if process is None:
            break
        command = command_line(process.pid)
        if is_outer(command):
            outer = Holder(process.pid, command, folder(process.pid))
            break
        above = process.parent
    return Holder(
        pid,
        command_line(pid) or [table[pid].name],
        folder(pid),
        is_marked=processes.has_variable(pid, protocol.IDENTITY),
        outer=outer,
    )


def command_line(pid: int) -> list[str]:
    """The words that a process was started with (Linux); none if it cannot be read."""
    try:
        with open(f"/proc/{pid}/cmdline", "rb") as file:
            return [os.fsdecode(word) for word in file.read().split(b"\0")[:-1]]
    except OSError:
        return []


def folder(pid: int) -> str:
    """The current directory of a process (Linux); empty if it cannot be read."""
    try:
        return os.readlink(f"/proc/{pid}/cwd")
    except OSError:
        return ""
