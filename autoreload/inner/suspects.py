"""Which line of the program has opened what keeps a checkpoint from being left: for --verbose.

Looking closely costs time at every statement, so it is done only for who wants to know.
"""

import _thread
import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from autoreload.core.forking import Refusal


class Suspects:
    """What ran when the number of threads or descriptors last grew."""

    def __init__(self) -> None:
        self._counts = _counts()
        self._running = ""
        self._grown: dict[str, str] = {}

    def look(self, place: str) -> None:
        """Something else is about to run: who has opened what until now."""
        counts = _counts()
        for kind, number in counts.items():
            if number > self._counts[kind]:
                self._grown[kind] = self._running
        self._counts = counts
        self._running = place

    def name(self, refusal: "Refusal") -> str:
        """A reason with the place that it comes from, as far as that is known."""
        place = self._grown.get(refusal.kind, "")
        return f"{place}: {refusal}" if place else str(refusal)


def _counts() -> dict[str, int]:
    return {
        "thread": _thread._count(),
        "native": len(os.listdir("/proc/self/task")),
        "descriptor": len(os.listdir("/proc/self/fd")),
    }
