"""Programs under the filter that are started again, with what they listened on kept."""

import _socket
import http.client
import os
import signal
import socket
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TypeVar

from autoreload.core.keeping import Address, Kept, Wanted, choose, in_the_way
from autoreload.outer.notified import Notified
from autoreload.system import listeners, processes
from autoreload.system.seccomp import Notices
from autoreload.system.sockets import held_by, listening
from autoreload.system.waiting import wait
from tests.waiting import TIMEOUT_S

T = TypeVar("T")


class Held(Kept):
    """A kept listener with its socket."""

    def __init__(self, sock: _socket.socket, address: Address, turn: int) -> None:
        super().__init__(address, turn=turn, options=listeners.options_of(sock))
        self.socket = sock


class Shelf:
    """Keeps listeners; every call is recorded."""

    def __init__(self) -> None:
        self.kept: list[Held] = []
        self.calls: list[str] = []

    def add(self, fd: int, address: Address, turn: int = 0) -> None:
        sock = _socket.socket(fileno=fd)
        inode = os.fstat(fd).st_ino
        for held in self.kept:
            if os.fstat(held.socket.fileno()).st_ino == inode:
                sock.close()
                held.taken_at = None
                return
        sock.listen(4096)
        self.kept.append(Held(sock, address, turn))

    def take(self, wanted: Wanted) -> Held | None:
        held = choose(self.kept, wanted)
        self.calls.append(f"take {wanted.address} {wanted.turn}: {held is not None}")
        if held is not None:
            held.taken_at = time.monotonic()
        return held

    def free(self, address: Address) -> bool:
        self.calls.append(f"free {address}")
        gone = in_the_way(self.kept, address)
        for held in gone:
            self.kept.remove(held)
            held.socket.close()
        return bool(gone)

    def close(self) -> None:
        for held in self.kept:
            held.socket.close()
        self.kept = []


class Program:
    """A program that is run again and again."""

    def __init__(
        self, argv: Sequence[str], folder: Path, environment: Mapping[str, str] | None = None
    ) -> None:
        self.argv = argv
        self.folder = folder
        self.environment = {**os.environ, **(environment or {})}
        self.shelf = Shelf()
        self.notified = Notified(self.shelf)
        self.pid = 0
        self.output = folder / "output.txt"

    def start(self, *, plainly: bool = False) -> None:
        """Start it; plainly is without the filter."""
        if plainly:
            self.pid = self._spawn()
            self.notified.begin(None)
        else:
            self.notified.begin(self.launch())

    def launch(self) -> Notices | None:
        """Start its process; its run does not begin."""
        self.pid, notices = self.notified.start(self._spawn)
        return notices

    def _spawn(self) -> int:
        """Start the process, its output to a file."""
        words = ["sh", "-c", 'cd "$1"; out=$2; shift 2; exec "$@" >>"$out" 2>&1', "sh"]
        words += [str(self.folder), str(self.output), *self.argv]
        return processes.spawn(words, self.environment, mask=())

    def pump(self, timeout_s: float = 0.02) -> None:
        """Wait a moment, and answer what comes."""
        self.notified.answer(wait(self.notified.filenos(), timeout_s))

    def until(self, fact: Callable[[], T]) -> T:
        """Answer calls until something is so."""
        deadline = time.monotonic() + TIMEOUT_S
        while not (found := fact()):
            assert time.monotonic() < deadline, self.said()
            self.pump()
        return found

    def said(self) -> str:
        text = self.output.read_text() if self.output.exists() else ""
        return f"{text}\n{self.shelf.calls}\n{self.notified.trouble}"

    def pids(self) -> list[int]:
        """Its process and all below."""
        tree = processes.descendants(self.pid, processes.table())
        return [self.pid, *(one.pid for one in tree)]

    def listeners(self) -> int:
        """How many listeners it has."""
        held = set().union(*(held_by(pid) for pid in self.pids()))
        return len(held & set(listening()))

    def until_answered(self, load: "Load") -> None:
        """Wait until the clients have got some answers more."""
        before = load.answered
        self.until(lambda: load.answered > before + 20)

    def keep(self) -> list[Address]:
        """Copy what it listens on, as when a restart begins."""
        found = self.notified.collect(self.pids())
        for one, turn in found:
            self.shelf.add(one.fd, one.address, turn)
        return [one.address for one, _ in found]

    def end(self, number: int = signal.SIGTERM) -> None:
        """Stop it, and what it started."""
        if not self.pid:
            return
        below = processes.descendants(self.pid, processes.table())
        processes.send(self.pid, number)
        self.until(lambda: os.waitpid(self.pid, os.WNOHANG)[0])
        for one in below:
            processes.send(one.pid, signal.SIGKILL)
        self.until(lambda: not any(processes.is_alive(one.pid) for one in below))
        self.pid = 0

    def restart(self, number: int = signal.SIGTERM) -> list[Address]:
        """Keep what it listens on, stop it and start it anew; where it listened."""
        kept = self.keep()
        self.end(number)
        for held in self.shelf.kept:
            held.taken_at = None
        self.start()
        return kept

    def close(self) -> None:
        self.end(signal.SIGKILL)
        self.notified.close()
        self.shelf.close()

    def answer(self, port: int) -> str:
        """One answer of its server; empty when there was none."""
        got: list[str] = []
        thread = threading.Thread(target=lambda: got.append(ask(port)))
        thread.start()
        while thread.is_alive():
            self.pump(0.005)
        return got[0]


def ask(port: int, host: str = "127.0.0.1") -> str:
    """The body of an answer; `refused`, or what else went wrong."""
    connection = http.client.HTTPConnection(host, port, timeout=10)
    try:
        connection.request("GET", "/", headers={"Connection": "close"})
        return connection.getresponse().read().decode()
    except ConnectionRefusedError:
        return "refused"
    except (OSError, http.client.HTTPException) as error:
        return f"broken: {error!r}"
    finally:
        connection.close()


class Load:
    """Clients that connect anew for every request, back to back."""

    def __init__(self, port: int, clients: int = 3) -> None:
        self._port = port
        self._stopped = threading.Event()
        self.answers: dict[str, int] = {}
        self._threads = [threading.Thread(target=self._run) for _ in range(clients)]

    def _run(self) -> None:
        while not self._stopped.is_set():
            answer = ask(self._port)
            key = answer if answer == "refused" else answer[:6]
            self.answers[key] = self.answers.get(key, 0) + 1
            self._stopped.wait(0.002)

    def __enter__(self) -> "Load":
        for thread in self._threads:
            thread.start()
        return self

    @property
    def refused(self) -> int:
        return self.answers.get("refused", 0)

    @property
    def answered(self) -> int:
        return sum(self.answers.values()) - self.refused - self.answers.get("broken", 0)

    def stop(self) -> None:
        self._stopped.set()

    def is_over(self) -> bool:
        return not any(thread.is_alive() for thread in self._threads)

    def __exit__(self, *_: object) -> None:
        self.stop()
        for thread in self._threads:
            thread.join()


def free_port(host: str = "127.0.0.1") -> int:
    """A port that the kernel just gave away and took back."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.bind((host, 0))
        return int(probe.getsockname()[1])
