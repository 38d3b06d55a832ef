"""Gives kept listeners to programs that ask the kernel itself: any language, any process below.

Where a program binds what is kept for it, the kept listener is put over its new socket, under the
same descriptor, and the bind has succeeded. In every other case, and whenever anything is odd, the
kernel does what was asked. Nothing here waits for anybody.

With SO_REUSEPORT the listener is given at `listen`: such programs bind to reserve a port, in a
process that never accepts, and a listening socket there would swallow its share of the connections.
"""

import _socket
import errno
import os

from autoreload.core import sockaddr
from autoreload.core.keeping import Address, Wanted
from autoreload.system import foreign, listeners, seccomp
from autoreload.system.foreign import Found, Process
from autoreload.system.seccomp import Call, Notices, Unavailable
from autoreload.system.waiting import POLLHUP, POLLIN, wait

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from typing import Protocol, TypeVar

    T = TypeVar("T")

    class Held(Protocol):
        """A kept listener with its socket."""

        address: Address
        options: tuple[int, int]
        socket: _socket.socket

    class Keeper(Protocol):
        """Who keeps the listeners."""

        @property
        def kept(self) -> "Sequence[Held]":
            """All of them."""

        def take(self, wanted: Wanted) -> "Held | None":
            """The one for what a program binds, which has it from here on."""

        def free(self, address: Address) -> bool:
            """Let go of what is in the way of an address."""


