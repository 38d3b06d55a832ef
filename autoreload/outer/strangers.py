"""Python processes below the app that do not report what they load."""

import os
import time

from autoreload.outer.leftovers import OF_ONE_RUN
from autoreload.system import processes
from autoreload.system.ports import command_line

TYPE_CHECKING = False
if TYPE_CHECKING:
    from autoreload.outer.child import Child

AFTER_S = 1.0
"""A new interpreter has loaded its first file of the project by then."""

_SERVANTS = (
    "multiprocessing.resource_tracker",
    "multiprocessing.forkserver",
    OF_ONE_RUN,
)


class Strangers:
    """Looks once in a run, some time after it is ready."""

    def __init__(self, child: "Child") -> None:
        self._child = child
        self._at: float | None = None

    def expect(self) -> None:
        """The run is ready: look after a while."""
        self._at = time.monotonic() + AFTER_S

    def timeouts(self, now: float) -> list[float]:
        """Seconds until it looks."""
        return [] if self._at is None else [self._at - now]

    def look(self) -> list[str]:
        """The names of interpreters that were started as programs of their own, and say nothing.

        A fork has our hooks and the command line of its parent; what it has not loaded it need not
        report.
        """
        if self._at is None or time.monotonic() < self._at or self._child.channel is None:
            return []
        self._at = None
        own = command_line(self._child.live)
        found = {
            one.name
            for one in processes.descendants(self._child.live, processes.table())
            if one.pid not in self._child.reporters and _is_stranger(command_line(one.pid), own)
        }
        return sorted(found)


def _is_stranger(line: list[str], own: list[str]) -> bool:
    if not line or line == own or not os.path.basename(line[0]).startswith(("python", "pypy")):
        return False
    return not any(servant in word for word in line for servant in _SERVANTS)
