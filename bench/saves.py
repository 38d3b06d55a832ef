"""Save to new answer: the time from the end of a write until a request is answered with it."""

import http.client
import os
import random
import re
import select
import shlex
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from contextlib import suppress
from pathlib import Path
from typing import Self

from bench import environment, processes
from bench.programs import Program

ASK_EVERY_S = 0.002
GIVEN_UP_S = 30.0
APART_S = (1.1, 2.0)
"""Bytecode knows whole seconds: two saves in one would leave most peers with the first for ever.
The rest is chance, so that what looks once a second is met at any point of it."""


class GivenUp(Exception):
    """The new answer never came."""


class Server:
    """One program under one tool, on a copy of the sample project."""

    def __init__(self, program: Program, line: str) -> None:
        self._program = program
        self._folder = Path(tempfile.mkdtemp(prefix="bench-"))
        self.project = self._folder / "project"
        self.output = self._folder / "output"
        self._lay_out()
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self._port = int(probe.getsockname()[1])
        self.run_line(line)
        self._process: subprocess.Popen[bytes] | None = None

    def _lay_out(self) -> None:
        """Put the project's files there."""
        if self._program.sources is not None:
            self.project.mkdir()
            for name, text in self._program.sources.items():
                (self.project / name).write_text(text)
            return
        shutil.copytree(
            environment.ROOT / "sample_project",
            self.project,
            ignore=shutil.ignore_patterns("__pycache__", "*.sqlite3"),
        )
        for name, old, new in self._program.patches:
            text = (self.project / name).read_text()
            assert old in text, (name, old)
            (self.project / name).write_text(text.replace(old, new, 1))

    @property
    def port(self) -> int:
        return self._port

    def run_line(self, line: str) -> None:
        """What `start` starts; PORT stands for the port."""
        self._line = line.replace("PORT", str(self._port))

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    def start(self) -> float:
        """Start it; seconds until its first answer with the present version."""
        variables = {**environment.variables(), "PORT": str(self._port)}
        started = time.perf_counter()
        with self.output.open("ab") as output:
            self._process = subprocess.Popen(
                shlex.split(self._line),
                cwd=self.project,
                env=variables,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )
        self._wait(self._program.answer.format("").rstrip("<,"), started)
        return time.perf_counter() - started

    def text(self, version: int) -> str:
        """The program's file with another version in it."""
        path = self.project / self._program.file
        before = re.escape(self._program.before)
        text, count = re.subn(f"({before})\\d*", f"\\g<1>{version}", path.read_text())
        assert count == 1, path
        return text

    def save(self, version: int) -> None:
        """Write the version into the program's file, in place."""
        (self.project / self._program.file).write_text(self.text(version))

    def save_and_wait(self, version: int) -> float:
        """Seconds from the save to the answer that shows it."""
        self.save(version)
        saved = time.perf_counter()
        self.await_version(version)
        return time.perf_counter() - saved

    def await_version(self, version: int) -> None:
        """Ask until the answer shows it."""
        self._wait(self._program.answer.format(version), time.perf_counter())

    def shows(self, version: int) -> bool:
        """Whether it answers with this version at the moment."""
        return self._program.answer.format(version) in self._answer()

    def comes_to_show(self, version: int, within_s: float) -> bool:
        """Ask until the answer shows a version, or the time is up."""
        until = time.perf_counter() + within_s
        while not self.shows(version):
            if time.perf_counter() > until:
                return False
            time.sleep(ASK_EVERY_S)
        return True

    def _wait(self, wanted: str, since: float) -> None:
        while wanted not in self._answer():
            if time.perf_counter() - since > GIVEN_UP_S:
                raise GivenUp(f"{self._line}: no {wanted!r} after {GIVEN_UP_S:.0f} s")
            time.sleep(ASK_EVERY_S)

    def _answer(self) -> str:
        if self._program.is_spoken:
            return self.output.read_text(errors="replace")
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=5)
        try:
            connection.request("GET", "/")
            return connection.getresponse().read().decode(errors="replace")
        except (OSError, http.client.HTTPException):
            return ""
        finally:
            connection.close()

    def stop(self) -> float:
        """Interrupt it; seconds until it is gone."""
        assert self._process is not None
        asked = time.perf_counter()
        _end(self._process)
        return time.perf_counter() - asked

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._process is not None:
            _end(self._process)
        # A tool that was killed leaves programs that it started in sessions of their own.
        for left in processes.below(self._folder):
            with suppress(ProcessLookupError):
                os.kill(left, signal.SIGKILL)
        shutil.rmtree(self._folder, ignore_errors=True)


def _end(process: subprocess.Popen[bytes]) -> None:
    """End a tool and everything that it started in its session."""
    # Popen.wait with a timeout looks every 50 ms, which is more than some programs take.
    gone = os.pidfd_open(process.pid)
    try:
        for number, patience_s in ((signal.SIGINT, 3.0), (signal.SIGKILL, 5.0)):
            try:
                os.killpg(process.pid, number)
            except ProcessLookupError:
                break
            if select.select([gone], [], [], patience_s)[0]:
                process.wait()
    finally:
        os.close(gone)


class Saves:
    """The times of one program, by tool; `boot` and `stop` are the program's own."""

    def __init__(self) -> None:
        self.seconds: dict[str, list[float]] = {}
        self.failed: dict[str, str] = {}


def measure(program: Program, *, rounds: int, edits: int) -> Saves:
    """Every tool in turn, in several rounds, so that a busy minute of the machine hits them all."""
    found = Saves()
    lines = list(program.lines.items())
    for number in range(rounds):
        stops, boots = _by_hand(program, edits)
        found.seconds.setdefault("boot", []).extend(boots)
        found.seconds.setdefault("stop", []).extend(stops)
        for tool, line in lines[number % len(lines) :] + lines[: number % len(lines)]:
            if tool in found.failed:
                continue
            try:
                found.seconds.setdefault(tool, []).extend(of_line(program, line, edits))
            except GivenUp as failure:
                found.failed[tool] = str(failure)
    return found


def _by_hand(program: Program, edits: int) -> tuple[list[float], list[float]]:
    """Save, interrupt the program, and start it again, as a reloader would have to.

    Returns the seconds that it took to stop, and those until it answered.
    """
    stops, boots = [], []
    with Server(program, program.plain) as server:
        server.start()  # writes the bytecode
        for version in range(2, 2 + edits):
            server.save(version)
            stops.append(server.stop())
            boots.append(server.start())
    return stops, boots


def of_line(program: Program, line: str, edits: int) -> list[float]:
    """Seconds from save to answer, edit after edit, of a tool that was just started."""
    taken = []
    with Server(program, line) as server:
        server.start()
        for version in range(2, 2 + edits):
            time.sleep(random.uniform(*APART_S))
            taken.append(server.save_and_wait(version))
    return taken
