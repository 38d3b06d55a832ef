"""Real processes: how they are started, found and ended."""

import json
import os
import select
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

import pytest

from autoreload.system import processes
from autoreload.system.processes import Process
from tests.children import environment, output, started
from tests.waiting import readable

linux = pytest.mark.skipif(sys.platform != "linux", reason="/proc is Linux only")


@contextmanager
def spawned(code: str, *, mask: tuple[int, ...] = (), **more: str) -> Iterator[tuple[int, int]]:
    """A child by `spawn`, and the pipe on which it speaks, whose number is its first argument."""
    read, write = os.pipe()
    argv = [sys.executable, "-c", f"import os, sys; out = int(sys.argv[1])\n{code}", str(write)]
    pid = processes.spawn(argv, environment(**more), mask=mask, pass_fd=write)
    os.close(write)
    try:
        yield pid, read
    finally:
        os.close(read)
        try:
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)
        except (ProcessLookupError, ChildProcessError):
            pass  # the test has seen its end


def heard(fd: int) -> str:
    """All that comes until the end, or the next line of one that stays."""
    text = b""
    while not text.endswith(b"\n"):
        assert readable(fd), f"only {text!r} came"
        if not (taken := os.read(fd, 4096)):
            break
        text += taken
    return text.decode()


READY_AND_STAY = "import signal; os.write(out, b'ready\\n'); signal.pause()"


def test_a_child_speaks_on_the_descriptor_that_it_is_given() -> None:
    with spawned("os.write(out, b'hello')") as (pid, read):
        assert heard(read) == "hello"
        assert os.waitpid(pid, 0) == (pid, 0)


def test_a_child_gets_no_other_descriptor() -> None:
    other = os.open(os.devnull, os.O_RDONLY)
    os.set_inheritable(other, False)
    try:
        code = f"""
try:
    os.fstat({other})
except OSError:
    os.write(out, b'closed')
"""
        with spawned(code) as (_, read):
            assert heard(read) == "closed"
    finally:
        os.close(other)


def test_a_child_gets_the_environment_and_nothing_else() -> None:
    with spawned("os.write(out, os.environ['SAID'].encode())", SAID="héllo") as (_, read):
        assert heard(read) == "héllo"


def test_a_child_stays_in_our_group_and_directory() -> None:
    code = "os.write(out, f'{os.getpgrp()} {os.getcwd()}'.encode())"
    with spawned(code) as (_, read):
        assert heard(read) == f"{os.getpgrp()} {os.getcwd()}"


@pytest.mark.parametrize("mask", [(), (signal.SIGTERM,), (signal.SIGINT, signal.SIGUSR1)])
def test_a_child_gets_the_mask(mask: tuple[int, ...]) -> None:
    code = "import signal; os.write(out, repr([*map(int, signal.pthread_sigmask(0, []))]).encode())"
    with spawned(code, mask=mask) as (_, read):
        assert sorted(json.loads(heard(read))) == sorted(map(int, mask))


DISPOSITIONS = """
    import os, signal, sys
    from autoreload.system import processes
    for number in (signal.SIGINT, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)  # as for a job that a shell started with & and nohup
    argv = ["grep", "SigIgn", "/proc/self/status"]
    os.waitpid(processes.spawn(argv, os.environ, mask=()), 0)
"""


@linux
def test_a_child_can_be_interrupted_and_nohup_stays() -> None:
    ignored = int(output(DISPOSITIONS).split()[1], 16)
    assert [
        number
        for number in (signal.SIGINT, signal.SIGPIPE, signal.SIGXFSZ, signal.SIGHUP)
        if ignored >> (number - 1) & 1
    ] == [signal.SIGHUP]


@pytest.mark.parametrize("name", ["/nowhere/python", "no-such-program-anywhere"])
def test_what_is_not_there_is_told_at_once(name: str) -> None:
    with pytest.raises(FileNotFoundError):
        processes.spawn([name], environment(), mask=())


