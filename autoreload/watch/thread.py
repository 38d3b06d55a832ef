"""The bare thread of the watcher, which makes way for the program's own forks.

It is one of `_thread`: `threading.enumerate()` does not show it. CPython warns of a fork in a
process that has threads, and counts the kernel's tasks for it: so the thread ends before a fork and
starts again after it, in the parent alone. Threads of the program may fork at the same time, and a
turn may take longer than a fork can wait.

Signals are blocked in it: one that is meant for the process goes to the main thread, and wakes what
waits there. Its names are taken before the program runs, and so before gevent and others replace
them.
"""

import os
import sys
import time
from _thread import LockType, allocate_lock, get_native_id, start_new_thread

from autoreload.system import plainsignal as signal
from autoreload.system.waiting import wait

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

PARK_TIMEOUT_S = 1.0
TASK_TIMEOUT_S = 0.2
HASTE_S = 0.00005
"""How long the program may keep the lock of Python while a save is looked at: else it is 5 ms."""


class Thread:
    """Does one turn after the other until it is parked."""

    def __init__(self, turn: "Callable[[], None]") -> None:
        self._turn = turn
        self._parks = 0
        self._forgotten = False
        self._alive = False
        self._gate = allocate_lock()
        """Held while the thread is counted in or out: it never misses a park or a start."""
        self._over = allocate_lock()
        self.task = 0
        """The kernel's number of it, once it runs."""
        self._is_hidden = False

    @property
    def is_parked(self) -> bool:
        """Whether the turn is to come to its end."""
        return self._parks > 0

    def start(self) -> None:
        """Start, or take back a `park`; of several the last one counts."""
        with self._gate:
            self._parks = max(self._parks - 1, 0)
            # One that was too busy to end for its park just goes on.
            if self._parks or self._alive or self._forgotten:
                return
            self._alive = True
            self._over = allocate_lock()
            self._over.acquire()
        start_new_thread(self._body, (self._over,))

    def park(self, wake: "Callable[[], None]") -> None:
        """End the thread, which `wake` gets out of its waiting; gives up after a second."""
        with self._gate:
            self._parks += 1
            over = self._over
        wake()
        if over.acquire(timeout=PARK_TIMEOUT_S):
            over.release()
            self._await_task()

    def forget(self) -> None:
        """In a forked child: there is no thread, and will be none.

        A fork of the child would start one otherwise: for that fork the child is the parent.
        """
        self._gate = allocate_lock()
        self._over = allocate_lock()
        self._forgotten = True
        self._alive = False
        self.task = 0

    def revive(self) -> None:
        """In a forked child that goes on as the program: it may be started again."""
        self._forgotten = False
        self._parks = 0

    def hide(self) -> None:
        """In the thread: let a debugger that stops every thread know that this is not one to stop.

        That is asked of the thread's object in `threading`, which a bare thread gets here.
        """
        if self._is_hidden or "threading" not in sys.modules:
            return
        self._is_hidden = True
        sys.settrace(None)
        thread = sys.modules["threading"].current_thread()
        thread.pydev_do_not_trace = thread.is_pydev_daemon_thread = True

    def _await_task(self) -> None:
        """Wait for the end of the kernel's task, which comes a moment after that of the thread."""
        task = f"/proc/self/task/{self.task}"
        until = time.monotonic() + TASK_TIMEOUT_S
        while self.task and os.path.exists(task) and time.monotonic() < until:
            wait([], 0)  # lets others have the processor

    def _body(self, over: LockType) -> None:
        signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())
        self.task = get_native_id()
        self._is_hidden = False
        try:
            while not self._is_over():
                self._turn()
        except BaseException:
            self._alive = False
            raise
        finally:
            over.release()

    def _is_over(self) -> bool:
        with self._gate:
            self._alive = not self._parks
            return not self._alive


class Haste:
    """While it lasts, this thread gets the lock of Python soon, and the program's wait for it.

    Whatever it asks the kernel gives the lock away, and a busy program keeps it for a while.
    """

    def __init__(self) -> None:
        self._before = 0.0

    def __enter__(self) -> None:
        self._before = sys.getswitchinterval()
        sys.setswitchinterval(HASTE_S)

    def __exit__(self, *_: object) -> None:
        # Not by equality: the interpreter counts in whole microseconds.
        if sys.getswitchinterval() < 2 * HASTE_S:  # or the program has set its own meanwhile
            sys.setswitchinterval(self._before)
