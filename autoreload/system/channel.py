"""The private pair of sockets between outer and inner; its end means that the other side is gone.

AF_UNIX SOCK_SEQPACKET keeps messages whole and in order, serves threads and forks alike, and
reports when the peer has died; a stream shared by forks would interleave. macOS has only the
datagram kind, which reports no end: there the inner compares its parent with the one it began with.

Descriptors can be passed along: whoever hands some over, or asks for one, adds the end of a pair of
its own for the answer, so that threads and forks of the app may all ask at once.

The descriptor stands high, out of the way of programs that close or count the low ones, and is
looked at before each use: an app that closes every descriptor may have opened a file there.
"""

import os
import sys
from _thread import allocate_lock

from autoreload.core import protocol
from autoreload.system.waiting import POLLOUT, wait

TYPE_CHECKING = False
if TYPE_CHECKING:
    import _socket
    from collections.abc import Sequence

    from autoreload.core.protocol import Message

HIGH = 200
"""The inner's end is moved to the first free descriptor from here on."""

SENDER_S = 0.01
"""How long one thread waits for another one that is in the middle of sending."""
ANSWER_S = 2.0
"""An outer that has not answered after this is not waited for any longer."""
MOST_PASSED = 200
"""Descriptors in one packet; the kernel takes 253 (SCM_MAX_FD)."""

_LARGEST_READ = 1 << 20
_INT = 4
"""Bytes of a descriptor in a packet: a C int."""


class ChannelClosed(Exception):
    """The other end is gone."""


class Channel:
    """One end of the pair."""

    def __init__(self, fd: int, takes: "_socket.socket | None" = None) -> None:
        """With `takes`, the socket of that descriptor, passed descriptors are taken in as well."""
        self.fd = fd
        self._takes = takes
        self._identity = identity(fd)
        self._parent = os.getppid()
        self._backlog: list[bytes] = []
        self._flushing = allocate_lock()
        self._process = os.getpid()
        os.set_blocking(fd, False)

    def fileno(self) -> int:
        return self.fd

    def is_ours(self) -> bool:
        """Whether the descriptor is still the socket that it was."""
        return identity(self.fd) == self._identity

    def send(self, word: str, **fields: object) -> bool:
        """Send a message, in order; what the socket does not take now is kept for `flush`.

        False when something had to be kept. Raises ChannelClosed when the other end is gone.
        """
        return self.send_for(os.getpid(), word, **fields)

    def send_for(self, pid: int, word: str, **fields: object) -> bool:
        """Send a message in the name of another process. Raises ChannelClosed."""
        self._look_for_fork()
        self._backlog.append(protocol.encode(word, pid, fields))
        return self.flush()

    def tell(self, word: str, **fields: object) -> None:
        """Send a message to whoever is still there."""
        try:
            self.send(word, **fields)
        except ChannelClosed:
            pass  # who waits on this end meets the same, and knows what to do

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

    def await_sender(self) -> bool:
        """Let another thread that is sending come to its end; whether nothing is left then.

        For a moment at most: it may be that this is a signal's handler on top of it.
        """
        if self._flushing.acquire(timeout=SENDER_S):
            self._flushing.release()
        return self.flush()

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
                packet, passed = self._read()
            except ConnectionResetError:
                # The other end died before it had read all of ours. Linux says so once, ahead of
                # what that end had sent (unix_release_sock), and `restart` may be among it.
                packet, passed = self._read()
        except BlockingIOError:
            return None
        except OSError as error:
            raise ChannelClosed from error
        if not packet:
            raise ChannelClosed
        try:
            message = protocol.decode(packet)
        except protocol.ProtocolError:
            _close_all(passed)
            raise
        message.passed = passed
        return message

    def _read(self) -> tuple[bytes, list[int]]:
        if self._takes is None:
            return os.read(self.fd, _LARGEST_READ), []
        return _read_with_passed(self._takes)

    def ask(
        self, word: str, passed: "Sequence[int]" = (), **fields: object
    ) -> "tuple[Message, list[int]] | None":
        """Send a message with descriptors, and wait for the answer; None when none comes.

        Unlike other messages it does not wait for what was kept. The descriptors in the answer are
        the caller's to close.
        """
        import _socket

        ours, theirs = _socket.socketpair(_socket.AF_UNIX, _kind())
        try:
            ours.settimeout(ANSWER_S)
            packet = protocol.encode(word, os.getpid(), fields)
            if not self._pass_on(packet, [theirs.fileno(), *passed]):
                return None
            theirs.close()
            packet, taken = _read_with_passed(ours)
            if not packet:
                return None
            return protocol.decode(packet), taken
        except (OSError, protocol.ProtocolError):
            return None
        finally:
            ours.close()
            theirs.close()

    def _pass_on(self, packet: bytes, passed: list[int]) -> bool:
        import _socket

        if not self.is_ours():
            return False
        sock = _socket.socket(_socket.AF_UNIX, _kind(), 0, self.fd)
        try:
            wait([self.fd], ANSWER_S, events=POLLOUT)
            sock.sendmsg([packet], [_passed(passed)])
        finally:
            sock.detach()
        return True

    def wait(self, timeout_s: float | None) -> bool:
        """Wait until there is something to receive."""
        return bool(wait([self.fd], timeout_s))

    def close(self) -> None:
        if self._takes is not None:
            self._takes.detach()
        if self.is_ours():
            os.close(self.fd)


