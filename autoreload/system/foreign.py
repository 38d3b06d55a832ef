"""Looking into other processes: their sockets, a piece of memory, where they are (Linux, proc(5)).

All of it needs what a debugger needs (ptrace(2), "access mode checking"): the same user, no more
privileges than ours, and a kernel that lets a parent look into what it has started.
"""

import _socket
import errno
import os

from autoreload.core.keeping import Address
from autoreload.core.sockaddr import located
from autoreload.system import listeners
from autoreload.system.seccomp import get_fd

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable


class Found:
    """A listener of another process, copied."""

    __slots__ = ("address", "fd", "inode")

    def __init__(self, fd: int, inode: int, address: Address) -> None:
        self.fd = fd
        """Ours, whoever takes it closes it."""
        self.inode = inode
        self.address = address


class Process:
    """One process that is looked into; the pidfd keeps its number from being another's."""

    def __init__(self, tid: int) -> None:
        """By any of its threads. Raises OSError when it is gone."""
        try:
            self._pidfd = os.pidfd_open(tid)
            self.pid = tid
        except OSError as error:
            # A thread that is not the first has no pidfd; from 6.9 on that is ENOENT.
            if error.errno not in (errno.EINVAL, errno.ENOENT):
                raise
            self.pid = _process_of(tid)
            self._pidfd = os.pidfd_open(self.pid)

    def socket(self, fd: int) -> "_socket.socket":
        """A copy of one of its sockets. Raises OSError."""
        copied = get_fd(self._pidfd, fd)
        try:
            return _socket.socket(fileno=copied)
        except OSError:
            os.close(copied)
            raise

    def sockets(self) -> "Iterable[tuple[int, int]]":
        """The number and inode of every socket that it has open."""
        folder = f"/proc/{self.pid}/fd"
        try:
            numbers = os.listdir(folder)
        except OSError:
            return
        for number in numbers:
            try:
                link = os.readlink(f"{folder}/{number}")
            except OSError:
                continue
            if link.startswith("socket:["):
                yield int(number), int(link[8:-1])

    def flags(self, fd: int) -> int:
        """The O_… flags of a descriptor, O_CLOEXEC among them. Raises OSError."""
        with open(f"/proc/{self.pid}/fdinfo/{fd}") as file:
            for line in file:
                if line.startswith("flags:"):
                    return int(line[6:], 8)
        raise OSError(errno.EBADF, os.strerror(errno.EBADF))

    def memory(self, pointer: int, length: int) -> bytes:
        """A piece of its memory. Raises OSError."""
        fd = os.open(f"/proc/{self.pid}/mem", os.O_RDONLY | os.O_CLOEXEC)
        try:
            return os.pread(fd, length, pointer)
        except OverflowError:  # no place in any process
            raise OSError(errno.EFAULT, os.strerror(errno.EFAULT)) from None
        finally:
            os.close(fd)

    def folder(self) -> str:
        """Its current directory. Raises OSError."""
        return os.readlink(f"/proc/{self.pid}/cwd")

    def shares(self, address: Address) -> bool:
        """Whether an address is for it what it is for us: ports and paths may be its own."""
        try:
            if not address.is_unix:
                return self._is_in_our("net")
            return self._is_in_our("mnt") and os.readlink(f"/proc/{self.pid}/root") == "/"
        except OSError:
            return False

    def _is_in_our(self, kind: str) -> bool:
        its, ours = f"/proc/{self.pid}/ns/{kind}", f"/proc/self/ns/{kind}"
        return os.stat(its).st_ino == os.stat(ours).st_ino

    def close(self) -> None:
        os.close(self._pidfd)


def collect(pids: "Iterable[int]") -> list[Found]:
    """Copies of every stream listener of some processes, each listener once.

    Every socket is copied and asked: the kernel's list of listeners lacks those of MPTCP, which Go
    opens by default. 10 us a socket.
    """
    found: list[Found] = []
    seen: set[int] = set()
    for pid in pids:
        try:
            process = Process(pid)
        except OSError:
            continue
        try:
            for fd, inode in process.sockets():
                if inode not in seen:
                    seen.add(inode)
                    found += _listener(process, fd)
        finally:
            process.close()
    return found


def _listener(process: Process, fd: int) -> list[Found]:
    """The socket behind a descriptor if it listens and can be kept."""
    try:
        socket = process.socket(fd)
    except OSError:
        return []
    try:
        if is_stream(socket) and listeners.listens(socket):
            address = address_of(socket, process)
            if address is not None and process.shares(address):
                inode = os.fstat(socket.fileno()).st_ino
                return [Found(socket.detach(), inode, address)]
    except OSError:
        pass
    socket.close()
    return []


def gained(pids: "Iterable[int]") -> str:
    """The name of a process that has another user or more capabilities than this one, if any.

    Under the filter it could not have gained them.
    """
    own = _credentials(os.getpid())
    for pid in pids:
        its = _credentials(pid)
        if own is None or its is None:
            continue
        # Root may become anybody, and that is no gain.
        is_another = "0" not in own.users and not its.users <= own.users
        if is_another or its.capabilities & ~own.capabilities:
            return its.name
    return ""


class _Credentials:
    """Who a process acts for."""

    __slots__ = ("capabilities", "name", "users")

    def __init__(self, fields: "dict[str, str]") -> None:
        self.name = fields["Name"].strip()
        self.users = {*fields["Uid"].split()}
        self.capabilities = int(fields["CapPrm"], 16)


def _credentials(pid: int) -> _Credentials | None:
    try:
        with open(f"/proc/{pid}/status", errors="replace") as file:
            parts = (line.partition(":") for line in file)
            return _Credentials({name: value for name, _, value in parts})
    except (OSError, KeyError):
        return None  # gone


def is_stream(socket: "_socket.socket") -> bool:
    """Whether it is of a kind that is kept."""
    return socket.type == _socket.SOCK_STREAM and socket.family in listeners.FAMILIES


def address_of(socket: "_socket.socket", process: Process) -> Address | None:
    """Where a socket of a process is bound; None for nowhere, and for what is never kept.

    Raises OSError.
    """
    if socket.family not in listeners.FAMILIES:
        return None
    if not listeners.address_is_unix(socket):
        address = listeners.address_of(socket)
        return address if address is not None and address.port else None
    path = os.fsdecode(socket.getsockname())
    if not path or path.startswith("\0"):
        return None
    # It was bound as the program wrote it, relative to where the program is.
    return located(Address(int(socket.family), path), process.folder(), os.path.realpath)


def protocol_of(socket: "_socket.socket") -> int:
    """TCP or MPTCP: one cannot stand for the other."""
    return socket.getsockopt(_socket.SOL_SOCKET, _socket.SO_PROTOCOL)


def _process_of(tid: int) -> int:
    """The process that a thread belongs to. Raises OSError."""
    with open(f"/proc/{tid}/status") as file:
        for line in file:
            if line.startswith("Tgid:"):
                return int(line[5:])
    raise OSError(errno.ESRCH, os.strerror(errno.ESRCH))
