"""Clears away what a run has left: processes, and modes of the terminal."""

from autoreload.core import wording
from autoreload.outer import leftovers
from autoreload.system import processes, terminal

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from autoreload.outer.leftovers import Leftovers
    from autoreload.outer.report import Report
    from autoreload.system.processes import Ended
    from autoreload.system.signals import Ears


class Clearing:
    """Does so between two runs, and at the end."""

    def __init__(self, left: "Leftovers", ears: "Ears", report: "Report") -> None:
        self._left = left
        self._ears = ears
        self._report = report
        self._modes = terminal.Modes()
        self._reaped: list[Ended] = []
        """Who ended while something else was waited for."""

    def between(self, spared: "Iterable[int]") -> None:
        """End what is left in our group of processes, but for these."""
        self._modes.restore()
        leftovers.end(self._left.here(set(spared)), self._pause)

    def end(self, pids: "Iterable[int]") -> None:
        """End what is ours at once, so that nobody takes it for something of the app's."""
        processes.end(pids, 0.0, self._pause)

    def at_the_end(self) -> None:
        """End whatever was started, wherever it has gone, and say so."""
        found = self._left.everywhere()
        if found:
            leftovers.end(found, self._pause)
            self._report.say(wording.swept([repr(one) for one in found]))
        self._modes.restore()

    def ended(self) -> "list[Ended]":
        """The processes that have ended since the last call."""
        reaped, self._reaped = self._reaped + processes.reap(), []
        return reaped

    def _pause(self, seconds: float) -> None:
        self._ears.wait(seconds)
        self._reaped += processes.reap()
