"""A descriptor that is written to without ever waiting for whoever reads it."""

import errno
import os

from autoreload.system.terminal import opened
from autoreload.system.waiting import POLLOUT, wait

_GONE = frozenset({errno.EPIPE, errno.EBADF, errno.ECONNRESET, errno.ENXIO, errno.ENOTCONN})


class Outlet:
    """What is written is kept until it is taken; whoever writes looks at `left` for a bound."""

    def __init__(self, fd: int, name: str) -> None:
        """Write to `fd`, which is closed with this; `name` is how people call it."""
        self.name = name
        self.left = bytearray()
        """What nobody has taken yet."""
        self.is_open = True
        self.trouble = ""
        """What has last kept something from being written, as the system says it."""
        self.lost = 0
        """Bytes that could not be written since something last was."""
        self._fd = fd
        self._out, self._write = opened(fd)

    def waits_on(self) -> list[int]:
        """What to wait for until it takes more; nothing while nothing is left."""
        return [self._out] if self.left and self.is_open else []

    def write(self, data: bytes) -> None:
        """Write it now as far as that goes at once."""
        if self.is_open:
            self.left += data
            self.flush()

    def flush(self) -> None:
        """Write what is left, as far as that goes at once."""
        while self.left and self.is_open:
            try:
                del self.left[: self._write(self._out, self.left)]
            except BlockingIOError:
                return
            except OSError as error:
                # A full disk may have room again; what is gone stays so.
                self.trouble = error.strerror or str(error)
                self.is_open = error.errno not in _GONE
                self.lost += len(self.left)
                self.left.clear()

    def shorten(self, keep: int, mark: bytes) -> int:
        """Leave the last so many bytes of a file that can be read, below a mark; how many now."""
        size = os.lseek(self._fd, 0, os.SEEK_END)
        kept = mark + os.pread(self._fd, keep, max(size - keep, 0)).partition(b"\n")[2]
        os.ftruncate(self._fd, 0)
        self.write(kept)
        return len(kept)

    def close(self, patience_s: float = 0.0) -> None:
        """Write what is left, as long as some of it is taken within this time, and no more."""
        while self.left and self.is_open:
            before = len(self.left)
            wait([self._out], patience_s, events=POLLOUT)
            self.flush()
            if len(self.left) == before:
                break
        self.is_open = False
        for fd in {self._out, self._fd}:
            os.close(fd)
