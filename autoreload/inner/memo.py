"""Words that one run writes down for the next ones: a piece of memory that a whole chain shares."""

import os

from autoreload.system.channel import identity, settle_high

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence


class Memo:
    """It holds nothing without such memory, or when the program has closed its descriptor."""

    def __init__(self, name: str) -> None:
        self._fd: int | None = None
        self._identity: tuple[int, int] | None = None
        try:
            self._fd = settle_high(os.memfd_create(name, os.MFD_CLOEXEC))
            self._identity = identity(self._fd)
        except (AttributeError, OSError):
            pass

    @property
    def fd(self) -> int | None:
        """Its descriptor; who closes that may have opened a file of his own there."""
        if self._fd is not None and identity(self._fd) != self._identity:
            self._fd = None
        return self._fd

    def words(self) -> list[str]:
        """What was written; while somebody writes, one may be half of a word."""
        fd = self.fd
        if fd is None:
            return []
        try:
            return os.pread(fd, os.fstat(fd).st_size, 0).decode().split()
        except (OSError, ValueError):  # half of a letter
            return []

    def update(self, merged: "Callable[[list[str]], list[str]]") -> None:
        """Write what is made of the words that are there, if that is anything else."""
        before = self.words()
        if (words := merged(before)) != before:
            self.write(words)

    def write(self, words: "Sequence[str]") -> None:
        """Write these in the place of what was there; they only ever get more."""
        fd = self.fd
        if fd is not None:
            os.pwrite(fd, "\n".join(words).encode(), 0)
