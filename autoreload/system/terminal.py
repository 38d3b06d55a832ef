"""The terminal: its modes kept and given back, colour or not, and the one place that writes."""

import os

from autoreload.system.waiting import POLLOUT, wait

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from autoreload.core.wording import Line

_TONES = {"good": "32", "held": "33", "bad": "31", "dim": "2", "plain": ""}
_NAME = "[autorun]"


def wants_colour(choice: str, environment: "Mapping[str, str]", *, is_terminal: bool) -> bool:
    """Colour or not: the option, then NO_COLOR, FORCE_COLOR, TERM=dumb, then the terminal.

    NO_COLOR counts when it is not empty (no-color.org); FORCE_COLOR=0 means no.
    """
    if choice != "auto":
        return choice == "always"
    if environment.get("NO_COLOR"):
        return False
    force = environment.get("FORCE_COLOR")
    if force is not None and force != "":
        return force not in ("0", "false")
    return is_terminal and environment.get("TERM") != "dumb"


class Voice:
    """Says lines on stderr, each with one write; never queries the terminal."""

    def __init__(self, *, colour: bool, fd: int = 2) -> None:
        self._colour = colour
        self._fd = fd

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
        """Write text as it stands, whole, or as much as there is a reader for."""
        left = text.encode(errors="backslashreplace")
        try:
            while left:
                try:
                    left = left[os.write(self._fd, left) :]
                except BlockingIOError:  # the app made the shared terminal non-blocking
                    if not wait([self._fd], 0.2, events=POLLOUT):
                        return
        except OSError:
            pass  # nobody reads any more


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
    Voice(colour=False).write(text + "\n")
