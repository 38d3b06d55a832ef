"""Where an autorun is found by others: a socket in the user's runtime directory, owned by a lock.

The lock decides who owns the name, not the file: it goes with its owner, however that ends, so a
socket that is left behind is in nobody's way. Only this user can reach either.
"""

import fcntl
import os
import stat
import struct
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from _socket import socket as Socket
    from collections.abc import Mapping

SOCKET, LOCK, LOG = ".sock", ".lock", ".log"
_BACKLOG = 128
_TRIES = 10
_SOL_LOCAL, _LOCAL_PEERCRED = 0, 1
"""Of macOS, whose struct xucred begins with a version and the uid."""


class Taken(Exception):  # it is no error that the place is somebody's
    """Another process owns the place; `pid` is what it says that it is."""

    def __init__(self, path: str, pid: int) -> None:
        super().__init__(path)
        self.path = path
        self.pid = pid


def folder(environment: "Mapping[str, str]") -> str:
    """The directory of this user's autoruns: $XDG_RUNTIME_DIR/autorun, else one in /tmp."""
    runtime = environment.get("XDG_RUNTIME_DIR", "")
    if os.path.isabs(runtime) and os.path.isdir(runtime):
        return os.path.join(runtime, "autorun")
    return os.path.join(environment.get("TMPDIR") or "/tmp", f"autorun-{os.getuid()}")


def is_private(path: str) -> bool:
    """Whether a directory is ours and closed to others; a link is not what it says it is."""
    try:
        found = os.lstat(path)
    except OSError:
        return False
    is_ours = found.st_uid == os.getuid() and not found.st_mode & 0o077
    return stat.S_ISDIR(found.st_mode) and is_ours


class Instance:
    """A listening socket with its name, until it is closed."""

    def __init__(self, directory: str, stem: str) -> None:
        """Take the place; raises Taken, and OSError where none can be had."""
        from _socket import AF_UNIX, SOCK_STREAM, socket

        os.makedirs(directory, mode=0o700, exist_ok=True)
        if not is_private(directory):
            raise PermissionError(f"{directory} is open to others")
        self.path = os.path.join(directory, stem + SOCKET)
        self._lock_path = os.path.join(directory, stem + LOCK)
        self._lock = _locked(self._lock_path, self.path)
        try:
            # It bears its name only when it answers: whoever finds it can connect.
            new = os.path.join(directory, f"{os.getpid()}.new")
            _remove(new)
            self.socket: Socket = socket(AF_UNIX, SOCK_STREAM)
            self.socket.bind(new)
            os.chmod(new, 0o600)
            self.socket.listen(_BACKLOG)
            self.socket.setblocking(False)
            os.rename(new, self.path)
            self._made = os.lstat(self.path)
        except OSError:
            os.close(self._lock)
            raise

    def adopt(self) -> None:
        """This process goes on with what the one that took the place has begun."""
        os.ftruncate(self._lock, 0)
        os.pwrite(self._lock, f"{os.getpid()}\n".encode(), 0)

    def close(self) -> None:
        """Give the place up; what stands there by now may be another's."""
        self.socket.close()
        if _is_same(self.path, self._made):
            _remove(self.path)
        if _is_same(self._lock_path, os.fstat(self._lock)):
            _remove(self._lock_path)
        os.close(self._lock)


def _locked(path: str, shown: str) -> int:
    """The descriptor of a lock that we hold, in a file of this name."""
    for _ in range(_TRIES):
        flags = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW
        fd = os.open(path, flags, 0o600)
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            pid = os.read(fd, 20).decode("ascii", "replace").strip()
            os.close(fd)
            raise Taken(shown, int(pid) if pid.isdigit() else 0) from None
        except OSError:
            os.close(fd)
            raise
        if _is_same(path, os.fstat(fd)):
            os.ftruncate(fd, 0)
            os.write(fd, f"{os.getpid()}\n".encode())
            return fd
        os.close(fd)  # whoever had it has removed it meanwhile
    raise OSError(f"{path} changes all the time")


def is_owned(path: str) -> bool:
    """Whether an autorun lives behind this socket; what a dead one left is cleared away."""
    lock = path.removesuffix(SOCKET) + LOCK
    try:
        fd = os.open(lock, os.O_RDWR | os.O_CLOEXEC | os.O_NOFOLLOW)
    except OSError:
        return False
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return True
    else:
        if _is_same(lock, os.fstat(fd)):
            _remove(path)
            _remove(lock)
        return False
    finally:
        os.close(fd)


def peer_uid(connected: "Socket") -> int:
    """The user at the other end; -1 where the system does not say."""
    from _socket import SOL_SOCKET

    if sys.platform == "linux":
        from _socket import SO_PEERCRED

        return int(struct.unpack("iII", connected.getsockopt(SOL_SOCKET, SO_PEERCRED, 12))[1])
    if sys.platform == "darwin":
        found = connected.getsockopt(_SOL_LOCAL, _LOCAL_PEERCRED, 76)
        return int(struct.unpack_from("II", found)[1])
    return -1


def _is_same(path: str, made: os.stat_result) -> bool:
    try:
        found = os.lstat(path)
    except OSError:
        return False
    return (found.st_dev, found.st_ino) == (made.st_dev, made.st_ino)


def _remove(path: str) -> None:
    try:
        os.unlink(path)
    except FileNotFoundError:
        pass
