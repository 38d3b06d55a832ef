"""The user's pause: no restarts, until it is taken back or its time is up."""

import time

TYPE_CHECKING = False
if TYPE_CHECKING:
    from autoreload.outer.noticing import Noticing
    from autoreload.outer.report import Report
    from autoreload.outer.runs import Runs
    from autoreload.outer.watching import Watching


class Pausing:
    """Keeps what changes meanwhile for later; a run that begins in a pause is told of it."""

    def __init__(
        self, runs: "Runs", watching: "Watching", noticing: "Noticing", report: "Report"
    ) -> None:
        self._runs = runs
        self._noticing = noticing
        self._watching = watching
        self._report = report
        self._until: float | None = None
        self._told = 0
        self._kept: list[str] = []
        """What the outer found, of which has been told."""

    @property
    def is_on(self) -> bool:
        return self._until is not None

    def begin(self, seconds: float) -> None:
        """Begin a pause, or give the present one this much time from now on."""
        self._until = time.monotonic() + seconds
        self._noticing.is_paused = True
        self._told = 0
        self._kept = []
        self._report.paused(seconds)
        self._tell()

    def end(self, by: str) -> None:
        """Look at everything that has changed; nothing without a pause."""
        if self._until is None:
            return
        self._until = None
        self._noticing.is_paused = False
        self._report.resumed(by)
        self._watching.expect()
        if self._runs.listener is not None:
            self._runs.listener.tell("pause", on=False)

    def timeouts(self, now: float) -> list[float]:
        """Seconds until it ends by itself."""
        return [] if self._until is None else [self._until - now]

    def look(self, now: float) -> None:
        """End it in time."""
        if self._until is not None and now >= self._until:
            self.end("time")
        if self._until is not None and self._kept != self._noticing.pending:
            self._kept = [*self._noticing.pending]
            self._report.kept(self._kept, len(self._kept))
        self._tell()

    def _tell(self) -> None:
        if self._until is None or self._told == self._runs.count:
            return
        if (child := self._runs.listener) is not None:
            self._told = self._runs.count
            child.tell("pause", on=True)