class Notified:
    """The calls of every run whose processes still live, and what they are answered."""

    def __init__(self, keeper: "Keeper") -> None:
        self._keeper = keeper
        self._current: Notices | None = None
        self._all: dict[int, Notices] = {}
        self._turn = 0
        self._turns: dict[int, int] = {}
        self._given: dict[int, tuple[int, int]] = {}
        self._problem: str | None = None
        """Why there can be no filter here, once that was asked."""
        self.trouble = ""
        """Why there was no filter, or a program could not be looked into, the last time."""

    def start(self, spawn: "Callable[[], T]") -> "tuple[T, Notices | None]":
        """Start a program with the filter, or without where none can be had.

        What it binds before its run begins goes on as it is. Raises what `spawn` raises.
        """
        if self._problem is None:
            self._problem = seccomp.unavailable()
        if self._problem:
            self.trouble = self._problem
            return spawn(), None  # nobody pays the price for nothing
        try:
            started, notices = seccomp.notified(spawn)
        except Unavailable as reason:
            self.trouble = str(reason)
            return spawn(), None
        self._all[notices.fileno()] = notices
        return started, notices

    def begin(self, notices: Notices | None) -> None:
        """A run begins. What is left of former runs gets nothing, but its binds go on."""
        self._current = notices
        self._turn = 0
        self._turns = {}
        self._given = {}

    def filenos(self) -> list[int]:
        """What to wait on."""
        return list(self._all)

    def answer(self, ready: "Mapping[int, int]") -> None:
        """Answer one call of each run that has one; about 0.1 ms each.

        `ready` is what `waiting.wait` gave.
        """
        for fd in [fd for fd in ready if fd in self._all]:
            if ready[fd] & POLLIN:
                self._answer_one(self._all[fd])
            elif ready[fd] & POLLHUP:  # nobody is left below
                self._forget(self._all[fd])

    def collect(self, pids: "Iterable[int]") -> "list[tuple[Found, int]]":
        """Copies of every listener of these processes, each with its turn among binds to port 0.

        Turns are told only if every bind to port 0 became a listener: where a program also binds
        clients so, the next run's may come in another order, and one would get a listener.

        The run is over with this: what it still binds on its way out, it gets from the kernel.
        """
        self._current = None
        found = foreign.collect(pids)
        turned = [one for one in found if one.inode in self._turns]
        turns = self._turns if len(turned) == self._turn else {}
        return [(one, turns.get(one.inode, 0)) for one in found]

    def close(self) -> None:
        """Let go of every run. Where something of one is left, a process answers in our stead."""
        self.answer(wait(self.filenos(), 0))
        try:
            if self._all:
                seccomp.stand_in(self.filenos())
        except OSError:
            pass  # no process can be had: what is left can neither bind nor listen (ENOSYS)
        for notices in list(self._all.values()):
            self._forget(notices)

    def _forget(self, notices: Notices) -> None:
        del self._all[notices.fileno()]
        if notices is self._current:
            self._current = None
        notices.close()

    def _answer_one(self, notices: Notices) -> None:
        call = notices.receive()
        if call is None:
            return
        is_done = False
        try:
            if notices is self._current:
                is_done = self._decide(notices, call)
        except OSError as error:
            if error.errno in (errno.EPERM, errno.EACCES):
                self.trouble = f"process {call.tid} cannot be looked into ({error.strerror})"
        finally:
            if is_done:
                notices.done(call)
            else:
                notices.go_on(call)

    def _decide(self, notices: Notices, call: Call) -> bool:
        """Do what the call asks for, if it is ours to do; whether it is done with that."""
        if call.what == "listen" and not self._keeper.kept:
            return False
        process = Process(call.tid)
        try:
            named = self._named(call, process) if call.what == "bind" else None
            if call.what == "bind" and named is None:
                return False
            # What was read is this process' own only if its call still waits now.
            if not notices.is_waiting(call):
                return False
            new = process.socket(call.fd)
            try:
                if not foreign.is_stream(new):
                    return False
                address = named or foreign.address_of(new, process)
                if address is None or not process.shares(address):
                    return False
                if named is not None:
                    return self._on_bind(notices, call, process, new, named)
                self._on_listen(notices, call, process, new, address)
                return False  # the listening itself is the kernel's, with its backlog
            finally:
                new.close()
        finally:
            process.close()

    def _named(self, call: Call, process: Process) -> Address | None:
        """The address of a bind; None when nothing is to be decided about it."""
        raw = process.memory(call.pointer, min(call.length, sockaddr.LARGEST))
        address = sockaddr.read(raw, _socket.inet_ntop)
        if address is None:
            return None
        if address.is_unix:
            if not self._keeper.kept:
                return None
            return sockaddr.located(address, process.folder(), os.path.realpath)
        return address if self._keeper.kept or not address.port else None

    def _on_bind(
        self,
        notices: Notices,
        call: Call,
        process: Process,
        new: _socket.socket,
        address: Address,
    ) -> bool:
        inode = _inode(new)
        if foreign.address_of(new, process) is not None:
            # Bound already, which the kernel has a word for; unless it was bound by us and a signal
            # came before our answer.
            return notices.interrupts and inode in self._inodes()
        wanted = Wanted(address, options=listeners.options_of(new))
        if not address.is_unix and not address.port:
            self._turn += 1
            self._turns[inode] = wanted.turn = self._turn
        if not wanted.options[0] and self._give(notices, call, process, new, wanted):
            return True
        self._clear(wanted)
        return False

    def _on_listen(
        self,
        notices: Notices,
        call: Call,
        process: Process,
        new: _socket.socket,
        address: Address,
    ) -> None:
        options = listeners.options_of(new)
        if not options[0] or listeners.listens(new):
            return
        turn = self._turns.get(_inode(new), 0)
        if turn:
            address = Address(address.family, address.host, 0, address.scope)
        self._give(notices, call, process, new, Wanted(address, turn=turn, options=options))

    def _give(
        self,
        notices: Notices,
        call: Call,
        process: Process,
        new: _socket.socket,
        wanted: Wanted,
    ) -> bool:
        """Put the listener that fits over the program's socket; whether there was one."""
        flags = process.flags(call.fd)
        held = self._keeper.take(wanted)
        if held is None or self._is_open(held):
            return False
        if foreign.protocol_of(held.socket) != foreign.protocol_of(new):
            self._keeper.free(held.address)
            return False
        listeners.copy_options(new, held.socket)
        # O_NONBLOCK belongs to what all copies share, and is to be as the program had it.
        os.set_blocking(held.socket.fileno(), not flags & os.O_NONBLOCK)
        notices.put(call, held.socket.fileno(), inheritable=not flags & os.O_CLOEXEC)
        self._given[_inode(held.socket)] = (process.pid, call.fd)
        if wanted.turn:
            self._turns.pop(_inode(new), None)
            self._turns[_inode(held.socket)] = wanted.turn
        return True

    def _clear(self, wanted: Wanted) -> None:
        """Nothing that we keep is to make the kernel say that an address is in use."""
        for held in list(self._keeper.kept):
            if held in self._keeper.kept and sockaddr.conflicts(
                held.address, held.options, wanted.address, wanted.options
            ):
                self._keeper.free(held.address)

    def _is_open(self, held: "Held") -> bool:
        """Whether the program has it already: a second bind is to fail as it always does."""
        pid, fd = self._given.get(_inode(held.socket), (0, -1))
        if not pid:
            return False
        try:
            process = Process(pid)
        except OSError:
            return False
        try:
            copy = process.socket(fd)
        except OSError:
            return False
        finally:
            process.close()
        is_same = _inode(copy) == _inode(held.socket)
        copy.close()
        return is_same

    def _inodes(self) -> set[int]:
        return {_inode(held.socket) for held in self._keeper.kept}


def _inode(socket: _socket.socket) -> int:
    return os.fstat(socket.fileno()).st_ino
