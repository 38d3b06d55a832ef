"""Asking before a program binds or listens, whatever it is written in (Linux, seccomp(2)).

A thread of this process takes a filter upon itself and starts the program: filters belong to
threads and are inherited, so the program and all below it have the filter, and this process has
not. Nothing runs between fork and exec, the program is started as always, and costs 0.2 ms more. A
program that wraps the other one, installs the filter and executes it would cost the start of an
interpreter. The filter stops bind and listen until its listener, a descriptor here, has answered.

Without CAP_SYS_ADMIN the kernel wants no_new_privs with a filter: programs below gain no privilege
by set-user-ID or file capabilities then. When the last holder of the descriptor is gone, bind and
listen give ENOSYS to whoever is left below.
"""

import errno
import fcntl
import os
import signal
import struct
import sys
import threading

TYPE_CHECKING = False
if TYPE_CHECKING:
    import ctypes
    from collections.abc import Callable, Sequence
    from typing import TypeVar

    T = TypeVar("T")


class Unavailable(Exception):
    """There can be no filter; the text says why."""


class Machine:
    """The numbers of an architecture."""

    __slots__ = ("audit", "bind", "listen", "seccomp")

    def __init__(self, *, audit: int, bind: int, listen: int, seccomp: int) -> None:
        self.audit = audit
        """AUDIT_ARCH_…, by which a filter tells programs of another architecture."""
        self.bind = bind
        self.listen = listen
        self.seccomp = seccomp


MACHINES = {
    "x86_64": Machine(audit=0xC000003E, bind=49, listen=50, seccomp=317),
    "aarch64": Machine(audit=0xC00000B7, bind=200, listen=201, seccomp=277),
}

_STAND_IN = os.path.join(os.path.dirname(os.path.abspath(__file__)), "answering.py")
_PR_SET_NO_NEW_PRIVS = 38
_SET_MODE_FILTER = 1
_NEW_LISTENER, _WAIT_KILLABLE = 1 << 3, 1 << 5
_RECEIVE, _SEND, _IS_VALID, _ADD_FD = 0xC0502100, 0xC0182101, 0x40082102, 0x40182103
_PIDFD_GETFD = 438
_GO_ON = 1
_SET_FD = 1
_ALLOW, _ASK = 0x7FFF0000, 0x7FC00000
_NETLINK_LENGTH = 12
"""struct sockaddr_nl, which no socket that is kept has: resolvers bind one for every name."""


class Call:
    """A bind or listen that waits for its answer."""

    __slots__ = ("fd", "id", "length", "pointer", "tid", "what")

    def __init__(self, what: str, id: int, tid: int, arguments: "tuple[int, int, int]") -> None:
        self.what = what
        """`bind` or `listen`."""
        self.id = id
        self.tid = tid
        """The thread that waits."""
        self.fd = arguments[0] & 0x7FFFFFFF
        self.pointer, self.length = arguments[1], arguments[2] & 0xFFFFFFFF


class Notices:
    """The calls of one program and all below it; readable when one waits."""

    def __init__(self, fd: int, machine: Machine, *, interrupts: bool) -> None:
        self._fd = fd
        self._machine = machine
        self.interrupts = interrupts
        """Whether a signal may take a waiting call away, which is then made once more (< 5.19)."""

    def fileno(self) -> int:
        return self._fd

    def receive(self) -> Call | None:
        """The next call; None when it has gone meanwhile."""
        buffer = bytearray(80)
        try:
            fcntl.ioctl(self._fd, _RECEIVE, buffer)
        except OSError as error:
            if error.errno in (errno.ENOENT, errno.EINTR):
                return None
            raise
        id_, tid, _, number, _, _, *arguments = struct.unpack_from("=QIIiIQ3Q", buffer)
        what = "listen" if number == self._machine.listen else "bind"
        return Call(what, id_, tid, (arguments[0], arguments[1], arguments[2]))

    def is_waiting(self, call: Call) -> bool:
        """Whether it still waits: only then is what was read of its process its own."""
        try:
            fcntl.ioctl(self._fd, _IS_VALID, struct.pack("=Q", call.id))
        except OSError:
            return False
        return True

    def put(self, call: Call, fd: int, *, inheritable: bool) -> None:
        """Put a descriptor of ours in the place of the one that the call is about.

        Raises OSError when the call has gone.
        """
        flags = 0 if inheritable else os.O_CLOEXEC
        fcntl.ioctl(self._fd, _ADD_FD, struct.pack("=QIIII", call.id, _SET_FD, fd, call.fd, flags))

    def go_on(self, call: Call) -> None:
        """Let the kernel do what was asked."""
        self._send(call, _GO_ON)

    def done(self, call: Call) -> None:
        """Say that it is done: the call gives 0."""
        self._send(call, 0)

    def _send(self, call: Call, flags: int) -> None:
        try:
            fcntl.ioctl(self._fd, _SEND, bytearray(struct.pack("=QqiI", call.id, 0, 0, flags)))
        except OSError as error:
            if error.errno != errno.ENOENT:  # it has gone
                raise

    def close(self) -> None:
        os.close(self._fd)


