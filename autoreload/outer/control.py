"""What others may ask of this autorun while it runs: status, wait, restart, pause, and more."""

import time

from autoreload.core.status import Status
from autoreload.outer.barrier import Barrier
from autoreload.outer.clients import Clients
from autoreload.outer.commands import Commands
from autoreload.outer.keys import Keys
from autoreload.outer.pausing import Pausing

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from autoreload.core.lifecycle import Event
    from autoreload.core.protocol import Message
    from autoreload.outer.deciding import Deciding
    from autoreload.outer.journal import Journal
    from autoreload.outer.launchpad import Launchpad
    from autoreload.outer.noticing import Noticing
    from autoreload.outer.report import Report
    from autoreload.outer.runs import Runs
    from autoreload.outer.watching import Watching
    from autoreload.system.instance import Instance


class Control:
    """The socket with all that stands behind it; without an instance only the pause is left."""

    def __init__(
        self,
        instance: "Instance | None",
        feed: "Callable[[Event], None]",
        *,
        journal: "Journal",
        report: "Report",
        runs: "Runs",
        watching: "Watching",
        noticing: "Noticing",
        launchpad: "Launchpad",
        deciding: "Deciding",
    ) -> None:
        self._status = Status()
        journal.follow(lambda one: self._status.apply(one.event, one.fields, one.time))
        self._barrier = Barrier(runs, noticing, watching, self._status)
        self._pausing = Pausing(runs, watching, noticing, report)
        self._commands = Commands(
            report.introduction(),
            feed,
            runs=runs,
            watching=watching,
            launchpad=launchpad,
            journal=journal,
            status=self._status,
            barrier=self._barrier,
            pausing=self._pausing,
            deciding=deciding,
        )
        self._clients = Clients(instance, self._commands)
        self._keys = Keys(
            feed,
            status=self._status,
            deciding=deciding,
            pausing=self._pausing,
            report=report,
        )
        if report.has_keys:
            self._keys.open()

    def filenos(self) -> tuple[int | None, int | None]:
        """What to wait on for those who ask, and for what is typed."""
        return self._clients.fileno(), self._keys.fileno()

    def timeouts(self, now: float) -> list[float]:
        """Seconds until something here is due."""
        parts = (self._barrier, self._pausing, self._keys)
        return [one for part in parts for one in part.timeouts(now)]

    def hear(self, message: "Message") -> None:
        """The inner answers something that was asked here."""
        if message.word == "looked":
            self._barrier.heard(message)
        else:
            self._commands.stacks(message)

    def serve(self, ready: "Mapping[int, int]", now: float) -> None:
        """Take requests and keys."""
        self._keys.look(ready, now)
        self._clients.serve()

    def answer(self) -> None:
        """Answer what can be answered by now."""
        now = time.monotonic()
        self._pausing.look(now)
        self._barrier.look(now)

    def close(self) -> None:
        """Autorun ends: whoever waits is told."""
        self._barrier.look(time.monotonic())
        self._clients.close()
        self._keys.close()
