"""Whether the other threads of this process do anything just now."""

import os
import sys
import time
from _thread import get_native_id

TICK_S = 0.0002
"""What an event loop that only wakes for its own clock takes of the processor."""


class Activity:
    """For how long the other threads have rested, seen by whoever looks every few milliseconds."""

    def __init__(self) -> None:
        self._computed_s = _computed_s()
        self._last_s = time.monotonic()

    def quiet_ms(self) -> int:
        """Milliseconds since another thread was last seen to compute, or to wait for a processor.

        Counts from when this was made at most.
        """
        computed_s = _computed_s()
        if computed_s - self._computed_s > TICK_S or _others_run():
            self._last_s = time.monotonic()
        self._computed_s = computed_s
        return int((time.monotonic() - self._last_s) * 1000)


def _computed_s() -> float:
    return time.process_time() - time.thread_time()


def _others_run() -> bool:
    """Whether one is on a processor or wants one: on a busy machine its time comes later."""
    if sys.platform != "linux":
        return False
    own = str(get_native_id())
    return any(_state(task) in "RD" for task in os.listdir("/proc/self/task") if task != own)


def _state(task: str) -> str:
    """The letter of proc_pid_stat(5); Z for one that has ended meanwhile."""
    try:
        with open(f"/proc/self/task/{task}/stat", "rb") as file:
            return file.read().rpartition(b") ")[2][:1].decode()
    except OSError:
        return "Z"
