"""What a process says to the checkpoint above it: single bytes, in a pipe of their own."""

import os

IS_CHECKPOINT, IS_PROGRAM, WAITS, AGAIN, OVER = b"c", b"p", b"w", b"a", b"o"
"""It has become a checkpoint; it is the program, after all or since its turn has come; it waits for
its turn; the run that ends is to be followed by another; all is over, and this is how it ended."""
BESIDE, GONE, UNFIT = b"b", b"g", b"u"
"""The run that was to be followed listens no more and has answered all, and cleans up beside the
next; it is over, and only its memory is still to be taken apart by the kernel; what stands by has
spoilt itself."""


class Upward:
    """The way up, while there is one."""

    def __init__(self) -> None:
        self.fd: int | None = None
        self._inode = 0

    def begin(self, mouth: int) -> None:
        """Another one is above from here on."""
        self.end()
        self.fd, self._inode = mouth, _inode(mouth)

    def end(self) -> None:
        """Nobody is above any more."""
        if self._is_ours():
            os.close(self.fd)  # type: ignore[arg-type]
        self.fd = None

    def say(self, word: bytes) -> None:
        """Say a word to whoever is still there."""
        if self._is_ours():
            try:
                os.write(self.fd, word)  # type: ignore[arg-type]
            except OSError:
                pass  # the checkpoint above is gone

    def mouth(self) -> int | None:
        """The descriptor that words are said to, if somebody is there."""
        return self.fd if self._is_ours() else None

    def _is_ours(self) -> bool:
        # The program may have closed it, and the number may be that of a file of its own.
        return self.fd is not None and _inode(self.fd) == self._inode


def _inode(fd: int) -> int:
    try:
        return os.fstat(fd).st_ino
    except OSError:
        return -1
