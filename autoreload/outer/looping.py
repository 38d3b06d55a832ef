"""Ends a loop of restarts: what the app writes again and again is not watched any more."""

import time

from autoreload.core.loops import Loops
from autoreload.system import files

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from autoreload.core.loops import Loop
    from autoreload.outer.child import Child
    from autoreload.outer.launchpad import Launchpad
    from autoreload.outer.watching import Watching


class Looping:
    """Looks at each restart, once, whether the app itself has asked for it."""

    def __init__(self, launchpad: "Launchpad", watching: "Watching") -> None:
        self._launchpad = launchpad
        self._watching = watching
        self._loops = Loops()
        self._seen: Child | None = None

    def look(self, paths: "Sequence[str]", child: "Child | None") -> "list[Loop]":
        """The run of this child is to be followed by another because of these files.

        Returns the loops; their files restart nothing from now on.
        """
        if child is None or child is self._seen:
            return []
        self._seen = child
        certain = [path for path in paths if path in self._launchpad.written]
        suspected = [path for path in paths if self._is_suspected(path, child)]
        found = self._loops.restarted(certain, suspected, time.monotonic())
        new = {loop.path for loop in found}
        self._launchpad.unheeded |= new
        self._watching.unheeded |= new
        return found

    def _is_suspected(self, path: str, child: "Child") -> bool:
        """Whether a file changed between the begin of a run and its being up, or its end."""
        changed_ns = files.changed_ns(path)
        if not child.has_children or changed_ns is None:
            return False
        # Not compared with now: a change may bear a finer time than the clock that is read here.
        until_ns = child.started_until_ns
        return child.started_ns <= changed_ns and (until_ns is None or changed_ns <= until_ns)
