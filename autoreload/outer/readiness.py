"""When a run counts as ready: it listens, or it was called and has settled."""

import time

from autoreload.system import processes, sockets

TYPE_CHECKING = False
if TYPE_CHECKING:
    from autoreload.outer.child import Child
    from autoreload.outer.keeper import Keeper

PACE_S = 0.01
BELOW_PACE_S = 0.1
"""Looking through the processes below the app is dearer, and done less often."""
QUIET_S = 0.3
"""A command of which nothing else is known is up when it has lived this long."""
LONGEST_S = 60.0


class Readiness:
    """Looks for the first listener of one run, until it is ready."""

    def __init__(self, child: "Child", keeper: "Keeper", *, serves: bool) -> None:
        self._child = child
        self._keeper = keeper
        self._serves = serves
        self._before = set(sockets.listening()) - keeper.inodes()
        self._looked_below = 0.0
        self.ready_at: float | None = None
        self.urls: list[str] = []

    @property
    def pid(self) -> int:
        """The process of the app."""
        return self._child.live

    def interval(self) -> float | None:
        """Seconds until the next look; None when there is nothing left to find out."""
        if self.ready_at is not None or time.monotonic() - self._child.started > LONGEST_S:
            return None
        age = time.monotonic() - self._child.started
        return PACE_S if age < 10 else 0.1

    def look(self) -> bool:
        """Whether the run has become ready since the last look."""
        now = time.monotonic()
        if self.ready_at is not None:
            return False
        urls = self._listeners(now)
        if urls:
            self.ready_at, self.urls = now, urls
            return True
        if not self._serves and self._is_settled(now):
            self.ready_at = self._child.called_at or self._child.started
            return True
        return False

    def _is_settled(self, now: float) -> bool:
        if self._child.channel is None:
            return now - self._child.started > QUIET_S
        return self._child.is_settled

    def _listeners(self, now: float) -> list[str]:
        listening = sockets.listening()
        kept = self._keeper.inodes()
        new = {
            inode
            for inode, listener in listening.items()
            if inode not in self._before
            # A kept listener listens all the time; the program does once it has said so itself.
            and not (inode in kept and self._keeper.is_wide(listener.backlog))
        }
        if not new:
            return []
        own = new & sockets.held_by(self._child.live)
        if not own and now - self._looked_below > BELOW_PACE_S:
            self._looked_below = now
            for process in processes.descendants(self._child.live, processes.table()):
                own |= new & sockets.held_by(process.pid)
        return sorted({listening[inode].url for inode in own})
