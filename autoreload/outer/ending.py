"""How autorun itself ends: with which code or signal, and what it says at the last."""

import time

from autoreload.core import wording
from autoreload.core.lifecycle import State

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from autoreload.core.options import Options
    from autoreload.core.wording import Line
    from autoreload.outer.child import Child
    from autoreload.outer.report import Report


class Ending:
    """Keeps the code, or the signal, that autorun is going to end with."""

    def __init__(self, options: "Options", report: "Report") -> None:
        self._options = options
        self._report = report
        self._by_itself = False
        self._at_once = False
        self.code = 0
        self.signal: int | None = None
        """The signal that ends autorun after its clean-up, for whoever waits for it."""

    def is_final(self, child: "Child", code: int, state: State, *, has_run: bool) -> bool:
        """Whether autorun ends with this end of the app; takes its code over if so."""
        if state in (State.RESTARTING, State.LEAVING):
            return False
        never_ran = bool(child.usage) and not has_run
        wanted = self._options.exit or (self._options.exit_on_error and code != 0)
        if not never_ran and not wanted:
            return False
        self._by_itself = True
        self.code = code
        if code < 0:
            self.signal = -code
        return True

    def at_once(self) -> None:
        """Autorun was asked to end once more, and does not wait for the app."""
        self._at_once = True

    def report(
        self, child: "Child", code: int, also: "Sequence[Line]" = (), *, waiting: bool
    ) -> None:
        """Say how the app ended, and what else there is to say of it.

        A line that cannot be run is complained of as any other.
        """
        lived_s = time.monotonic() - child.started
        if child.usage and not waiting:
            self._report.unusable(child, code, lived_s)
        else:
            self._report.ended(child, code, lived_s, also, waiting=waiting)

    def say_last(self) -> None:
        """The last line of an autorun that was asked to end."""
        if self.signal is None and not self._by_itself:
            self._report.say(wording.stopped_at_once() if self._at_once else wording.stopped())
        self._report.leaves(self.code, self.signal)
