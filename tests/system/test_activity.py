"""Whether other threads compute: real threads, the kernel's own account."""

import contextlib
import threading
from collections.abc import Callable, Iterator

from autoreload.system.activity import Activity
from tests.waiting import until


@contextlib.contextmanager
def beside(step: Callable[[threading.Event], object]) -> Iterator[None]:
    """A thread that takes one step after another."""
    end = threading.Event()

    def steps() -> None:
        while not end.is_set():
            step(end)

    thread = threading.Thread(target=steps)
    thread.start()
    try:
        yield
    finally:
        end.set()
        thread.join()


def test_nobody_else_computes() -> None:
    activity = Activity()
    with beside(lambda end: end.wait()):
        until(lambda: activity.quiet_ms() >= 30)


def test_a_thread_that_computes_is_seen_at_each_look() -> None:
    with beside(lambda _: sum(range(1000))):
        activity = Activity()
        pause = threading.Event()
        seen = []
        for _ in range(20):
            pause.wait(0.005)
            seen.append(activity.quiet_ms())
        assert max(seen) < 5, seen


def test_the_rest_begins_after_the_work() -> None:
    activity = Activity()
    with beside(lambda _: sum(range(1000))):
        threading.Event().wait(0.05)
        assert activity.quiet_ms() < 30
    until(lambda: activity.quiet_ms() >= 30)
