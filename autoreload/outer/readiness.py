"""When a run counts as ready: it says so, it listens, or it was called and has settled."""

import time

from autoreload.system import processes, sockets

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from autoreload.outer.child import Child
    from autoreload.outer.keeper import Keeper

    Opened = sockets.Listener | sockets.UnixListener

PACE_S = 0.01
TAKEN_PACE_S, TAKEN_LATELY_S = 0.001, 0.02
"""Who has just been given a kept socket is about to listen on it."""
SHARE = 100
"""A look may come late by one part in this many of the run's age: who listens on no port, but on a
socket of another kind, would otherwise be looked at a hundred times a second."""
BELOW_PACE_S = 0.1
"""Looking through the processes below the app is dearer, and done less often."""
QUIET_S = 0.3
"""A command of which nothing else is known is up when it has lived this long."""
LONGEST_S = 60.0


def listening() -> set[int]:
    """What listens now; by inode."""
    return {*sockets.listening(), *sockets.listening_unix()}


class Readiness:
    """Looks for the first listener of one run, until it is ready."""

    def __init__(
        self,
        child: "Child",
        keeper: "Keeper",
        before: set[int],
        *,
        serves: bool,
        says: bool = False,
    ) -> None:
        """`before` is what listened before the run, and is none of its sockets.

        `serves`: it is waited for to listen; `says`: to say itself that it is ready.
        """
        self._child = child
        self._says = says
        self._keeper = keeper
        self._serves = serves
        self._before = before
        self._unix_at: float | None = None
        self._looked = self._looked_below = 0.0
        self.ready_at: float | None = None
        self.urls: list[str] = []

    @property
    def pid(self) -> int:
        """The process of the app."""
        return self._child.live

    @property
    def is_warm(self) -> bool:
        """Whether the run goes on from a checkpoint."""
        return self._child.is_warm

    def interval(self) -> float | None:
        """Seconds until the next look; None when there is nothing left to find out."""
        now = time.monotonic()
        age = now - self._child.started
        if self.ready_at is not None or age > LONGEST_S:
            return None
        return max(0.0, self._due(age) - now)

    def _due(self, age: float) -> float:
        """When to look next: a look goes through all that listens, so not at every word."""
        is_about_to = self._looked < self._keeper.taken_at + TAKEN_LATELY_S
        return self._looked + (TAKEN_PACE_S if is_about_to else max(PACE_S, age / SHARE))

    def look(self, *, is_last: bool = False) -> bool:
        """Whether the run has become ready since the last look; `is_last`: it is about to end."""
        now = time.monotonic()
        if self.ready_at is not None:
            return False
        is_due = self._child.up_at is not None or now >= self._due(now - self._child.started)
        if not is_due and not is_last:
            return False
        self._looked = now
        urls = self._urls(sockets.listening(), now)
        if self._child.up_at is not None:
            if not urls:
                self._listens_at_path(now)
            self.ready_at, self.urls = self._child.up_at, urls or self.urls
            return True
        if self._says and now - self._child.started < LONGEST_S:
            return False
        if urls:
            self.ready_at, self.urls = now, urls
            return True
        if self._serves and not self._listens_at_path(now):
            return False
        if self._is_settled(now):
            self.ready_at = self._unix_at or self._child.called_at or self._child.started
            return True
        return False

    def _listens_at_path(self, now: float) -> bool:
        """Whether it has a socket in the file system.

        Servers have such for themselves, too, so it counts only when no port has come until the
        program has settled.
        """
        self.urls = self._urls(sockets.listening_unix(), now)
        if self.urls:
            self._unix_at = self._unix_at or now
        return bool(self.urls)

    def _is_settled(self, now: float) -> bool:
        if self._child.channel is None:
            return now - self._child.started > QUIET_S
        return self._child.is_settled

    def _urls(self, listening: "Mapping[int, Opened]", now: float) -> list[str]:
        """Where the processes of the app listen since it was started."""
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
