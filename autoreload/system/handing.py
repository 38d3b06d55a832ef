"""Sockets that are opened for a program and handed to it from descriptor 3 on (LISTEN_FDS)."""

import _socket
import errno
import fcntl
import os
import signal
import stat
import sys

from autoreload.core import listenfds
from autoreload.system import processes, sockets
from autoreload.system.waiting import wait

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from autoreload.core.listenfds import Place

STARTED_S = 10.0
"""A program is taken to be started after this, should nobody say so."""

_HIGH = 200
_DOOR = os.path.join(os.path.dirname(os.path.abspath(__file__)), "listenpid.py")


def listen(place: "Place") -> "_socket.socket":
    """A listening socket at a place, for programs only: no child gets it by accident.

    A path where nobody listens any more is taken over. Raises OSError.
    """
    if place.path:
        return _listen_at_path(place.path)
    family, kind, protocol, _, name = _socket.getaddrinfo(
        place.host, place.port, 0, _socket.SOCK_STREAM, 0, _socket.AI_NUMERICHOST
    )[0]
    opened = _socket.socket(family, kind, protocol)
    try:
        opened.setsockopt(_socket.SOL_SOCKET, _socket.SO_REUSEADDR, 1)
        opened.bind(name)
        opened.listen(sockets.widest_backlog())
    except BaseException:
        opened.close()
        raise
    return opened


def _listen_at_path(path: str) -> "_socket.socket":
    _remove_dead(path)
    opened = _socket.socket(_socket.AF_UNIX, _socket.SOCK_STREAM)
    try:
        opened.bind(path)
        opened.listen(sockets.widest_backlog())
    except BaseException:
        opened.close()
        raise
    return opened


def _remove_dead(path: str) -> None:
    """Remove a socket that nobody listens on; anything else is left, and in the way."""
    try:
        if not stat.S_ISSOCK(os.lstat(path).st_mode):
            return
    except FileNotFoundError:
        return
    knocking = _socket.socket(_socket.AF_UNIX, _socket.SOCK_STREAM)
    try:
        knocking.setblocking(False)
        knocking.connect(path)
    except ConnectionRefusedError:
        os.unlink(path)
    except OSError:
        pass  # a full queue, another kind of socket: somebody is there
    finally:
        knocking.close()


def renew(opened: "_socket.socket") -> None:
    """Make a socket as it was opened, whatever the last program did to it.

    A program that calls shutdown() on a listener ends the listening of every copy.
    """
    opened.setblocking(True)
    opened.listen(sockets.widest_backlog())


def out_of_the_way(fd: int, count: int) -> int:
    """A copy above the descriptors that `count` sockets take in the program; the old is closed."""
    lowest = listenfds.FIRST_FD + count
    try:
        copied = fcntl.fcntl(fd, fcntl.F_DUPFD_CLOEXEC, max(_HIGH, lowest))
    except OSError:  # the limit of open files is below
        copied = fcntl.fcntl(fd, fcntl.F_DUPFD_CLOEXEC, lowest)
    os.close(fd)
    return copied


def spawn(
    argv: "Sequence[str]",
    environment: "Mapping[str, str]",
    *,
    mask: "Iterable[int]",
    sockets: "Sequence[int]",
) -> int:
    """Start a program that is handed sockets, under its own pid; else as `processes.spawn` does.

    It takes an interpreter's start longer, as LISTEN_PID cannot be known before. Raises OSError.
    """
    mask = sorted(int(number) for number in mask)
    heard, told = os.pipe()
    try:
        told = out_of_the_way(told, len(sockets))
        pid = processes.spawn(
            [
                *(sys.executable, "-I", "-S", _DOOR, str(told)),
                *(",".join(map(str, mask)), "--", *argv),
            ],
            {**environment, listenfds.COUNT: str(len(sockets))},
            # A booting interpreter takes SIGINT badly: it stays pending until the program begins.
            mask={*mask, signal.SIGINT},
            pass_fd=told,
            placed=sockets,
        )
        os.close(told)
        told = -1
        number = _said(heard)
    finally:
        os.close(heard)
        if told >= 0:
            os.close(told)
    if number:
        os.waitpid(pid, 0)
        raise OSError(number, os.strerror(number), argv[0])
    return pid


def _said(heard: int) -> int:
    """The error that kept the program from starting; 0 when it has started."""
    if not wait([heard], STARTED_S):
        return 0
    said = os.read(heard, 32)
    return int(said) if said.isdigit() else 0


def why(error: OSError) -> str:
    """What kept a socket from being opened, as a word of `wording.socket_refused`."""
    if isinstance(error, _socket.gaierror):
        return "unknown"
    return {
        errno.EADDRINUSE: "used",
        errno.EACCES: "denied",
        errno.EPERM: "denied",
        errno.EADDRNOTAVAIL: "elsewhere",
        errno.EAFNOSUPPORT: "unsupported",
        errno.ENOENT: "folder",
        errno.ENOTDIR: "folder",
    }.get(error.errno or 0, "")
