"""What autorun costs beside a restart: the first start, memory, and doing nothing."""

import subprocess
import tempfile
import time
from pathlib import Path

from bench import environment, processes
from bench.programs import Program
from bench.saves import Server

WAITING = "import signal\nprint('up', flush=True)\nsignal.pause()\n"


def start(words: list[str], cwd: Path) -> subprocess.Popen[str]:
    """Start something whose lines are read."""
    return subprocess.Popen(
        words,
        cwd=cwd,
        env=environment.variables(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )


def _until_up(process: subprocess.Popen[str]) -> None:
    assert process.stdout is not None
    line = process.stdout.readline()
    assert line == "up\n", line


def end(process: subprocess.Popen[str]) -> None:
    """Have it end, and wait for that."""
    process.terminate()
    process.wait(10)
    assert process.stdout is not None
    process.stdout.close()


def first_starts(times: int) -> dict[str, list[float]]:
    """Seconds to the first line of an empty script: plain, under autorun, and with an option."""
    lines = {
        "python": ["python", "app.py"],
        "autorun": ["autorun", "app.py"],
        "with options": ["autorun", "--stop-timeout", "5", "app.py"],
    }
    found: dict[str, list[float]] = {name: [] for name in lines}
    with tempfile.TemporaryDirectory(prefix="bench-") as name:
        folder = Path(name)
        (folder / "app.py").write_text(WAITING)
        for _ in range(times):
            for kind, words in lines.items():
                started = time.perf_counter()
                process = start([str(environment.BIN / words[0]), *words[1:]], folder)
                _until_up(process)
                found[kind].append(time.perf_counter() - started)
                end(process)
    return found


def memory(program: Program) -> float:
    """Megabytes (PSS) of the outer after a restart: what is shared counts in part."""
    with Server(program, program.lines["autorun"]) as server:
        server.start()
        server.save_and_wait(2)
        time.sleep(2)
        return processes.pss_kb(server.pid) / 1024


def idle(neighbours: int, seconds: float) -> float:
    """Percent of one core that outer, inner and witness take together beside so many files."""
    with tempfile.TemporaryDirectory(prefix="bench-") as name:
        folder = Path(name)
        (folder / "app.py").write_text(WAITING)
        _fill(folder, neighbours)
        process = start([str(environment.BIN / "autorun"), "app.py"], folder)
        try:
            _until_up(process)
            time.sleep(3)  # the boot, and the first looks
            return processes.idle(process.pid, seconds)
        finally:
            end(process)


def _fill(folder: Path, neighbours: int) -> None:
    """Half of the files beside the program, half in folders of a hundred."""
    for number in range(neighbours // 2):
        (folder / f"beside{number}.txt").touch()
    for number in range(neighbours - neighbours // 2):
        below = folder / f"data{number // 100}"
        if number % 100 == 0:
            below.mkdir()
        (below / f"{number}.txt").touch()
