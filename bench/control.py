"""What it takes to ask: `autorun status` and `wait` as whole processes, and what a client costs.

Peers have nothing of the kind, so the comparison is `python -c pass`, which is what every command
in Python costs.
"""

import subprocess
import tempfile
import time
from pathlib import Path
from statistics import median

from bench import costs, environment
from bench.table import Table, ms

WAITING = "import ware\nimport signal\nprint('up', ware.VERSION, flush=True)\nsignal.pause()\n"
MOST_S = 0.060


def _taken(words: list[str], folder: Path) -> float:
    started = time.perf_counter()
    subprocess.run(
        words, cwd=folder, env=environment.variables(), stdout=subprocess.DEVNULL, check=True
    )
    return time.perf_counter() - started


class _Running:
    """A program of two modules under autorun."""

    def __init__(self, folder: Path) -> None:
        self._ware = folder / "ware.py"
        (folder / "app.py").write_text(WAITING)
        self._version = 0
        self._write()
        self._process = costs.start([str(environment.BIN / "autorun"), "app.py"], folder)
        self._await()

    def _write(self) -> None:
        self._version += 1
        self._ware.write_text(f"VERSION = {self._version}\n")

    def _await(self) -> None:
        assert self._process.stdout is not None
        while self._process.stdout.readline().strip() != f"up {self._version}":
            pass

    def restart(self) -> float:
        """Seconds from a save to the first line of the new code."""
        started = time.perf_counter()
        self._write()
        self._await()
        return time.perf_counter() - started

    def end(self) -> None:
        costs.end(self._process)


def show(table: Table, *, quick: bool) -> None:
    """Print the rows."""
    times = 7 if quick else 31
    with tempfile.TemporaryDirectory(prefix="bench-") as name:
        folder = Path(name)
        running = _Running(folder)
        try:
            _show_commands(table, folder, times)
            _show_client(table, running, folder, times)
        finally:
            running.end()


def _show_commands(table: Table, folder: Path, times: int) -> None:
    lines = {
        "python": [str(environment.BIN / "python"), "-c", "pass"],
        "status": [str(environment.BIN / "autorun"), "status"],
        "wait": [str(environment.BIN / "autorun"), "wait"],
    }
    found: dict[str, list[float]] = {name: [] for name in lines}
    _taken(lines["wait"], folder)  # until it is ready
    for _ in range(times):
        for name, words in lines.items():
            found[name].append(_taken(words, folder))
    plain = median(found.pop("python"))
    for name, taken in found.items():
        ours = median(taken)
        table.row(
            f"autorun {name}, nothing pending",
            ms(ours),
            compared=ms(plain),
            ratio=ours / plain,
            bar="python -c pass + 60 ms",
            is_met=ours <= plain + MOST_S,
        )


def _show_client(table: Table, running: _Running, folder: Path, times: int) -> None:
    """Restarts with and without somebody who follows the events, in turn."""
    alone, followed = [], []
    for _ in range(times):
        alone.append(running.restart())
        words = [str(environment.BIN / "autorun"), "events", "-f"]
        with subprocess.Popen(
            words, cwd=folder, env=environment.variables(), stdout=subprocess.PIPE
        ) as client:
            assert client.stdout is not None
            client.stdout.readline()  # it is connected
            followed.append(running.restart())
            client.terminate()
    ours, theirs = median(followed), median(alone)
    table.row(
        "restart of a script while a client follows",
        ms(ours),
        compared=ms(theirs),
        ratio=ours / theirs,
        bar="alone + 5 ms",
        is_met=ours <= theirs + 0.005,
    )
