"""What the outer knows of a chain of checkpoints: what it is for, its age, and when to let it go.

A chain that is too old or too large, or that is forked again and again for nothing, is ended; the
program that runs is left alone, and the next restart is a cold one.
"""

import signal
import time

from autoreload.core import checkpoints, wording
from autoreload.system import census, files, processes
from autoreload.system.cache import Cache

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from autoreload.core.wording import Line
    from autoreload.outer.child import Child

MEASURED_AFTER_S = 2.0
MEASURED_EVERY_S = 60.0
"""When memory is looked at: some time after a run is up, and rarely from then on."""


class Warmth:
    """The files edited last, and the present chain."""

    def __init__(
        self,
        root: str,
        environment: "Mapping[str, str]",
        clock: "Callable[[], float]" = time.monotonic,
    ) -> None:
        self._root = root
        self._clock = clock
        self._cache = Cache(root, environment)
        self._kept = checkpoints.unpacked(self._cache.read())
        self.hot = list(self._kept)
        """The files edited last, the newest at the end; at first those of the last session."""
        self._decided: list[str] = []
        """What the present restart is for."""
        self._repeats = checkpoints.Repeats()
        self._repeated = False
        self._born = self._clock()
        self._restarts = 0
        self._measure_at: float | None = None

    def decide(self, paths: list[str]) -> None:
        """A restart is due because of these files."""
        self._decided = paths
        self.hot = checkpoints.lately(self.hot, [one for one in paths if one.endswith(".py")])

    def begin(self) -> None:
        """A chain begins, with a cold start."""
        self._born = self._clock()
        self._restarts = 0
        self._measure_at = None

    def ready(self) -> None:
        """A run is up: there is time to keep what was edited."""
        self._measure_at = self._clock() + MEASURED_AFTER_S
        if self.hot != self._kept:
            self._kept = list(self.hot)
            self._cache.write(checkpoints.packed(self.hot))

    def is_trusted(self, successor: "Child") -> bool:
        """Whether to go on with what a checkpoint has begun; it is ended if not."""
        self._restarts += 1
        self._measure_at = None
        state = [(path, files.digest(path)) for path in self._decided]
        key = (successor.chain[-1:], state)
        if not self._repeats.note(key, self._clock()):
            return True
        self._repeated = True
        for pid in (successor.live, *successor.chain):
            processes.send(pid, signal.SIGKILL)
        successor.close()
        return False

    def timeouts(self, now: float) -> list[float]:
        """Seconds until something here is due."""
        return [] if self._measure_at is None else [self._measure_at - now]

    def look(self, child: "Child | None") -> "Line | None":
        """Let a chain go that is not to be gone on with; what is to be said of it."""
        if self._repeated:
            self._repeated = False
            return wording.repeated(self._decided, self._root)
        now = self._clock()
        if child is None or self._measure_at is None or now < self._measure_at:
            return None
        self._measure_at = now + MEASURED_EVERY_S
        if child.chain and (reason := self._aged(child, now)):
            child.cold = reason
            for pid in child.chain:
                processes.send(pid, signal.SIGKILL)
        return None

    def _aged(self, child: "Child", now: float) -> str:
        own = [census.proportional(pid) for pid in child.chain]
        below = [one.pid for pid in child.chain for one in processes.children(pid) or ()]
        standby = [
            census.proportional(pid) for pid in below if pid not in (*child.chain, child.live)
        ]
        return checkpoints.aged(
            age_s=now - self._born,
            restarts=self._restarts,
            size=sum(own) + sum(standby),
            available=census.available(),
        )
