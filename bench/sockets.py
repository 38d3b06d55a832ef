"""Restarts under load: who is refused, cut off or kept waiting, beside the own reloaders."""

import http.client
import os
import shlex
import signal
import socket
import subprocess
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from statistics import median
from threading import Event, Thread
from typing import NamedTuple, Self

from bench import environment
from tests.load import Load, ask, version_in
from tests.serving import SERVERS, WARE, Server, named

GIVEN_UP_S = 30.0
BETWEEN = 20
"""Answers between two restarts."""
APART_S = 1.05
"""Bytecode knows whole seconds: a server's own reloader would serve the first of two saves."""
BROKEN = ("reset", "empty", "truncated")
KINDS = ("refused", "wrong", *BROKEN, "hung", "odd")
MOST_OVER_S = 0.020
"""How much longer than the restart itself a client may wait."""
HEAD = "{:<30} {:<9}" + " {:>9}" * len(KINDS) + " {:>9} {:>9}  {}"


class Counted(NamedTuple):
    """What the clients of one server met."""

    counts: Counter[str]
    restarts_s: list[float]
    """From each save to the first answer that shows it."""
    waits_s: list[float]
    """The longest wait of a client in each of these restarts."""

    @property
    def over_s(self) -> float:
        """How much longer a client waited than the restart took, at the worst."""
        return max(wait - took for wait, took in zip(self.waits_s, self.restarts_s, strict=True))


class Running:
    """A server under a tool, in a folder of its own, from `with` to its end."""

    def __init__(self, line: str, files: dict[str, str]) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="bench-")
        self.path = Path(self._folder.name)
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.where = ("127.0.0.1", int(probe.getsockname()[1]))
        for name, text in {**files, "ware.py": WARE.format(0)}.items():
            (self.path / name).write_text(text)
            os.utime(self.path / name, (time.time() - 60, time.time() - 60))
        self._words = shlex.split(line.replace("PORT", str(self.where[1])))

    def __enter__(self) -> Self:
        variables = {**environment.variables(), "PORT": str(self.where[1]), "HOME": str(self.path)}
        with (self.path / "output").open("wb") as output:
            self.process = subprocess.Popen(
                self._words,
                cwd=self.path,
                env=variables,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )
        self.until(lambda: ask(self.where, 5).kind == "ok", "its first answer")
        return self

    def __exit__(self, *_: object) -> None:
        for number in (signal.SIGINT, signal.SIGKILL):
            try:
                os.killpg(self.process.pid, number)
                self.process.wait(5)
            except ProcessLookupError:
                break
            except subprocess.TimeoutExpired:
                pass
        self._folder.cleanup()

    def save(self, version: int) -> None:
        (self.path / "ware.py").write_text(WARE.format(version))

    def until(self, fact: Callable[[], bool], what: str) -> None:
        """Wait for a fact. Raises TimeoutError."""
        given_up = time.perf_counter() + GIVEN_UP_S
        while not fact():
            if time.perf_counter() > given_up:
                said = (self.path / "output").read_text(errors="replace")[-300:]
                raise TimeoutError(f"{shlex.join(self._words)}: no {what}; {said}")
            time.sleep(0.001)


def under_load(line: str, files: dict[str, str], restarts: int, *, apart_s: float = 0) -> Counted:
    """Restart a server under four clients that ask back to back."""
    restarts_s, waits_s = [], []
    with Running(line, files) as server, Load(server.where) as load:
        for version in range(1, restarts + 1):
            time.sleep(apart_s)
            server.until(load.answered_more(BETWEEN), "answers")
            load.mark()
            saved = time.perf_counter()
            server.save(version)
            server.until(lambda version=version: load.seen >= version, f"version {version}")  # type: ignore[misc]
            restarts_s.append(time.perf_counter() - saved)
            # Who asked before the first new answer came has waited for the restart as well.
            server.until(load.answered_more(8), "answers")
            waits_s.append(load.longest.waited_s if load.longest else 0.0)
    return Counted(load.counts, restarts_s, waits_s)


def show(restarts: int) -> int:
    """Print the table of all servers; how many bars were missed."""
    print(f"four clients, a new connection for each question, {restarts} restarts")
    print(HEAD.format("", "tool", *KINDS, "waited", "restart", "bar"))
    missed = 0
    for server in SERVERS:
        ours = _row(server, "autorun", f"autorun {server.line}", restarts)
        if ours is not None:
            missed += not _is_met(server, ours)
        if server.own:
            _row(server, "its own", server.own, restarts)
    return missed


