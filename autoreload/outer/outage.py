"""What is done while the app is down: who knocks is told why, and a taken port is awaited."""

import time

from autoreload.core import wording_outage
from autoreload.outer.ports import LONGEST_S, Busy
from autoreload.system import ports

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from autoreload.core.wording import Line
    from autoreload.outer.child import Child
    from autoreload.outer.sockets import Sockets
    from autoreload.outer.standin import StandIn


class Outage:
    """The time between a run that failed and the next."""

    def __init__(self, title: str, root: str, home: str, sockets: "Sockets") -> None:
        self._title = title
        self._root = root
        self._sockets = sockets
        self._standin: StandIn | None = None
        """Made for the first run that fails: a start does not wait for its import."""
        self._busy = Busy(root, home)

    def fileno(self) -> int | None:
        """What to wait on for those who knock."""
        return None if self._standin is None else self._standin.fileno()

    def timeouts(self, now: float) -> list[float]:
        """Seconds until something here is due."""
        times = self._busy.timeouts(now)
        return times if self._standin is None else times + self._standin.timeouts(now)

    def begin(self, child: "Child", code: int, *, waits: bool) -> "list[Line]":
        """A run has ended with this code, and none follows; what there is to say about its ports.

        With `waits` the next one is awaited, otherwise autorun ends with this one.
        """
        keeper = self._sockets.keeper
        if code == 0:
            keeper.close()
            return []
        for address in child.binds:
            # A server that was refused its port may swallow the error, and no two say it alike.
            if not any(one.address.overlaps(address) for one in keeper.kept):
                found = ports.occupation(address)
                if found.holders or found.is_listened_at:
                    self._busy.noted(address)
        now = time.monotonic()
        lines = [self._busy.failed(now, again=waits)]
        if waits:
            from autoreload.core import page
            from autoreload.outer.standin import StandIn

            lines.append(self._sockets.failed())
            problem = page.problem(
                self._title, code, root=self._root, usage=child.usage, failed=child.failed
            )
            self._standin = self._standin or StandIn()
            self._standin.begin([one.socket for one in keeper.kept], problem, now)
        return [line for line in lines if line is not None]

    def end(self) -> None:
        """The next run begins."""
        if self._standin is not None:
            self._standin.end(time.monotonic())
        self._busy.begin()

    def ready(self, child: "Child") -> None:
        """A run is up: what it was refused it can do without."""
        child.binds.clear()
        self._busy.ready()

    def serve(self, now: float) -> None:
        """Answer whoever knocks; answers that were begun are finished in any case."""
        if self._standin is not None:
            self._standin.serve(now)

    def is_over(self, now: float, say: "Callable[[Line], None]") -> bool:
        """Whether to start again because a port that was awaited is free, which is said."""
        if (address := self._busy.freed(now)) is not None:
            say(wording_outage.free_again(address))
            return True
        if (address := self._busy.given_up(now)) is not None:
            say(wording_outage.still_in_use(address, LONGEST_S))
        return False

    def close(self) -> None:
        """Autorun ends."""
        if self._standin is not None:
            self._standin.close()
