"""A live autorun on a temporary project: start it, edit like an editor does, see what is seen."""

import http.client
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TypeVar

from autoreload.system import processes

T = TypeVar("T")

PATIENCE_S = 30.0
"""How long a fact is waited for; generous, because the machine may be busy."""

RESTARTS = ", restarting(?! when)|changed, ready"
"""Every restart is said once: when it begins, or a warm one when it is over."""

ROOT = Path(__file__).parent.parent


def clean_environment(extra: Mapping[str, str] | None = None) -> dict[str, str]:
    """The environment of a user: nothing that hides stale bytecode, nothing of an outer autorun."""
    hidden = ("PYTHONDONTWRITEBYTECODE", "PYTHONUNBUFFERED", "RELOAD_ENV", "VIRTUAL_ENV")
    environment = {
        name: value
        for name, value in os.environ.items()
        if name not in hidden and not name.startswith(("AUTORUN", "COV_CORE", "PYTEST"))
    }
    environment.update(extra or {})
    return environment


def free_port() -> int:
    """A port that the kernel just gave away and took back."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def until(fact: Callable[[], T], describe: Callable[[], str], within_s: float = PATIENCE_S) -> T:
    """Wait for a fact; what was seen instead is the failure's message."""
    deadline = time.monotonic() + within_s
    while True:
        found = fact()
        if found:
            return found
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {within_s} s:\n{describe()}")
        time.sleep(0.01)


