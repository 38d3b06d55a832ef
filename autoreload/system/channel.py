"""The private pair of sockets between outer and inner; its end means that the other side is gone.

AF_UNIX SOCK_SEQPACKET keeps messages whole and in order, serves threads and forks alike, and
reports when the peer has died; a stream shared by forks would interleave. macOS has only the
datagram kind, which reports no end: there the inner compares its parent with the one it began with.

The descriptor stands high, out of the way of programs that close or count the low ones, and is
looked at before each use: an app that closes every descriptor may have opened a file there.
"""

import os
import sys
from _thread import allocate_lock

from autoreload.core import protocol
from autoreload.system.waiting import wait

TYPE_CHECKING = False
if TYPE_CHECKING:
    from autoreload.core.protocol import Message

HIGH = 200
"""The inner's end is moved to the first free descriptor from here on."""

_LARGEST_READ = 1 << 20


class ChannelClosed(Exception):
    """The other end is gone."""


class Channel:
    """One end of the pair."""

    def __init__(self, fd: int) -> None:
        self.fd = fd
        self._identity = _identity(fd)
        self._parent = os.getppid()
        self._backlog: list[bytes] = []
        self._flushing = allocate_lock()
        self._process = os.getpid()
        os.set_blocking(fd, False)

    def fileno(self) -> int:
        return self.fd

    def is_ours(self) -> bool:
        """Whether the descriptor is still the socket that it was."""
        return _identity(self.fd) == self._identity

    def send(self, word: str, **fields: object) -> bool:
        """Send a message, in order; what the socket does not take now is kept for `flush`.

        False when something had to be kept. Raises ChannelClosed when the other end is gone.
        """
        self._look_for_fork()
        self._backlog.append(protocol.encode(word, os.getpid(), fields))
        return self.flush()

    def flush(self) -> bool:
        """Send what was kept; whether nothing is left."""
        self._look_for_fork()
        # One thread sends at a time. Another one does not wait for it, it may be a signal handler
        # on top of it: who sends looks again after letting go, and so takes what came meanwhile.
        while self._backlog:
            if not self._flushing.acquire(blocking=False):
                return False
            try:
                if not self._send_kept():
                    return False
            finally:
                self._flushing.release()
        return True

    def _send_kept(self) -> bool:
        while self._backlog:
            if not self.is_ours():
                raise ChannelClosed
            try:
                os.write(self.fd, self._backlog[0])
            except BlockingIOError:
                return False
            except OSError as error:
                raise ChannelClosed from error
            del self._backlog[0]
        return True

    def _look_for_fork(self) -> None:
        """In a fork, what was kept is the parent's to send, and the thread that sent is gone."""
        if self._process != os.getpid():
            self._process = os.getpid()
            self._backlog = []
            self._flushing = allocate_lock()

    def receive(self) -> "Message | None":
        """The next message; None when there is none now. Raises ChannelClosed at the end."""
        if not self.is_ours() or (sys.platform == "darwin" and os.getppid() != self._parent):
            raise ChannelClosed
        try:
            try:
                packet = os.read(self.fd, _LARGEST_READ)
            except ConnectionResetError:
                # The other end died before it had read all of ours. Linux says so once, ahead of
                # what that end had sent (unix_release_sock), and `restart` may be among it.
                packet = os.read(self.fd, _LARGEST_READ)
        except BlockingIOError:
            return None
        except OSError as error:
            raise ChannelClosed from error
        if not packet:
            raise ChannelClosed
        return protocol.decode(packet)

    def wait(self, timeout_s: float | None) -> bool:
        """Wait until there is something to receive."""
        return bool(wait([self.fd], timeout_s))

    def close(self) -> None:
        if self.is_ours():
            os.close(self.fd)


def pair() -> tuple[Channel, int]:
    """A connected pair: the outer's end, and the inner's descriptor, which is handed to a child."""
    import _socket

    kind = _socket.SOCK_DGRAM if sys.platform == "darwin" else _socket.SOCK_SEQPACKET
    ours, theirs = _socket.socketpair(_socket.AF_UNIX, kind)
    for end in (ours, theirs):
        end.setsockopt(_socket.SOL_SOCKET, _socket.SO_SNDBUF, 1 << 20)
    return Channel(ours.detach()), theirs.detach()


def settle_high(fd: int) -> int:
    """Move an inherited descriptor out of the program's way and from its children; the new one."""
    import fcntl

    try:
        high = fcntl.fcntl(fd, fcntl.F_DUPFD_CLOEXEC, HIGH)
    except OSError:  # the limit of open files is below HIGH
        os.set_inheritable(fd, False)
        return fd
    os.close(fd)
    return high


def _identity(fd: int) -> tuple[int, int] | None:
    try:
        status = os.fstat(fd)
    except OSError:
        return None
    return (status.st_dev, status.st_ino)