def answer(message: "Message", *, passed: "Sequence[int]" = (), **fields: object) -> None:
    """Answer a message that asks; what it passed beside the end for the answer stays with it."""
    if not message.passed:
        return
    import _socket

    end = _socket.socket(_socket.AF_UNIX, _kind(), 0, message.passed.pop(0))
    try:
        end.settimeout(0)
        packet = protocol.encode("answer", os.getpid(), fields)
        end.sendmsg([packet], [_passed(passed)] if passed else [])
    except OSError:
        pass  # whoever asked is gone, or has waited long enough
    finally:
        end.close()


def drop_passed(message: "Message") -> None:
    """Close what came with a message and was not taken."""
    _close_all(message.passed)
    message.passed = []


def pair() -> tuple[Channel, int]:
    """A connected pair: the outer's end, and the inner's descriptor, which is handed to a child."""
    import _socket

    ours, theirs = _socket.socketpair(_socket.AF_UNIX, _kind())
    for end in (ours, theirs):
        end.setsockopt(_socket.SOL_SOCKET, _socket.SO_SNDBUF, 1 << 20)
    return Channel(ours.fileno(), ours), theirs.detach()


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


def _kind() -> int:
    import _socket

    return _socket.SOCK_DGRAM if sys.platform == "darwin" else _socket.SOCK_SEQPACKET


def _passed(fds: "Sequence[int]") -> tuple[int, int, bytes]:
    """The ancillary data that carries descriptors."""
    import _socket

    data = b"".join(fd.to_bytes(_INT, sys.byteorder) for fd in fds)
    return _socket.SOL_SOCKET, _socket.SCM_RIGHTS, data


def _read_with_passed(sock: "_socket.socket") -> tuple[bytes, list[int]]:
    """One packet and the descriptors in it, which no child of ours inherits. Raises OSError."""
    import _socket

    room = _socket.CMSG_SPACE((MOST_PASSED + 1) * _INT)
    flags = getattr(_socket, "MSG_CMSG_CLOEXEC", 0)
    packet, ancillary, _, _ = sock.recvmsg(_LARGEST_READ, room, flags)
    taken: list[int] = []
    for level, kind, data in ancillary:
        if (level, kind) == (_socket.SOL_SOCKET, _socket.SCM_RIGHTS):
            ends = range(_INT, len(data) + 1, _INT)
            taken += [int.from_bytes(data[end - _INT : end], sys.byteorder) for end in ends]
    if not flags:
        for fd in taken:
            os.set_inheritable(fd, False)
    return packet, taken


def _close_all(fds: "Sequence[int]") -> None:
    for fd in fds:
        os.close(fd)


def high_pipe() -> tuple[int, int]:
    """A pipe that is out of the program's way, and on which nobody waits."""
    read, write = (settle_high(end) for end in os.pipe())
    for end in (read, write):
        os.set_blocking(end, False)
    return read, write


def identity(fd: int) -> tuple[int, int] | None:
    """Which file a descriptor is open on; None when it is closed."""
    try:
        status = os.fstat(fd)
    except OSError:
        return None
    return (status.st_dev, status.st_ino)
