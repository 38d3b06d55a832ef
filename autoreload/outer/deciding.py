"""A restart is decided: it is said, and the next run is not to trust what is stale."""

import time

from autoreload.outer.looping import Looping

TYPE_CHECKING = False
if TYPE_CHECKING:
    from autoreload.core.protocol import Message
    from autoreload.outer.found import Restart
    from autoreload.outer.launchpad import Launchpad
    from autoreload.outer.report import Report
    from autoreload.outer.runs import Runs
    from autoreload.outer.watching import Watching


class Deciding:
    """Knows since when there is something for the next run to do."""

    def __init__(
        self, runs: "Runs", watching: "Watching", report: "Report", launchpad: "Launchpad"
    ) -> None:
        self._runs = runs
        self._watching = watching
        self._report = report
        self._launchpad = launchpad
        self._looping = Looping(launchpad, watching)
        self.since = time.monotonic()
        """When that was noticed which the present run is for."""

    def announced(self, message: "Message", *, is_news: bool) -> None:
        """The inner ends itself because of these files; not `is_news` if that is said already."""
        paths = message.texts("paths")
        self._runs.decide(paths)
        if not is_news:
            return
        self.since = message.number("noticed") or time.monotonic()
        if not paths:
            self._report.asked("program")
            return
        reasons = [f"{kind}, loaded by the app" for kind in message.texts("kinds")]
        self._report.changed(
            paths,
            reasons,
            self._looping.look(paths, self._runs.child),
            count=int(message.number("count")),
            may_be_warm=bool(self._runs.child and self._runs.child.chain),
        )

    def found(self, restart: "Restart") -> None:
        """The outer itself has compared."""
        if self._runs.child is not None:
            self._runs.child.may_go_on = False
        self.since = restart.since
        self._runs.decide(restart.paths)
        if restart.is_unanswered:
            self._report.unanswered(restart.paths)
        elif restart.installed:
            self._report.installed(restart.installed)
        elif restart.settings:
            self._report.settings(restart.settings, restarts=True)
        else:
            reasons = [self._watching.why(one) for one in restart.paths]
            loops = self._looping.look(restart.paths, self._runs.child)
            self._report.changed(restart.paths, reasons, loops)

    def asked(self, by: str, *, cold: bool) -> None:
        """Somebody wants a restart without a change, with `cold` from a fresh interpreter."""
        self.since = time.monotonic()
        if self._runs.child is not None:
            self._runs.child.may_go_on = not cold
        if cold:
            self._launchpad.discard()
        self._report.asked(by)

    def freed(self) -> None:
        """A port that the last run was refused is free."""
        self.since = time.monotonic()
        self._report.freed()