def test_what_may_not_be_executed_is_told_at_once(tmp_path: Path) -> None:
    (tmp_path / "plain").write_text("no program")
    with pytest.raises(PermissionError):
        processes.spawn([str(tmp_path / "plain")], environment(), mask=())


# In an interpreter of its own: `reap` collects every child there is.
REAP = """
    import os, signal, sys
    from autoreload.system import processes
    assert processes.reap() == []
    def spawn(code):
        return processes.spawn([sys.executable, "-c", code], os.environ, mask=())
    stays = spawn("import signal; signal.pause()")
    assert processes.reap() == []
    expected = {spawn("raise SystemExit(3)"): 3, spawn("pass"): 0}
    expected[spawn("import os, signal; os.kill(os.getpid(), signal.SIGKILL)")] = -9
    for pid in expected:
        os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT)
    assert not any(processes.is_alive(pid) for pid in expected), "a zombie is gone"
    ended = {one.pid: one.code for one in processes.reap()}
    assert ended == expected, ended
    os.kill(stays, signal.SIGTERM)
    os.waitid(os.P_PID, stays, os.WEXITED | os.WNOWAIT)
    assert [(one.pid, one.code) for one in processes.reap()] == [(stays, -15)]
    print("well")
"""


def test_children_are_reaped_with_their_codes() -> None:
    assert output(REAP) == "well\n"


SUBREAPER = """
    import os, sys
    from autoreload.system import processes
    assert processes.become_subreaper()
    # The child leaves a child of its own and ends; that one is ours then.
    code = "import os; os.fork() or (os.read(0, 1), os._exit(7))"
    read, write = os.pipe()
    os.set_inheritable(read, True)
    os.dup2(read, 0)
    child = processes.spawn([sys.executable, "-c", code], os.environ, mask=())
    assert os.waitpid(child, 0) == (child, 0)
    (orphan,) = processes.descendants(os.getpid(), processes.table())
    assert orphan.parent == os.getpid()
    os.close(read); os.close(0)
    os.close(write)
    os.waitid(os.P_PID, orphan.pid, os.WEXITED | os.WNOWAIT)
    print([(one.pid == orphan.pid, one.code) for one in processes.reap()])
"""


@linux
def test_orphans_come_to_a_subreaper() -> None:
    assert output(SUBREAPER) == "[(True, 7)]\n"


def process(pid: int, parent: int) -> Process:
    return Process(pid, f"name{pid}", parent, 1)


@pytest.mark.parametrize(
    ("root", "found"),
    [
        (1, [2, 3, 4, 5, 6]),
        (2, [4, 6]),
        (3, [5]),
        (6, []),
        (99, []),
    ],
)
def test_descendants_come_nearest_first(root: int, found: list[int]) -> None:
    tree = {1: 0, 2: 1, 3: 1, 4: 2, 5: 3, 6: 4, 7: 0}
    listing = {pid: process(pid, parent) for pid, parent in tree.items()}
    assert [one.pid for one in processes.descendants(root, listing)] == found


FAMILY = """
import subprocess
child = subprocess.Popen([sys.executable, "-c", "import signal; signal.pause()"])
os.write(out, f"{child.pid}\\n".encode())
try:
    child.wait()
finally:
    child.kill()
"""


def test_what_descends_is_found() -> None:
    with spawned(FAMILY) as (pid, read):
        grandchild = int(heard(read))
        try:
            listing = processes.table()
            assert [one.pid for one in processes.descendants(pid, listing)] == [grandchild]
            assert listing[pid].parent == os.getpid()
            assert listing[pid].session == os.getsid(0)
            assert os.getpid() in listing
        finally:
            os.kill(grandchild, signal.SIGKILL)


@linux
def test_a_process_may_be_called_anything(tmp_path: Path) -> None:
    script = tmp_path / "a) Z 1 (b"
    script.write_text(f"#!{sys.executable}\nimport signal\nprint('ready')\nsignal.pause()\n")
    script.chmod(0o755)
    code = "import os, sys; os.dup2(2, 1); os.execv(sys.argv[1], sys.argv[1:])"
    with started(code, str(script), PYTHONUNBUFFERED="1") as child:
        assert child.line() == "ready"
        found = processes.table()[child.pid]
        assert (found.name, found.parent) == (script.name, os.getpid())
        assert repr(found) == f"{child.pid} ({script.name})"


