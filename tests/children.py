"""Interpreters that tests start: `python -c`, said to be ready by a line, ended by the test."""

import os
import subprocess
import sys
import textwrap
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO, NamedTuple

import pytest

from tests.waiting import TIMEOUT_S, readable

ROOT = Path(__file__).resolve().parents[1]

_UNWANTED = ("AUTORUN_", "RELOAD_ENV", "PYTHONDONTWRITEBYTECODE", "PYTHONPYCACHEPREFIX")


def environment(**more: str) -> dict[str, str]:
    """What a child is given: the package on its path, bytecode as for everybody else."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(_UNWANTED)}
    return {**kept, "PYTHONPATH": str(ROOT), **more}


class Done(NamedTuple):
    """How a child ended."""

    code: int
    out: str
    err: str


def run(
    code: str,
    *arguments: str,
    cwd: Path | None = None,
    flags: Sequence[str] = (),
    **more: str,
) -> Done:
    """Run code to its end, whatever that is."""
    done = subprocess.run(
        [sys.executable, *flags, "-c", textwrap.dedent(code), *arguments],
        cwd=cwd,
        env=environment(**more),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    return Done(done.returncode, done.stdout, done.stderr)


def output(code: str, *arguments: str, cwd: Path | None = None, **more: str) -> str:
    """What code prints; it has to end well."""
    done = run(code, *arguments, cwd=cwd, **more)
    assert done.code == 0, f"exit code {done.code}\n{done.out}{done.err}"
    return done.out


class Child:
    """One that is talked to: its lines are read one by one."""

    def __init__(self, process: "subprocess.Popen[bytes]", stream: "IO[bytes] | int") -> None:
        self.process = process
        self.pid = process.pid
        self.heard = ""
        self._fd = stream if isinstance(stream, int) else stream.fileno()
        self._left = ""

    def line(self) -> str:
        """The next line that it prints."""
        deadline = time.monotonic() + TIMEOUT_S
        while "\n" not in self._left:
            left_s = deadline - time.monotonic()
            if left_s < 0 or not readable(self._fd, timeout_s=left_s):
                pytest.fail(f"no line came; heard {self.heard!r}")
            try:
                taken = os.read(self._fd, 4096)
            except OSError:  # a terminal whose other side is gone
                taken = b""
            if not taken:
                pytest.fail(f"it ended before the line; heard {self.heard!r}")
            text = taken.decode(errors="replace").replace("\r", "")
            self.heard += text
            self._left += text
        line, _, self._left = self._left.partition("\n")
        return line

    def send(self, number: int) -> None:
        self.process.send_signal(number)

    def wait(self) -> int:
        """Its exit code, or minus the signal."""
        return self.process.wait(TIMEOUT_S)


@contextmanager
def started(code: str, *arguments: str, cwd: Path | None = None, **more: str) -> Iterator[Child]:
    """Start code; its stderr comes between the lines of its stdout."""
    process = subprocess.Popen(
        [sys.executable, "-u", "-c", textwrap.dedent(code), *arguments],
        cwd=cwd,
        env=environment(**more),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    assert process.stdout is not None
    try:
        yield Child(process, process.stdout)
    finally:
        process.kill()
        process.stdout.close()
        process.wait(TIMEOUT_S)


@contextmanager
def named_autorun(folder: Path, code: str, **more: str) -> Iterator[Child]:
    """Start code as a script of the name `autorun`, as pip installs it, in its folder."""
    script = folder / "autorun"
    script.write_text(textwrap.dedent(code))
    words = ", ".join(repr(word) for word in ("-u", str(script)))
    launcher = f"import os, sys; os.execv(sys.executable, [sys.executable, {words}])"
    with started(launcher, cwd=folder, **more) as child:
        yield child


@contextmanager
def on_terminal(code: str, *arguments: str) -> Iterator[tuple[Child, int]]:
    """Start code on a terminal of its own; the other side of the terminal comes with it."""
    ours, theirs = os.openpty()
    take = "import fcntl, termios; fcntl.ioctl(0, termios.TIOCSCTTY, 0)\n"
    process = subprocess.Popen(
        [sys.executable, "-u", "-c", take + textwrap.dedent(code), *arguments],
        env=environment(),
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        start_new_session=True,
    )
    os.close(theirs)
    try:
        yield Child(process, ours), ours
    finally:
        process.kill()  # its children get the terminal's SIGHUP
        process.wait(TIMEOUT_S)
        os.close(ours)
