"""What is typed at the terminal and not read yet, looked at without taking it from the program.

The terminal is opened anew: the program's own descriptor stays blocking, while ours never waits for
a line that the program has taken in the meantime.
"""

import os
import struct

_FIONREAD_SIZE = struct.calcsize("i")


class Typed:
    """The terminal behind standard input."""

    def __init__(self) -> None:
        """Raises OSError when there is none."""
        import termios

        path = os.ttyname(0)
        flags = os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC
        self.fd = os.open(path, flags)
        self._errors = (OSError, termios.error)

    def pending(self) -> int:
        """How many bytes wait to be read: whole lines in canonical mode."""
        import fcntl
        import termios

        try:
            answer = fcntl.ioctl(self.fd, termios.FIONREAD, b"\0" * _FIONREAD_SIZE)
        except OSError:
            return 0
        return int(struct.unpack("i", answer)[0])

    def is_canonical(self) -> bool:
        """Whether the terminal gives whole lines, and echoes them: not so for a password."""
        import termios

        try:
            modes = termios.tcgetattr(self.fd)[3]
        except self._errors:
            return False
        return bool(modes & termios.ICANON and modes & termios.ECHO)

    def is_ours(self) -> bool:
        """Whether we are in the foreground; who reads in the background is stopped."""
        try:
            return os.tcgetpgrp(self.fd) == os.getpgrp()
        except OSError:
            return False

    def take(self, count: int) -> bytes:
        """Take so many bytes; fewer when the program was quicker."""
        try:
            return os.read(self.fd, count)
        except OSError:
            return b""

    def close(self) -> None:
        os.close(self.fd)
