"""What is kept of the files edited last, and when a chain of checkpoints is let go."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from autoreload.core.checkpoints import MOST_REPEATS, OLDEST_S
from autoreload.outer.child import Child
from autoreload.outer.warmth import MEASURED_AFTER_S, Warmth
from autoreload.system.channel import pair

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="warm restarts need Linux")


class Clock:
    """A clock that stands until it is set."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


class Bench:
    """A warmth, and children of which each process is a sleeper."""

    def __init__(self, folder: Path, stack: ExitStack) -> None:
        self.folder = folder
        self.clock = Clock()
        self.stack = stack
        self.sleepers: list[subprocess.Popen[bytes]] = []
        self.warmth = self.another()

    def another(self) -> Warmth:
        """That of another session."""
        environment = {"XDG_CACHE_HOME": str(self.folder)}
        return Warmth(str(self.folder), environment, self.clock)

    def sleeper(self) -> int:
        process = self.stack.enter_context(subprocess.Popen(["sleep", "1000"]))
        self.stack.callback(process.kill)
        self.sleepers.append(process)
        return process.pid

    def child(self) -> Child:
        """One with a checkpoint above it."""
        ours, theirs = pair()
        self.stack.callback(os.close, theirs)
        child = Child(self.sleeper(), ours)
        self.stack.callback(child.close)
        child.chain = [child.pid]
        child.live = self.sleeper()
        return child


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    with ExitStack() as stack:
        yield Bench(tmp_path, stack)


def test_what_was_edited_is_known_in_the_next_session(bench: Bench) -> None:
    bench.warmth.decide(["/shop/a.py", "/shop/data.json"])
    bench.warmth.decide(["/shop/b.py"])
    assert bench.another().hot == [], "there was no time yet"
    bench.warmth.ready()
    assert bench.another().hot == bench.warmth.hot == ["/shop/a.py", "/shop/b.py"]


def test_a_restart_is_trusted(bench: Bench) -> None:
    child = bench.child()
    for number in range(10):
        (bench.folder / "a.py").write_text(f"VALUE = {number}")
        bench.warmth.decide([str(bench.folder / "a.py")])
        assert bench.warmth.is_trusted(child)
    assert bench.warmth.look(child) is None


def test_what_is_restarted_over_and_over_is_started_cold(bench: Bench) -> None:
    (bench.folder / "a.py").write_text("VALUE = 1")
    child = bench.child()
    found = []
    for _ in range(MOST_REPEATS):
        bench.warmth.decide([str(bench.folder / "a.py")])
        found.append(bench.warmth.is_trusted(child))
    assert found == [True] * (MOST_REPEATS - 1) + [False]
    assert [one.wait(10) for one in bench.sleepers] == [-signal.SIGKILL] * 2
    line = bench.warmth.look(None)
    assert line is not None
    assert line.text == "a.py found changed again and again without a change, starting cold"
    assert bench.warmth.look(None) is None, "said once"


def test_an_old_chain_is_let_go_when_there_is_time(bench: Bench) -> None:
    child = bench.child()
    bench.warmth.begin()
    assert bench.warmth.timeouts(bench.clock.now) == []
    bench.warmth.ready()
    bench.clock.now += OLDEST_S
    assert bench.warmth.look(child) is None
    assert bench.sleepers[0].poll() is None
    bench.clock.now += OLDEST_S
    bench.warmth.look(child)
    assert bench.sleepers[0].wait(10) == -signal.SIGKILL
    assert bench.sleepers[1].poll() is None, "the program lives on"
    assert child.cold == "its checkpoints are 8 hours old"


def test_a_new_chain_is_young(bench: Bench) -> None:
    child = bench.child()
    bench.clock.now += 2 * OLDEST_S
    bench.warmth.begin()
    bench.warmth.ready()
    bench.clock.now += MEASURED_AFTER_S
    bench.warmth.look(child)
    assert bench.sleepers[0].poll() is None
    assert 0 < bench.warmth.timeouts(bench.clock.now)[0] <= 60
