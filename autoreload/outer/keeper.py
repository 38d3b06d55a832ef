"""The listeners that are kept from one run to the next.

They arrive when a restart begins and are handed out when the next run binds; while the program runs
the outer holds none, so that what it closes is really closed.
"""

import _socket
import os
import time

from autoreload.core import keeping
from autoreload.core.keeping import Address, Kept, Wanted
from autoreload.system import channel as channels
from autoreload.system import files, listeners, sockets

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from autoreload.core.protocol import Message


class Held(Kept):
    """A kept listener with its socket."""

    __slots__ = ("inode", "path", "socket")

    def __init__(self, socket: _socket.socket, address: Address, turn: int) -> None:
        super().__init__(address, turn=turn, options=listeners.options_of(socket))
        self.socket = socket
        self.inode = os.fstat(socket.fileno()).st_ino
        self.path = Lasting(address.host) if address.is_unix else None

    def close(self) -> None:
        self.socket.close()
        if self.path is not None:
            self.path.close(is_used=self.taken_at is not None)


class Lasting:
    """A second name for a socket in the file system, as servers remove the first on their way."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._second = os.path.join(os.path.dirname(path), f".{os.path.basename(path)}.autorun")
        self._moving = self._second + "2"
        self._identity = _identity(path)
        files.remove(self._second)
        files.remove(self._moving)
        try:
            os.link(path, self._second)
        except OSError:
            self._second = ""  # no right to, or gone already: the next run binds anew

    def restore(self) -> None:
        """Put the first name back if it is gone."""
        if not self._second or self._is_there():
            return
        try:
            os.link(self._second, self._moving)
            os.rename(self._moving, self._path)
        except OSError:
            pass

    def _is_there(self) -> bool:
        return self._identity is not None and _identity(self._path) == self._identity

    def close(self, *, is_used: bool) -> None:
        """Remove the second name, and the first one too when no program has it any more.

        A server that removes its path was kept from it when it was stopped.
        """
        if not is_used and self._is_there():
            files.remove(self._path)
        if self._second:
            files.remove(self._second)


class Keeper:
    """Takes listeners in, hands them out, and lets go of those that nobody wants."""

    def __init__(self, spared: "Iterable[int]" = ()) -> None:
        """`spared` are the inodes of listeners that are open all the time, and not to be kept."""
        self.kept: list[Held] = []
        self._spared = frozenset(spared)
        self._backlog = sockets.widest_backlog()
        self._begun: float | None = None
        self._first_taken: float | None = None
        self.taken_at = 0.0
        """When a program was given one last."""

    def add(self, fd: int, address: Address, turn: int = 0) -> None:
        """Keep a listener from here on; the descriptor is ours to close."""
        try:
            socket = _socket.socket(fileno=fd)
        except OSError:
            os.close(fd)
            return
        inode = os.fstat(fd).st_ino
        if inode in self._spared:
            socket.close()
            return
        for held in self.kept:
            if held.inode == inode:  # the run ends before its listener was let go
                socket.close()
                held.taken_at = None
                self._widen(held.socket)
                return
        held = Held(socket, address, turn)
        self._widen(socket)
        self.kept.append(held)

    def _widen(self, socket: _socket.socket) -> None:
        """Room for all who knock between two runs; the next one sets its own backlog again.

        With a backlog of 10 the kernel drops what comes eleventh, and the client tries again only
        after a second.
        """
        try:
            socket.listen(self._backlog)
        except OSError:
            pass

    def begin(self) -> None:
        """A run begins: from here on it is expected to take what it wants."""
        for held in self.kept:
            held.taken_at = None
        self._begun = time.monotonic()
        self._first_taken = None

    def pause(self) -> None:
        """No run is there to take anything: nothing becomes outdated."""
        self._begun = None

    def hear(self, message: "Message") -> None:
        """Answer a message that asks something."""
        match message.word:
            case "give":
                self._take_in(message)
            case "take":
                self._hand_out(message)
            case "free":
                found = self.free(_address(message))
                channels.answer(message, yes=found)
            case "asks":
                address = _address(message)
                waiting = [one.address for one in self.kept if one.taken_at is None]
                channels.answer(message, yes=any(one.may_hear(address) for one in waiting))

    def _take_in(self, message: "Message") -> None:
        entries = message.fields.get("listeners")
        self.pause()
        entries = entries if isinstance(entries, list) else []
        for (address, turn), fd in zip(entries, message.passed[1:], strict=False):
            message.passed.remove(fd)
            self.add(fd, Address(*address), turn)
        channels.answer(message, yes=True)

    def _hand_out(self, message: "Message") -> None:
        options = message.fields.get("options")
        held = self.take(
            Wanted(
                _address(message),
                turn=int(message.number("turn")),
                options=options if isinstance(options, tuple) else (0, 0),
            )
        )
        channels.answer(message, passed=[] if held is None else [held.socket.fileno()])

    def take(self, wanted: Wanted) -> Held | None:
        """The listener for what a program is about to bind, which has it from here on."""
        held = keeping.choose(self.kept, wanted)
        if held is not None:
            held.taken_at = self.taken_at = time.monotonic()
            self._first_taken = self._first_taken or held.taken_at
            if held.path is not None:
                held.path.restore()
        return held

    def free(self, address: Address) -> bool:
        """Let go of what keeps a program from binding an address; whether there was anything."""
        return self._drop(keeping.in_the_way(self.kept, address))

    def replaced(self) -> None:
        """The run listens elsewhere: what it has not taken, it does not want."""
        if self._first_taken is None:
            self._drop([one for one in self.kept if one.taken_at is None])

    def restore(self) -> None:
        """Put back the names of sockets that the last run has removed, if the next may want them.

        What it had taken and not handed over again it has removed for good.
        """
        for held in self.kept:
            if held.path is not None and held.taken_at is None:
                held.path.restore()

    def addresses(self) -> list[tuple[int, str, int, int]]:
        """Where the listeners stand that are held, as a message says it."""
        return [held.address.entry() for held in self.kept]

    def inodes(self) -> set[int]:
        """The listeners that are held or spared, by inode."""
        return {held.inode for held in self.kept} | self._spared

    def is_wide(self, backlog: int) -> bool:
        """Whether nobody has called `listen` since it was kept."""
        return backlog == self._backlog

    def timeouts(self, now: float) -> list[float]:
        """Seconds until a listener may be outdated."""
        if self._begun is None or not self.kept:
            return []
        return [0.25]

    def look(self, now: float) -> None:
        """Let go of what is outdated."""
        if self._begun is not None:
            self._drop(
                keeping.outdated(
                    self.kept, first_taken=self._first_taken, begun=self._begun, now=now
                )
            )

    def close(self) -> None:
        """Nothing follows: every port is free."""
        self._drop(list(self.kept))

    def _drop(self, gone: "Iterable[Held]") -> bool:
        gone = list(gone)
        for held in gone:
            self.kept.remove(held)
            held.close()
        return bool(gone)


def _address(message: "Message") -> Address:
    entry = message.fields.get("address")
    return Address(*entry) if isinstance(entry, tuple) else Address(0, "")


def _identity(path: str) -> tuple[int, int] | None:
    try:
        status = os.lstat(path)
    except OSError:
        return None
    return (status.st_dev, status.st_ino)