def notified(start: "Callable[[], T]") -> "tuple[T, Notices]":
    """Run `start`, which starts a program, so that the program's calls are asked about.

    Raises Unavailable before anything is started, and whatever `start` raises.
    """
    machine = _machine()
    results: list[T] = []
    notices: list[Notices] = []
    errors: list[BaseException] = []

    def body() -> None:
        try:
            notices.append(_take_filter(machine))
            results.append(start())
        except BaseException as error:
            errors.append(error)

    thread = threading.Thread(target=body, name="spawn")
    thread.start()
    thread.join()
    if errors:
        for one in notices:
            one.close()
        raise errors[0]
    return results[0], notices[0]


def stand_in(fds: "Sequence[int]") -> int:
    """Start the process that answers when we are gone; its pid. Raises OSError."""
    # An inherited descriptor keeps its number.
    same = [(os.POSIX_SPAWN_DUP2, fd, fd) for fd in fds]
    quiet = [(os.POSIX_SPAWN_OPEN, number, os.devnull, os.O_RDWR, 0) for number in range(3)]
    words = [sys.executable, "-I", "-S", _STAND_IN, *map(str, fds)]
    return os.posix_spawn(
        sys.executable,
        words,
        {},
        file_actions=[*quiet, *same],
        setpgroup=0,
        setsigmask=[],
        setsigdef=[signal.SIGTERM],
    )


def unavailable() -> str:
    """Why there can be no filter here; empty when there can. Takes 0.3 ms."""

    def try_parts() -> None:
        own = os.pidfd_open(os.getpid())
        try:
            os.close(get_fd(own, own))
        except OSError as error:
            raise Unavailable(
                f"descriptors of other processes cannot be copied here ({error.strerror})"
            ) from error
        finally:
            os.close(own)

    try:
        _, notices = notified(try_parts)
    except Unavailable as reason:
        return str(reason)
    try:
        notices.put(Call("bind", 0, 0, (0, 0, 0)), 0, inheritable=False)
    except OSError as error:
        if error.errno != errno.ENOENT:  # there is no such call, and it could have been answered
            return "the kernel is older than 5.9"
    finally:
        notices.close()
    return ""


def get_fd(pidfd: int, fd: int) -> int:
    """A copy of another process' descriptor, not inheritable. Raises OSError."""
    copied = int(_libc().syscall(_PIDFD_GETFD, pidfd, fd, 0))
    if copied < 0:
        raise _error()
    return copied


def _machine() -> Machine:
    machine = MACHINES.get(os.uname().machine) if sys.platform == "linux" else None
    if machine is None or sys.maxsize < 1 << 32:
        raise Unavailable(f"not on {sys.platform} {os.uname().machine}")
    return machine


def _take_filter(machine: Machine) -> Notices:
    """Take the filter upon this thread, for good."""
    import ctypes

    program = _program(machine)
    buffer = ctypes.create_string_buffer(program, len(program))
    head = struct.pack("@HP", len(program) // 8, ctypes.addressof(buffer))
    libc = _libc()
    # Whoever may do it without is not to lose set-user-ID programs for it.
    for flags in (_NEW_LISTENER | _WAIT_KILLABLE, _NEW_LISTENER):
        for privileged in (True, False):
            if not privileged and libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0):
                raise Unavailable(f"no_new_privs is refused ({_error().strerror})")
            fd = int(libc.syscall(machine.seccomp, _SET_MODE_FILTER, flags, head))
            if fd >= 0:
                return Notices(fd, machine, interrupts=not flags & _WAIT_KILLABLE)
            if ctypes.get_errno() != errno.EACCES:
                break
        if ctypes.get_errno() != errno.EINVAL:
            break
    raise Unavailable(_why_not(_error()))


def _why_not(error: OSError) -> str:
    if error.errno == errno.EBUSY:
        return "a program above this one is notified of system calls already"
    return f"the kernel refuses system call notification ({error.strerror})"


def _program(machine: Machine) -> bytes:
    """The filter, as classic BPF over struct seccomp_data: bind and listen ask, others go on."""

    def load(offset: int) -> bytes:
        return struct.pack("=HBBI", 0x20, 0, 0, offset)

    def equal(value: int, then: int, otherwise: int) -> bytes:
        return struct.pack("=HBBI", 0x15, then, otherwise, value)

    def give(value: int) -> bytes:
        return struct.pack("=HBBI", 0x06, 0, 0, value)

    return b"".join(
        (
            load(4),
            equal(machine.audit, 0, 5),  # a program of another architecture is let through
            load(0),
            equal(machine.listen, 4, 0),
            equal(machine.bind, 0, 2),
            load(16 + 2 * 8),  # the third argument's low half: the length of the address
            equal(_NETLINK_LENGTH, 0, 1),
            give(_ALLOW),
            give(_ASK),
        )
    )


_loaded: "list[ctypes.CDLL]" = []


def _libc() -> "ctypes.CDLL":
    if not _loaded:
        import ctypes  # 3 ms, and few have programs that are none of Python's

        libc = ctypes.CDLL(None, use_errno=True)
        libc.syscall.restype = ctypes.c_long
        _loaded.append(libc)
    return _loaded[0]


def _error() -> OSError:
    import ctypes

    number = ctypes.get_errno()
    return OSError(number, os.strerror(number))
