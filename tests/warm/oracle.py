"""After each restart, what runs is what a fresh `python` would run."""

import json
import os
import random
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

from autoreload.core.checkpoints import STANDBY_AFTER_S
from tests.driver import App, clean_environment
from tests.warm.project import Project

PATIENCE_S = 20.0
REST_S = STANDBY_AFTER_S + 0.2
"""After this one stands by, on a machine that is not too busy."""


class Outcome:
    """What came of one sequence of edits."""

    def __init__(self) -> None:
        self.edits = 0
        self.restarts = 0
        """Those that came up."""
        self.cold: list[str] = []
        """Why restarts were cold."""
        self.killed = 0
        self.wrong: list[str] = []

    def __repr__(self) -> str:
        warm = self.restarts - len(self.cold)
        return (
            f"{self.edits} edits, {self.restarts} restarts, {warm} of them warm, "
            f"{self.killed} checkpoints killed, {len(self.wrong)} states wrong"
        )


def fresh(folder: Path) -> str:
    """What a fresh start says; empty when it fails."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:  # as for whatever a shell starts with `&`
        signal.signal(signal.SIGINT, signal.default_int_handler)  # autorun sets it back as well
    words = [sys.executable, "-B", "main.py", "--once"]
    done = subprocess.run(
        words, cwd=folder, env=clean_environment(), capture_output=True, text=True, check=False
    )
    return done.stdout.strip() if done.returncode == 0 else ""


def difference(wanted: str, found: str) -> str:
    """Where two states differ."""
    if not wanted or not found:
        return f"wanted {wanted[:200]!r}, found {found[:200]!r}"
    one, other = json.loads(wanted), json.loads(found)
    for part in one:
        if part != "modules" and one[part] != other.get(part):
            return f"{part}: wanted {one[part]}, found {other.get(part)}"
    names = sorted({*one["modules"], *other["modules"]})
    pairs = [(name, one["modules"].get(name), other["modules"].get(name)) for name in names]
    return "; ".join(f"{name}: wanted {a}, found {b}" for name, a, b in pairs if a != b)[:900]


def run(folder: Path, seed: int, edits: int, *, kills: bool = True, rests: float = 0.2) -> Outcome:
    """Start a generated project warm, edit it, and compare after each edit.

    `rests` is the share of edits that come when one stands by for them.
    """
    folder.mkdir(exist_ok=True)
    app = App(folder)
    project = Project(app.project, seed)
    rnd = random.Random(seed)
    outcome = Outcome()
    state = folder / "state.json"
    try:
        app.start("--warm", "--verbose", "main.py", env={"DUMP_TO": str(state)})
        done = ["start"]
        for _ in range(edits + 1):
            if not _agrees(app, project.folder, state, outcome, f"seed {seed}, after {done}"):
                break
            if kills and rnd.random() < 0.1:
                outcome.killed += _kill_one(app, rnd)
            if rnd.random() < rests:
                time.sleep(REST_S)
            done.append(project.edit())
            outcome.edits += 1
            while rnd.random() < 0.15:  # more edits while the run for the first one starts
                time.sleep(rnd.choice((0, 0.01, 0.05)))
                done.append(project.edit())
            done = done[-4:]
    finally:
        app.close()
    outcome.restarts = app.count(r"ready in .* \((warm|cold: .*)\)")
    outcome.cold = re.findall(r"ready in .* \(cold: (.*)\)", app.err())
    return outcome


def _agrees(app: App, folder: Path, state: Path, outcome: Outcome, what: str) -> bool:
    """Wait until the running program shows what a fresh start shows."""
    wanted = fresh(folder)
    deadline = time.monotonic() + PATIENCE_S
    while True:
        try:
            found = state.read_text()
        except OSError:
            found = ""
        if found == wanted:
            return True
        if outcome.killed and "killed by SIGKILL" in app.err():
            return False  # the one that was to become a checkpoint was the program a moment before
        if time.monotonic() > deadline:
            # What is saved slowly by a save style may have been caught in the middle.
            wanted = fresh(folder)
            if found == wanted:
                return True
            outcome.wrong.append(f"{what}: {difference(wanted, found)}\n{app.said()[-3000:]}")
            return False
        time.sleep(0.01)


def _kill_one(app: App, rnd: random.Random) -> int:
    """Kill a checkpoint, as the kernel does when memory runs out; whether there was one."""
    pids = app.below()
    parents = {pid: _parent(pid) for pid in pids}
    standing = [pid for pid in pids if pid in parents.values()]
    if not standing:
        return 0
    os.kill(rnd.choice(standing), signal.SIGKILL)
    return 1


def _parent(pid: int) -> int:
    try:
        return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
    except OSError:
        return 0
