"""A process that has let go of all that it held, and is only memory any more."""

import fcntl
import os
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from autoreload.system import libc, parting, processes
from tests.children import run
from tests.waiting import readable

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="Linux only")

CODE = 3


class Parted:
    """A fork that parts, with a lock and one end of a pipe."""

    def __init__(self, folder: Path) -> None:
        self.lock = folder / "lock"
        self.ears, mouth = os.pipe()
        self.pipe, held = os.pipe()
        self.pid = os.fork()
        if self.pid == 0:
            try:
                fcntl.flock(os.open(self.lock, os.O_RDWR | os.O_CREAT), fcntl.LOCK_EX)
                os.write(held, b"h")
                parting.part(CODE, mouth, b"gone")
            finally:
                os._exit(99)
        os.close(mouth)
        os.close(held)
        assert os.read(self.pipe, 1) == b"h"

    def close(self) -> None:
        os.close(self.ears)
        os.close(self.pipe)
        processes.send(self.pid, signal.SIGKILL)
        os.waitpid(self.pid, 0)


@pytest.fixture
def parted(tmp_path: Path) -> Iterator[Parted]:
    found = Parted(tmp_path)
    yield found
    found.close()


def test_when_the_word_is_said_nothing_is_held_and_the_memory_is_there(parted: Parted) -> None:
    assert os.read(parted.ears, 64) == b"gone"
    with parted.lock.open("r+") as file:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    assert os.read(parted.pipe, 1) == b"", "its end of the pipe is closed"
    assert processes.is_alive(parted.pid)
    assert Path(f"/proc/{parted.pid}/comm").read_text().strip() == processes.PARTED
    assert {int(one) for one in os.listdir(f"/proc/{parted.pid}/fd")} <= {0, 1, 2}
    assert os.read(parted.ears, 64) == b"", "nobody says anything more"


def test_signals_mean_nothing_to_it_any_more_but_its_end(parted: Parted) -> None:
    assert os.read(parted.ears, 64) == b"gone"
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGUSR1):
        os.kill(parted.pid, number)
    assert processes.is_alive(parted.pid)
    os.kill(parted.pid, signal.SIGKILL)
    ended = processes.watch_end(parted.pid)
    assert ended is not None
    assert readable(ended)
    os.close(ended)


def test_it_dies_with_its_parent() -> None:
    code = """
    import os, sys
    from autoreload.system import parting
    ears, mouth = os.pipe()
    pid = os.fork()
    if pid == 0:
        parting.part(3, mouth, b"g")
    os.close(mouth)
    assert os.read(ears, 1) == b"g"
    print(pid)
    """
    done = run(code)
    assert done.code == 0, done.err
    ended = os.pidfd_open(int(done.out)) if processes.is_alive(int(done.out)) else None
    if ended is not None:
        assert readable(ended)
        os.close(ended)


def test_it_ends_when_nobody_ends_it() -> None:
    ears, mouth = os.pipe()
    pid = os.fork()
    if pid == 0:
        parting.part(CODE, mouth, b"g")
    os.close(mouth)
    assert os.read(ears, 1) == b"g"
    over = os.pidfd_open(pid)
    assert readable(over)
    os.close(over)
    os.close(ears)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == -signal.SIGALRM


def test_where_descriptors_cannot_be_closed_at_once_it_ends(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def missing(name: str, *arguments: object) -> int:
        assert name == "close_range"
        raise AttributeError(name)

    ears, mouth = os.pipe()
    pid = os.fork()
    if pid == 0:
        monkeypatch.setattr(libc, "call_alone", missing)
        try:
            parting.part(CODE, mouth, b"g")
        finally:
            os._exit(99)
    os.close(mouth)
    assert os.read(ears, 1) == b"", "without a word"
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == CODE
    os.close(ears)
