"""Stands behind the descriptors 1 and 2, so that what is started from now on writes to us.

A pipe, or where it was a terminal and may be one, a terminal of its own: what asks whether it
writes to one gets the same answer, and the same size. Both streams share one where they were the
same thing before, so that their order is kept.
"""

import errno
import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

STREAMS = {1: "stdout", 2: "stderr"}
_HIGH = 100
"""Low numbers may be those of sockets that a program is handed."""


class Stream:
    """One way from the app to us."""

    def __init__(self, name: str, source: int, before: int, *, is_terminal: bool) -> None:
        self.name = name
        self.source = source
        """The end that is read, without waiting."""
        self.before = before
        """A copy of the descriptor that stood there; whoever takes it closes it."""
        self.is_terminal = is_terminal


class Capture:
    """The streams, until it is given up."""

    def __init__(self, *, apart: bool) -> None:
        """With `apart` each stream comes by a pipe of its own, whatever it was before."""
        self.streams: list[Stream] = []
        self._kept: dict[int, int] = {}
        """What is put back at the end."""
        for number in STREAMS:
            try:
                self._kept[number] = _high(number)
            except OSError:
                continue  # closed, and so it stays
        if not apart and len(self._kept) == 2 and os.path.sameopenfile(1, 2):
            self._place((1, 2), is_terminal=os.isatty(1))
            return
        for number in tuple(self._kept):
            self._place((number,), is_terminal=not apart and os.isatty(number))

    def _place(self, numbers: "Sequence[int]", *, is_terminal: bool) -> None:
        source, end = os.openpty() if is_terminal else os.pipe()
        before = _high(self._kept[numbers[0]])
        if is_terminal:
            _take_after(end, before)
        os.set_blocking(source, False)
        for number in numbers:
            os.dup2(end, number)
        os.close(end)
        high = _high(source)
        os.close(source)
        name = STREAMS[numbers[-1]]  # of both, the one that we write to as well
        self.streams.append(Stream(name, high, before, is_terminal=is_terminal))

    def resize(self) -> bool:
        """The terminal has another size: pass it on; whether there is anything to it."""
        if not any(stream.is_terminal for stream in self.streams):
            return False
        for number, real in self._kept.items():
            _resize(number, real)
        return True

    def give_back(self) -> None:
        """Put back what was there; what is still under way can be read afterwards."""
        while self._kept:
            number, before = self._kept.popitem()
            os.dup2(before, number)
            os.close(before)


def _high(fd: int) -> int:
    import fcntl

    try:
        return fcntl.fcntl(fd, fcntl.F_DUPFD_CLOEXEC, _HIGH)
    except OSError as error:  # the limit of open files is below
        if error.errno != errno.EINVAL:
            raise
        return fcntl.fcntl(fd, fcntl.F_DUPFD_CLOEXEC, 0)


def _take_after(end: int, real: int) -> None:
    """Give a new terminal the modes and size of the real one, which alone ends and echoes lines."""
    import termios

    modes = termios.tcgetattr(real)
    modes[1] &= ~termios.OPOST
    modes[3] &= ~termios.ECHO
    termios.tcsetattr(end, termios.TCSANOW, modes)
    _resize(end, real)


def _resize(end: int, real: int) -> None:
    import termios

    try:
        termios.tcsetwinsize(end, termios.tcgetwinsize(real))
    except (OSError, termios.error):
        pass  # hung up
