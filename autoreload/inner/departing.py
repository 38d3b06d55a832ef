"""Runs that another one has followed already: what is left of them is seen off by the checkpoint.

Of most it is their memory alone, which waits until the next run has had the processor. Where the
user wants runs to overlap, one may still be at its clean-up.
"""

import time

from autoreload.system.waiting import wait

TYPE_CHECKING = False
if TYPE_CHECKING:
    from autoreload.inner.below import Below

BURIED_AFTER_S = 0.2
"""How long the memory of a run that is over may stay, so that the next one has the processor."""
FORCED_AFTER_S = 0.3
"""Later than a run that cleans up, which ends itself when its time is up."""


class Departing:
    """Those of one checkpoint, each with the time at which it is ended."""

    def __init__(self) -> None:
        self._runs: list[tuple[Below, float]] = []

    def add(self, run: "Below", longest_s: float) -> None:
        """This one is over, or cleans up for so long at most."""
        grace_s = BURIED_AFTER_S if run.is_gone else longest_s + FORCED_AFTER_S
        self._runs.append((run, time.monotonic() + grace_s))

    def cleans_up(self) -> bool:
        """Whether one of them does."""
        return any(not run.is_gone for run, _ in self._runs)

    def fds(self) -> list[int]:
        """What is ready when one that cleans up has something to say, or has ended."""
        return [fd for run, _ in self._runs if not run.is_gone for fd in run.fds()]

    def own(self) -> list[int]:
        """Every descriptor that is open for them."""
        return [fd for run, _ in self._runs for fd in run.fds()]

    def until(self) -> list[float]:
        """When they are due, by the monotonic clock."""
        return [at for _, at in self._runs]

    def look(self) -> None:
        """End those whose time has come, and let go of those that have ended by themselves."""
        now = time.monotonic()
        runs, self._runs = self._runs, []
        for run, at in runs:
            if not run.is_gone:
                run.words += run.heard()
                if run.is_gone:
                    at = now + BURIED_AFTER_S
                elif now >= at:
                    run.kill()  # and whatever it has started
            if now < at and (run.is_gone or run.lives()):
                self._runs.append((run, at))
            else:
                run.end()

    def bury(self) -> None:
        """End all of them, but for the clean-up of one, and wait for that: none becomes a stray."""
        while self.cleans_up():
            wait(self.fds(), min(self.until()) - time.monotonic())
            self.look()
        runs, self._runs = self._runs, []
        for run, _ in runs:
            run.end()