@linux
def test_carriers_are_found_by_what_they_carry() -> None:
    identity = str(uuid4())
    with spawned(READY_AND_STAY, CARRIED=identity) as (pid, read):
        heard(read)
        assert [one.pid for one in processes.carriers("CARRIED", identity)] == [pid]
        assert processes.carriers("CARRIED", identity[:-1]) == []
        assert processes.carriers("ARRIED", identity) == []


def test_a_name_is_given_and_given_back() -> None:
    code = """
        from autoreload.system import processes
        shown = lambda: open("/proc/self/comm").read().strip()
        before = shown()
        assert processes.rename("checkpoint") == before
        assert shown() == processes.CHECKPOINT
        assert processes.rename(before) == "checkpoint"
        assert shown() == before
    """
    assert output(code) == ""


def test_who_is_alive() -> None:
    with spawned(READY_AND_STAY) as (pid, read):
        heard(read)
        assert processes.is_alive(pid)
        processes.send(pid, signal.SIGKILL)
        os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT)
        if sys.platform == "linux":
            assert not processes.is_alive(pid)
            assert pid not in processes.table()
        os.waitpid(pid, 0)
        assert not processes.is_alive(pid)
        processes.send(pid, signal.SIGKILL)  # nobody there is no error


class Pauses:
    """Waits for the end of children, and collects them, as the outer's loop does."""

    def __init__(self, *pids: int) -> None:
        self.pids = set(pids)
        self.codes: dict[int, int] = {}
        self.calls = 0

    def __call__(self, seconds: float) -> None:
        self.calls += 1
        select.select([], [], [], seconds)
        self.collect(os.WNOHANG)

    def collect(self, how: int = 0) -> dict[int, int]:
        """The exit codes; whoever ended after the last look is collected here."""
        for pid in list(self.pids):
            found, status = os.waitpid(pid, how)
            if found:
                self.codes[pid] = os.waitstatus_to_exitcode(status)
                self.pids.discard(pid)
        return self.codes


IGNORES_TERM = f"import signal; signal.signal(15, signal.SIG_IGN)\n{READY_AND_STAY}"
CLEANS_UP = f"""
import signal
signal.signal(signal.SIGTERM, lambda *_: sys.exit(7))
{READY_AND_STAY}
"""


def test_who_takes_term_may_clean_up() -> None:
    with spawned(CLEANS_UP) as (pid, read):
        heard(read)
        pauses = Pauses(pid)
        processes.end([pid], 20, pauses)
        assert pauses.collect() == {pid: 7}


def test_who_ignores_term_is_killed_after_the_grace() -> None:
    with spawned(IGNORES_TERM) as (pid, read), spawned(CLEANS_UP) as (other, also):
        heard(read)
        heard(also)
        pauses = Pauses(pid, other)
        processes.end([pid, other], 0.5, pauses)
        pauses.collect()
        assert pauses.codes[pid] == -signal.SIGKILL
        # The machine may be too busy for a clean-up in that time.
        assert pauses.codes[other] in (7, -signal.SIGKILL)


@linux
def test_a_stopped_one_is_continued_so_that_it_can_clean_up() -> None:
    with spawned(CLEANS_UP) as (pid, read):
        heard(read)
        os.kill(pid, signal.SIGSTOP)
        os.waitid(os.P_PID, pid, os.WSTOPPED | os.WNOWAIT)
        pauses = Pauses(pid)
        processes.end([pid], 20, pauses)
        assert pauses.collect() == {pid: 7}


def test_nobody_left_needs_no_pause() -> None:
    with spawned("pass") as (pid, _):
        os.waitpid(pid, 0)
        pauses = Pauses()
        processes.end([pid], 20, pauses)
        processes.end([], 20, pauses)
        assert pauses.calls == 0