def _row(server: Server, tool: str, line: str, restarts: int) -> Counted | None:
    is_ours = tool == "autorun"
    try:
        # A worker that boots late would have the next version, with the last in the others.
        at_once = is_ours and server.is_one_process
        counted = under_load(line, server.files, restarts, apart_s=0.0 if at_once else APART_S)
    except (TimeoutError, OSError) as failure:
        reason = str(failure).splitlines()[0]
        print(f"{server.name}, {tool}: not measured, {reason}", flush=True)
        return None
    bar = ""
    if is_ours:
        bar = "all 0" if server.is_one_process else "refused, wrong 0"
        bar += f", waited at most the restart + {MOST_OVER_S * 1000:.0f} ms: "
        bar += "met" if _is_met(server, counted) else "MISSED"
    figures = [str(counted.counts[kind]) for kind in KINDS]
    times = [_ms(max(counted.waits_s)), _ms(median(counted.restarts_s))]
    print(HEAD.format(server.name, tool, *figures, *times, bar).rstrip(), flush=True)
    return counted


def _is_met(server: Server, counted: Counted) -> bool:
    kinds = KINDS if server.is_one_process else ("refused", "wrong", "hung")
    return not any(counted.counts[kind] for kind in kinds) and counted.over_s <= MOST_OVER_S


class Cost(NamedTuple):
    """Median seconds from save to new answer."""

    kept: float
    not_kept: float


def cost(restarts: int) -> Cost:
    """What a hand-over adds to a restart that nobody waits for, both ways in turn."""
    server = named("http.server")
    found: dict[str, list[float]] = {"": [], "--no-keep-sockets ": []}
    with (
        Running(f"autorun {server.line}", server.files) as kept,
        Running(f"autorun --no-keep-sockets {server.line}", server.files) as not_kept,
    ):
        for version in range(1, restarts + 1):
            for running, times in zip((kept, not_kept), found.values(), strict=True):
                time.sleep(0.3)
                saved = time.perf_counter()
                running.save(version)
                running.until(lambda: _serves(running, version), f"version {version}")  # noqa: B023
                times.append(time.perf_counter() - saved)
    return Cost(*(median(times) for times in found.values()))


def _serves(running: Running, version: int) -> bool:
    return version_in(ask(running.where, 5).text) == version


def keep_alive(line: str, restarts: int, *, apart_s: float) -> tuple[int, int]:
    """Questions, and those that failed, of a pool of 8 connections without a retry."""
    server = named("uvicorn, asyncio")
    asked: Counter[str] = Counter()
    over = Event()
    seen = [0]

    def client(where: tuple[str, int]) -> None:
        connection = http.client.HTTPConnection(*where, timeout=20)
        while not over.is_set():
            try:
                connection.request("GET", "/")
                version = version_in(connection.getresponse().read())
                seen[0] = max(seen[0], version or 0)
                asked["ok"] += 1
            except (OSError, http.client.HTTPException):
                connection.close()
                asked["failed"] += 1
        connection.close()

    with Running(line, server.files) as running:
        clients = [Thread(target=client, args=[running.where]) for _ in range(8)]
        for one in clients:
            one.start()
        try:
            for version in range(1, restarts + 1):
                time.sleep(apart_s)
                running.save(version)
                running.until(lambda version=version: seen[0] >= version, f"version {version}")  # type: ignore[misc]
        finally:
            over.set()
            for one in clients:
                one.join()
    return asked.total(), asked["failed"]


class Used(NamedTuple):
    """What the outer has open and for itself."""

    restarts: int
    descriptors: int
    memory_kb: int


def leaks(restarts: int) -> list[Used]:
    """What the outer uses in the course of many restarts of a tiny server."""
    server = named("http.server")
    found = []
    with Running(f"autorun {server.line}", server.files) as running:
        for version in range(1, restarts + 1):
            running.save(version)
            running.until(lambda: _serves(running, version), f"version {version}")  # noqa: B023
            if version % max(restarts // 10, 1) == 0:
                found.append(_used(running.process.pid, version))
    return found


def _used(pid: int, restarts: int) -> Used:
    rows = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    private = sum(int(row.split()[1]) for row in rows if row.startswith("Private_"))
    return Used(restarts, len(os.listdir(f"/proc/{pid}/fd")), private)


def _ms(seconds: float) -> str:
    return f"{seconds * 1000:.0f} ms"


def show_rest(restarts: int, *, long: bool) -> int:
    """Print what a hand-over costs, keep-alive clients, and leaks; how many bars were missed."""
    taken = cost(restarts)
    added = taken.kept - taken.not_kept
    is_cheap = added <= 0.005
    print(
        f"cost of a hand-over, median: {added * 1000:+.1f} ms ({_ms(taken.kept)} with,"
        f" {_ms(taken.not_kept)} without), bar 5 ms: {'met' if is_cheap else 'MISSED'}"
    )
    line = named("uvicorn, asyncio").line
    for tool, whole, apart_s in (
        ("autorun", f"autorun {line}", 0.3),
        ("its own", named("uvicorn, asyncio").own, APART_S),
    ):
        asked, failed = keep_alive(whole, restarts, apart_s=apart_s)
        print(f"8 keep-alive clients, uvicorn, {tool}: {failed} of {asked} questions failed")
    missed = int(not is_cheap)
    if long:
        used = leaks(10_000)
        print(f"10,000 restarts, descriptors and private memory of the outer: {used}")
        missed += len({one.descriptors for one in used}) > 1
    return missed
