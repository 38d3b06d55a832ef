"""Autorun on a terminal of its own, typed at and read like a person would."""

import os
import re
import select
import subprocess
import sys
import termios
from collections.abc import Mapping

from tests.driver import PATIENCE_S, App, clean_environment, until

# In a process of its own: what is run between fork and exec in a process with threads may hang.
_TAKE = """
import fcntl, os, sys, termios
fcntl.ioctl(0, termios.TIOCSCTTY, 0)
os.execvp(sys.argv[1], sys.argv[1:])
"""


class Terminal:
    """A pseudo terminal with a session of its own; the first process on it is the session's."""

    def __init__(self, app: App) -> None:
        self._app = app
        ours, self.other_side = os.openpty()
        os.set_blocking(ours, False)
        self._ours: int | None = ours
        self._heard = b""
        self.process: subprocess.Popen[bytes] | None = None

    def start(
        self, *words: str, env: Mapping[str, str] | None = None, stdout: int | None = None
    ) -> "Terminal":
        """Start `autorun WORDS` in the app's project, in the terminal's foreground."""
        return self.run(sys.executable, "-m", "autoreload", *words, env=env, stdout=stdout)

    def run(
        self, *words: str, env: Mapping[str, str] | None = None, stdout: int | None = None
    ) -> "Terminal":
        """Start any program there."""
        self.process = subprocess.Popen(
            [sys.executable, "-c", _TAKE, *words],
            cwd=self._app.project,
            env=clean_environment({"TERM": "xterm", **(env or {})}),
            stdin=self.other_side,
            stdout=self.other_side if stdout is None else stdout,
            stderr=self.other_side,
            start_new_session=True,
        )
        return self

    @property
    def pid(self) -> int:
        assert self.process is not None
        return self.process.pid

    def shown(self) -> str:
        """Everything that has come to the screen, with line ends as in a file."""
        while self._ours is not None and select.select([self._ours], [], [], 0)[0]:
            try:
                self._heard += os.read(self._ours, 65536)
            except OSError:  # EIO: nobody has the other side open any more
                break
        return self._heard.decode(errors="replace").replace("\r\n", "\n")

    def said(self) -> str:
        code = self.process.poll() if self.process is not None else None
        return f"--- terminal\n{self.shown()}\n--- exit {code}\n{self._app.said()}"

    def type(self, text: str) -> None:
        """Press keys: `\\x03` is Ctrl-C, `\\x1a` is Ctrl-Z."""
        assert self._ours is not None
        os.write(self._ours, text.encode())

    def wait_for(self, pattern: str, *, times: int = 1) -> re.Match[str]:
        """Wait until a pattern was shown so many times; the match."""

        def found() -> re.Match[str] | None:
            matches = list(re.finditer(pattern, self.shown()))
            return matches[times - 1] if len(matches) >= times else None

        match = until(found, lambda: f"waiting for {times} x {pattern!r}\n{self.said()}")
        assert match is not None
        return match

    def count(self, pattern: str) -> int:
        return len(re.findall(pattern, self.shown()))

    def wait(self) -> int:
        """Wait for the end of the first process; its exit code, negative for a signal."""
        until(self._has_ended, lambda: f"it did not end\n{self.said()}")
        assert self.process is not None
        return self.process.wait(PATIENCE_S)

    def _has_ended(self) -> bool:
        self.shown()  # who does not read keeps the other side from writing its last line
        assert self.process is not None
        return self.process.poll() is not None

    def modes(self) -> list[object]:
        """The terminal's modes now."""
        return list(termios.tcgetattr(self.other_side))

    def close(self) -> None:
        """End the first process and hang up; what is left is ended by the app's own end."""
        if self.process is not None and self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(10)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        self.hang_up()
        os.close(self.other_side)

    def hang_up(self) -> None:
        """Close the window, as it were."""
        if self._ours is not None:
            os.close(self._ours)
            self._ours = None