def state_of(pid: int) -> str:
    """The state of a process as proc(5) has it: T is stopped, Z a zombie; empty when it is gone."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return ""


def is_at_rest(pid: int) -> bool:
    """Whether a process waits for a restart, or is over but for its memory, by its name (proc(5)).

    A run may go on from a checkpoint, or in an interpreter that stands by.
    """
    try:
        name = Path(f"/proc/{pid}/comm").read_text().strip()
    except OSError:
        return False
    return name in (processes.CHECKPOINT, processes.STANDBY, processes.PARTED)


class App:
    """One autorun with its project in a folder of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.project = folder / "project"
        self.project.mkdir()
        self.process: subprocess.Popen[bytes] | None = None
        self._out = folder / "stdout.txt"
        self._err = folder / "stderr.txt"
        self._seen = 0

    # --- the project ----------------------------------------------------------------------------

    def write(self, name: str, text: str) -> Path:
        """Write a file of the project and let it look old, as files of a project do."""
        path = self.project / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        os.utime(path, (time.time() - 60, time.time() - 60))
        return path

    def edit(self, name: str, text: str) -> None:
        """Save a file in place, as most editors do."""
        (self.project / name).write_text(text)

    def replace(self, name: str, old: str, new: str) -> None:
        """Save a file in place with one piece of its text replaced."""
        text = (self.project / name).read_text()
        assert old in text, f"{name} does not hold {old!r}"
        self.edit(name, text.replace(old, new))

    def copy_sample(self) -> None:
        """Take the sample project, files as old as they are there."""
        unwanted = shutil.ignore_patterns("__pycache__", "*.sqlite3")
        shutil.copytree(ROOT / "sample_project", self.project, dirs_exist_ok=True, ignore=unwanted)

    # --- autorun --------------------------------------------------------------------------------

    def start(
        self,
        *words: str,
        env: Mapping[str, str] | None = None,
        command: Sequence[str] | None = None,
        stdin: int = subprocess.DEVNULL,
        cwd: Path | None = None,
        new_group: bool = True,
        stderr: int | None = None,
    ) -> "App":
        """Start `autorun WORDS` in the project; with `stderr` that is not read here."""
        with self._out.open("ab") as out, self._err.open("ab") as err:
            self.process = subprocess.Popen(
                [*(command or (sys.executable, "-m", "autoreload")), *words],
                cwd=cwd or self.project,
                env=clean_environment(env),
                stdin=stdin,
                stdout=out,
                stderr=err if stderr is None else stderr,
                process_group=0 if new_group else None,
            )
        return self

    @property
    def pid(self) -> int:
        assert self.process is not None
        return self.process.pid

    def out(self) -> str:
        return self._out.read_text(errors="replace") if self._out.exists() else ""

    def err(self) -> str:
        return self._err.read_text(errors="replace") if self._err.exists() else ""

    def said(self) -> str:
        """Everything said so far, for a failure's message."""
        code = self.process.poll() if self.process is not None else None
        return f"--- stdout\n{self.out()}\n--- stderr\n{self.err()}\n--- exit {code}"

    def wait_for(self, pattern: str, *, times: int = 1, stream: str = "both") -> re.Match[str]:
        """Wait until a pattern was said so many times; the last match."""

        def found() -> re.Match[str] | None:
            ended = self.process is not None and self.process.poll() is not None
            text = {"out": self.out, "err": self.err}.get(stream, lambda: self.out() + self.err())()
            matches = list(re.finditer(pattern, text))
            if len(matches) < times and ended:
                raise AssertionError(f"autorun ended before {times} x {pattern!r}\n{self.said()}")
            return matches[times - 1] if len(matches) >= times else None

        match = until(found, lambda: f"waiting for {times} x {pattern!r}\n{self.said()}")
        assert match is not None
        return match

    def count(self, pattern: str) -> int:
        return len(re.findall(pattern, self.out() + self.err()))

    def assert_restarts(self, times: int, of: str = "") -> None:
        """Wait until it has said so many restarts, of a file if one is given; and no more."""
        pattern = f"{of} changed, (restarting|ready)" if of else RESTARTS
        until(lambda: self.count(pattern) >= times, self.said)
        assert self.count(pattern) == times, self.said()

    def inner_pid(self) -> int:
        """The pid of the app's process, as autorun says it."""
        return int(self.wait_for(r"(?:started|ready in [^\n,]*), pid (\d+)", stream="err").group(1))

    def send(self, number: int) -> None:
        os.kill(self.pid, number)

    def signal_process(self, pid: int, number: int) -> None:
        """Signal a process of this project, and no other that may have its number by now."""
        assert pid in self.left(), f"{pid} is not one of {self.left()}\n{self.said()}"
        os.kill(pid, number)

    def wait(self, within_s: float = PATIENCE_S) -> int:
        """Wait for the end; the exit code, negative for a signal."""
        assert self.process is not None
        try:
            return self.process.wait(within_s)
        except subprocess.TimeoutExpired:
            raise AssertionError(f"autorun did not end\n{self.said()}") from None

    def stop(self, number: int = signal.SIGINT) -> int:
        self.send(number)
        return self.wait()

    def get(self, port: int, path: str = "/", headers: Mapping[str, str] | None = None) -> str:
        """One answer of the app's server; empty while there is none."""
        request = urllib.request.Request(
            f"http://127.0.0.1:{port}{path}", headers=dict(headers or {})
        )
        try:
            with urllib.request.urlopen(request, timeout=5) as answer:
                return str(answer.read().decode())
        except urllib.error.HTTPError as error:
            return f"{error.code} {error.read().decode(errors='replace')}"
        except (OSError, http.client.HTTPException):  # none there, or it ended in mid answer
            return ""

    def wait_answer(self, port: int, wanted: str, path: str = "/", **headers: str) -> str:
        """Wait until the server's answer holds a text."""
        last = ""

        def answered() -> str:
            nonlocal last
            last = self.get(port, path, {k.replace("_", "-"): v for k, v in headers.items()})
            return last if wanted in last else ""

        return until(answered, lambda: f"waiting for {wanted!r}, last {last!r}\n{self.said()}")

    def close(self) -> None:
        """End what is left, and everything that was started below."""
        if self.process is None:
            return
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(10)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        for pid in self.left():
            try:
                os.kill(pid, signal.SIGKILL)
            except OSError:
                pass

    def left(self) -> list[int]:
        """Processes that work in the project's folder: nothing of ours may be left there."""
        found = []
        for entry in os.listdir("/proc"):
            if entry.isdigit() and int(entry) != os.getpid():
                try:
                    cwd = os.readlink(f"/proc/{entry}/cwd")
                    state = Path(f"/proc/{entry}/stat").read_text().rpartition(")")[2].split()[0]
                except OSError:
                    continue
                if cwd.startswith(str(self.project)) and state != "Z":
                    found.append(int(entry))
        return found

    def below(self) -> list[int]:
        """The app's processes: those in the project's folder except autorun and its witness."""

        def is_app(pid: int) -> bool:
            try:
                return Path(f"/proc/{pid}/cmdline").read_bytes() != b"cat\0"
            except OSError:
                return False

        return [pid for pid in self.left() if pid != self.pid and is_app(pid)]

    def running(self) -> list[int]:
        """Those of the app's processes that run: the others take no signal."""
        return [pid for pid in self.below() if not is_at_rest(pid)]

    def wait_running(self, number: int) -> list[int]:
        """Wait until so many of the app's processes run; their pids."""

        def as_many() -> list[int]:
            found = self.running()
            return found if len(found) == number else []

        return until(as_many, lambda: f"{number} wanted, {self.running()} run\n{self.said()}")

    def wait_renewed(self, before: list[int]) -> list[int]:
        """Wait until as many processes as before run, and none of those."""

        def renewed() -> list[int]:
            found = self.running()
            return found if len(found) == len(before) and not {*found} & {*before} else []

        return until(renewed, lambda: f"{before}, then {self.running()}\n{self.said()}")

    def stop_leaves_nothing(self, port: int | None = None, number: int = signal.SIGINT) -> int:
        """Stop it; no process is left, and whoever comes next may have the port."""
        code = self.stop(number)
        self.assert_nothing_left()
        if port is not None:
            with socket.socket() as next_one:
                next_one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                next_one.bind(("127.0.0.1", port))
        return code

    def assert_nothing_left(self) -> None:
        until(lambda: not self.left(), lambda: f"left: {self.left()}\n{self.said()}")


def apps(folder: Path) -> Iterator[App]:
    """For a fixture: an app, and its end."""
    app = App(folder)
    try:
        yield app
    finally:
        app.close()
