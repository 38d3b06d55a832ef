"""A process below a checkpoint: its words, its gate, its end."""

import os
import signal
import sys
from collections.abc import Callable, Iterator

import pytest

from autoreload.inner.below import COME, GO, Below, Place, fork_below
from autoreload.inner.upward import AGAIN, GONE, IS_CHECKPOINT, IS_PROGRAM, OVER, WAITS
from autoreload.system import processes
from tests.waiting import readable, until

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="Linux only")

Do = Callable[[Place], object]


@pytest.fixture
def forked() -> Iterator[Callable[[Do], Below]]:
    """Forks, and ends what it has forked."""
    made: list[Below] = []

    def fork(do: Do) -> Below:
        found = fork_below([])
        if isinstance(found, Place):
            try:
                do(found)
            finally:
                os._exit(7)
        made.append(found)
        return found

    yield fork
    for one in made:
        one.end()


def heard(below: Below, count: int) -> bytes:
    """So many of its words."""
    words = b""

    def enough() -> bool:
        nonlocal words
        words += below.heard()
        return len(words) >= count

    until(enough, describe=lambda: words)
    return words


def test_it_comes_and_goes_on_when_it_is_told_to(forked: Callable[[Do], Below]) -> None:
    def do(place: Place) -> None:
        os.write(place.mouth, WAITS)
        assert place.await_word() == COME
        os.write(place.mouth, AGAIN)
        assert place.await_word() == GO
        place.leave()
        os.write(place.mouth, GONE)

    below = forked(do)
    assert heard(below, 1) == WAITS
    assert below.tell(COME)
    assert heard(below, 1) == AGAIN
    assert below.tell(GO)
    assert below.gate == -1, "there is nothing more to be told"
    assert heard(below, 1) == GONE
    assert readable(below.ears)
    assert below.heard() == b""
    assert below.ears == -1, "and nothing more to be heard"


def test_one_that_is_gone_hears_nothing(forked: Callable[[Do], Below]) -> None:
    below = forked(lambda place: None)
    assert readable(below.ears)
    until(lambda: not below.tell(COME) and below.pid == 0)  # and it was waited for


def test_one_whose_checkpoint_has_gone_ends(forked: Callable[[Do], Below]) -> None:
    below = forked(lambda place: os.write(place.mouth, place.await_word()))
    os.close(below.gate)
    below.gate = -1
    status = os.waitpid(below.pid, 0)[1]
    below.pid = 0
    assert os.waitstatus_to_exitcode(status) == 0


def test_it_is_ended_and_waited_for(forked: Callable[[Do], Below]) -> None:
    below = forked(lambda place: signal.pause())
    pid = below.pid
    below.end()
    assert not processes.is_alive(pid)
    with pytest.raises(ChildProcessError):
        os.waitpid(pid, 0)


def test_it_is_ended_with_the_program_below_it(forked: Callable[[Do], Below]) -> None:
    def do(place: Place) -> None:
        if not os.fork():
            signal.pause()
        os.write(place.mouth, WAITS)
        signal.pause()

    below = forked(do)
    assert heard(below, 1) == WAITS
    (child,) = processes.children(below.pid) or []
    below.kill()
    until(lambda: not processes.is_alive(child.pid))
    below.end()
    assert not processes.is_alive(below.pid)


@pytest.mark.parametrize(
    ("words", "is_over", "goes_on", "is_gone", "is_checkpoint"),
    [
        (b"", False, False, False, False),
        (IS_CHECKPOINT, True, False, False, True),
        (IS_CHECKPOINT + IS_PROGRAM, False, False, False, False),
        (IS_CHECKPOINT + AGAIN, False, True, False, True),
        (WAITS, True, False, False, False),
        (WAITS + IS_PROGRAM, False, False, False, False),
        (WAITS + IS_PROGRAM + IS_CHECKPOINT, True, False, False, True),
        (WAITS + IS_PROGRAM + AGAIN + GONE, False, True, True, False),
        (IS_PROGRAM + OVER, True, False, False, False),
    ],
)
def test_what_its_words_mean(
    words: bytes, is_over: bool, goes_on: bool, is_gone: bool, is_checkpoint: bool
) -> None:
    below = Below(0, -1)
    below.words = words
    facts = (below.is_over, below.goes_on, below.is_gone, below.is_checkpoint)
    assert facts == (is_over, goes_on, is_gone, is_checkpoint)
