"""The terminal: its modes kept and given back, colour or not, and the one place that writes."""

import os
import stat
import sys

from autoreload.system.waiting import POLLOUT, wait

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from autoreload.core.wording import Line

_TONES = {"good": "32", "held": "33", "bad": "31", "dim": "2", "plain": ""}
_NAME = "[autorun]"


def wants_colour(choice: str, environment: "Mapping[str, str]", *, is_terminal: bool) -> bool:
    """Colour or not: the option, PYTHON_COLORS, NO_COLOR, FORCE_COLOR, TERM=dumb, the terminal.

    The first that says anything decides, in the order of the interpreter (3.13), whose tracebacks
    stand beside our lines. NO_COLOR counts when it is not empty (no-color.org); FORCE_COLOR=0
    means no.
    """
    if choice != "auto":
        return choice == "always"
    if environment.get("PYTHON_COLORS") in ("0", "1"):
        return environment["PYTHON_COLORS"] == "1"
    if environment.get("NO_COLOR"):
        return False
    force = environment.get("FORCE_COLOR")
    if force is not None and force != "":
        return force not in ("0", "false")
    return is_terminal and environment.get("TERM") != "dumb"


class Voice:
    """Says lines on stderr, each with one write; never queries the terminal.

    Nobody may read what is written there: a full pipe, a terminal stopped by Ctrl-S. What cannot
    be written is kept, up to a bound, and tried again by `flush`: autorun does not wait for it.
    """

    def __init__(
        self, *, colour: bool, fd: int = 2, sink: "Callable[[bytes], object] | None" = None
    ) -> None:
        """With a `sink` that is handed what would be written to `fd`."""
        self._colour = colour
        self._fd = fd
        self._sink = sink
        # Where stderr was closed at the start, its number may be that of a descriptor of our own.
        self._is_mute = not _is_open(fd) or (fd == 2 and sys.stderr is None)
        is_ours = self._is_mute or sink is not None
        self._out, self._write = (fd, _write) if is_ours else opened(fd)
        self._late = bytearray()

    @property
    def is_late(self) -> bool:
        """Whether something is still to be written."""
        return bool(self._late)

    def say(self, *lines: "Line") -> None:
        self.write("".join(self._shown(line) + "\n" for line in lines))

    def _shown(self, line: "Line") -> str:
        if not self._colour:
            return f"{_NAME} {line.text}"
        tone = _TONES[line.tone]
        text = f"\x1b[{tone}m{line.text}\x1b[0m" if tone else line.text
        return f"\x1b[2;36m{_NAME}\x1b[0m {text}"

    def clear(self) -> None:
        """Clear the screen, not the scrollback; only when it is a terminal."""
        if os.isatty(self._fd):
            self.write("\x1b[H\x1b[2J")

    def write(self, text: str) -> None:
        """Write text as it stands, whole; what nobody takes for a moment is kept for later."""
        if self._sink is not None:
            self._sink(text.encode(errors="backslashreplace"))
            return
        is_stuck = self.is_late
        if len(self._late) < MOST_LATE:
            self._late += text.encode(errors="backslashreplace")
        self.flush(0 if is_stuck else MOMENT_S)

    def flush(self, wait_s: float = 0.0) -> None:
        """Write what is late, as far as it is taken; wait so long for each part of it."""
        while self._late and not self._is_mute:
            try:
                del self._late[: self._write(self._out, self._late)]
            except BlockingIOError:
                if not wait([self._fd], wait_s, events=POLLOUT):
                    return
            except OSError:
                self._is_mute = True  # nobody reads any more
        if self._is_mute:
            self._late.clear()

    def close(self) -> None:
        """Say what is late, if somebody takes it now, and no more after that."""
        self.flush(LAST_MOMENT_S)
        self._is_mute = True
        if self._out != self._fd:
            os.close(self._out)
            self._out = self._fd


MOST_LATE = 1 << 18
"""Bytes that are kept for a reader that does not read; what comes then is lost."""
MOMENT_S, LAST_MOMENT_S = 0.2, 1.0


def _write(fd: int, data: bytearray) -> int:
    return os.write(fd, data)


def _send(fd: int, data: bytearray) -> int:
    import _socket

    end = _socket.socket(fileno=fd)
    try:
        return end.send(data, _socket.MSG_DONTWAIT)
    finally:
        end.detach()


def _write_a_little(fd: int, data: bytearray) -> int:
    """Write as much as a pipe takes at once when it takes anything (pipe(7), PIPE_BUF)."""
    if not wait([fd], 0, events=POLLOUT):
        raise BlockingIOError
    return os.write(fd, data[:512])


def opened(fd: int) -> "tuple[int, Callable[[int, bytearray], int]]":
    """Where and how to write for a descriptor, without waiting for its reader.

    Whether a write waits is a matter of what was opened, which the app shares with us. So a pipe
    or a terminal is opened once more, for us alone.
    """
    mode = os.fstat(fd).st_mode
    if stat.S_ISSOCK(mode):
        return fd, _send
    if not (stat.S_ISFIFO(mode) or os.isatty(fd)):
        return fd, _write
    flags = os.O_WRONLY | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC
    if sys.platform == "linux":  # elsewhere /dev/fd leads to the same opening
        try:
            return os.open(f"/proc/self/fd/{fd}", flags), _write
        except OSError:
            pass  # somebody else's, behind sudo perhaps
    return fd, _write_a_little


class Modes:
    """The modes of the terminal as they were before the app; nothing when there is none."""

    def __init__(self) -> None:
        self._saved: list[tuple[int, object]] = []
        self._blocking = [(fd, os.get_blocking(fd)) for fd in (0, 1, 2) if _is_open(fd)]
        try:
            import termios
        except ImportError:
            return
        for fd in (0, 1, 2):
            try:
                if os.tcgetpgrp(fd) == os.getpgrp():
                    self._saved.append((fd, termios.tcgetattr(fd)))
                    return  # all three are the same terminal, or the others are none
            except (OSError, termios.error):
                continue

    def restore(self) -> None:
        """Give the modes back after an app that died in raw mode or with the echo off.

        From the background this would stop autorun by SIGTTOU, which the outer has blocked.
        """
        for fd, blocking in self._blocking:
            if _is_open(fd) and os.get_blocking(fd) != blocking:
                os.set_blocking(fd, blocking)
        for fd, modes in self._saved:
            import termios

            try:
                if termios.tcgetattr(fd) != modes:
                    termios.tcsetattr(fd, termios.TCSANOW, modes)  # type: ignore[arg-type]
            except (OSError, termios.error):
                continue


def _is_open(fd: int) -> bool:
    try:
        os.fstat(fd)
    except OSError:
        return False
    return True


def say_plainly(text: str) -> None:
    """One sentence about the line that was typed: `autorun: …`."""
    show(f"autorun: {text}")


def show(text: str) -> None:
    """A line as it stands, on stderr."""
    voice = Voice(colour=False)
    voice.write(text + "\n")
    voice.close()
