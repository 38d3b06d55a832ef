"""What warm restarts cost beside their time: starts, memory, doing nothing, and many in a row."""

import threading
import time
from statistics import median

from bench import processes, warm, warmapps
from bench.programs import Program
from bench.saves import Server
from bench.table import Table, ms
from bench.warmapps import App

MB = 1024
SETTLED_S = 5.0
"""What comes after a restart is over by then: checkpoints, a standby, their pages."""
BIG_MB = 130


class Refusals:
    """A client that connects again and again, and counts who is refused."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run)
        self.asked = self.refused = 0

    def __enter__(self) -> "Refusals":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def _run(self) -> None:
        import http.client

        while not self._over.is_set():
            connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=10)
            self.asked += 1
            try:
                connection.request("GET", "/")
                connection.getresponse().read()
            except ConnectionRefusedError:
                self.refused += 1
            except (OSError, http.client.HTTPException):
                pass
            finally:
                connection.close()


def show(table: Table, *, quick: bool) -> None:
    """Every row."""
    named = {one.program.name: one for one in warmapps.apps()}
    django, fastapi = named["Django, views.py"], named["FastAPI, pandas, SQLAlchemy, one file"]
    for app in (django, fastapi):
        show_refused(table, app.program, 5 if quick else 20)
        show_starts(table, app.program, 3 if quick else 11)
        show_memory(table, app)
        show_idle(table, app.program, 4 if quick else 20)
    show_many(table, named["script, pandas"].program, 60 if quick else 500)


def show_refused(table: Table, program: Program, edits: int) -> None:
    with Server(program, warm.lines(program)["warm"]) as server:
        server.start()
        with Refusals(server.port) as client:
            for version in range(2, 2 + edits):
                server.save_and_wait(version)
                time.sleep(0.5)
        table.row(
            f"{program.name}: refused in {edits} restarts",
            f"{client.refused}",
            compared=f"{client.asked} asked",
            bar="none",
            is_met=not client.refused,
        )


def show_starts(table: Table, program: Program, times: int) -> None:
    found: dict[str, list[float]] = {"warm": [], "cold": []}
    for _ in range(times):
        for tool, seconds in found.items():
            with Server(program, warm.lines(program)[tool]) as server:
                seconds.append(server.start())
    ours, theirs = median(found["warm"]), median(found["cold"])
    most = theirs + max(0.100, 0.15 * theirs)
    table.row(
        f"{program.name}: first start",
        ms(ours),
        compared=ms(theirs),
        ratio=ours / theirs,
        bar=f"{ms(most)} at most",
        is_met=ours <= most,
    )


def show_memory(table: Table, app: App) -> None:
    """All processes but the outer against the program alone, after some edits."""
    program = app.program
    with Server(program, program.plain.replace("uvicorn", "python -m uvicorn")) as server:
        server.start()
        time.sleep(1)
        alone = sum(map(processes.pss_kb, processes.tree(server.pid))) / MB
    is_big = alone >= BIG_MB
    kinds = {"warm": (2.3 if is_big else 3.8), "no standby": (1.5 if is_big else 2.2)}
    if "no standby" not in warm.lines(program):
        kinds = {"warm": kinds["no standby"]}
    for kind, most in kinds.items():
        with Server(program, warm.lines(program)[kind]) as server:
            server.start()
            for version in (2, 3, 4):
                server.save_and_wait(version)
                time.sleep(1)
            time.sleep(SETTLED_S)
            below = processes.tree(server.pid)[1:]
            used = sum(map(processes.pss_kb, below)) / MB
        table.row(
            f"{program.name}: memory, {kind}, {len(below)} processes",
            f"{used:.0f} MB",
            compared=f"{alone:.0f} MB",
            ratio=used / alone,
            bar=f"{most} times",
            is_met=used <= most * alone,
        )


def show_idle(table: Table, program: Program, seconds: float) -> None:
    """What autorun adds: servers wake up by themselves."""
    with Server(program, program.plain.replace("uvicorn", "python -m uvicorn")) as server:
        server.start()
        time.sleep(SETTLED_S)
        alone = processes.idle(server.pid, seconds)
    with Server(program, warm.lines(program)["warm"]) as server:
        server.start()
        for version in (2, 3):
            server.save_and_wait(version)
            time.sleep(1)
        time.sleep(SETTLED_S)
        found = processes.idle(server.pid, seconds)
    table.row(
        f"{program.name}: idle, all processes",
        f"{found:.2f} %",
        compared=f"{alone:.2f} %",
        bar="0.3 % more at most",
        is_met=found - alone <= 0.3,
    )


def show_many(table: Table, program: Program, times: int) -> None:
    """Restarts in a row: neither slower, nor larger, nor more."""
    taken, sizes = [], []
    with Server(program, warm.lines(program)["warm"]) as server:
        server.start()
        for version in range(2, 2 + times):
            taken.append(server.save_and_wait(version))
            time.sleep(0.05)
            if version == times // 5:
                time.sleep(SETTLED_S)
                sizes.append(_size(server.pid))
        time.sleep(SETTLED_S)
        sizes.append(_size(server.pid))
    part = times // 5
    early, late = median(taken[part : 2 * part]), median(taken[-part:])
    table.row(
        f"{times} restarts in a row: the last fifth against the second",
        ms(late),
        compared=ms(early),
        ratio=late / early,
        bar="1.25",
        is_met=late <= 1.25 * early,
    )
    for name, before, after, slack in zip(
        ("processes", "descriptors", "MB", "zombies"), *sizes, (1, 8, 5, 0), strict=True
    ):
        table.row(
            f"  {name}",
            f"{after:.0f}",
            compared=f"{before:.0f}",
            bar=f"{slack} more at most",
            is_met=after <= before + slack,
        )


def _size(pid: int) -> tuple[float, float, float, float]:
    """Processes, descriptors, megabytes and zombies of a tool and all below it."""
    pids = processes.tree(pid)
    zombies = sum(processes.is_zombie(one) for one in pids)
    descriptors = sum(map(processes.descriptors, pids))
    return len(pids), descriptors, sum(map(processes.pss_kb, pids)) / MB, zombies
