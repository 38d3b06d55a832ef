"""What is done while the app is down: who knocks is told why, and a taken port is awaited."""

from autoreload.core import page, wording_outage
from autoreload.outer.ports import LONGEST_S, Busy
from autoreload.outer.standin import StandIn
from autoreload.system import ports

TYPE_CHECKING = False
if TYPE_CHECKING:
    from autoreload.core.wording import Line
    from autoreload.outer.child import Child
    from autoreload.outer.keeper import Keeper


class Outage:
    """The time between a run that failed and the next."""

    def __init__(self, title: str, root: str, home: str) -> None:
        self._title = title
        self._root = root
        self._standin = StandIn()
        self._busy = Busy(root, home)

    def fileno(self) -> int | None:
        """What to wait on for those who knock."""
        return self._standin.fileno()

    def timeouts(self, now: float) -> list[float]:
        """Seconds until something here is due."""
        return self._standin.timeouts(now) + self._busy.timeouts(now)

    def begin(
        self, child: "Child", code: int, keeper: "Keeper", now: float, *, waits: bool
    ) -> "Line | None":
        """A run has failed with this code; what there is to say about its ports.

        With `waits` the next one is awaited, otherwise autorun ends with this one.
        """
        for address in child.binds:
            # A server that was refused its port may swallow the error, and no two say it alike.
            if not any(one.address.overlaps(address) for one in keeper.kept):
                found = ports.occupation(address)
                if found.holders or found.is_listened_at:
                    self._busy.noted(address)
        line = self._busy.failed(now, again=waits)
        if waits:
            problem = page.problem(
                self._title, code, root=self._root, usage=child.usage, failed=child.failed
            )
            self._standin.begin([one.socket for one in keeper.kept], problem, now)
        return line

    def end(self, now: float) -> None:
        """The next run begins."""
        self._standin.end(now)
        self._busy.begin()

    def ready(self, child: "Child") -> None:
        """A run is up: what it was refused it can do without."""
        child.binds.clear()
        self._busy.ready()

    def serve(self, now: float) -> None:
        """Answer whoever knocks; answers that were begun are finished in any case."""
        self._standin.serve(now)

    def look(self, now: float) -> "tuple[Line | None, bool]":
        """What there is to say about a port that was awaited, and whether to start again."""
        if (address := self._busy.freed(now)) is not None:
            return wording_outage.free_again(address), True
        if (address := self._busy.given_up(now)) is not None:
            return wording_outage.still_in_use(address, LONGEST_S), False
        return None, False

    def close(self) -> None:
        """Autorun ends."""
        self._standin.close()
