"""Which line of the program has opened what keeps a checkpoint from being left: for --verbose.

Looking closely costs time at every statement, so it is done only for who wants to know.
"""

import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from autoreload.core.forking import Refusal

HIGH_FD = 200
"""Descriptors of ours lie behind this number, or are closed in a moment."""
_PLACES = {
    "thread": "/proc/self/task",
    "native": "/proc/self/task",
    "descriptor": "/proc/self/fd",
}


class Suspects:
    """The tasks and descriptors of this process, and what ran when they appeared."""

    def __init__(self, own_task: "Callable[[], int]") -> None:
        """`own_task` is the thread that is ours, at this moment."""
        self._own_task = own_task
        self._running = ""
        self._since = {folder: dict.fromkeys(os.listdir(folder), "") for folder in _PLACES.values()}

    def look(self, place: str) -> None:
        """Something else is about to run: who has opened what until now."""
        for folder, before in self._since.items():
            names = sorted(os.listdir(folder), key=int)
            self._since[folder] = {one: before.get(one, self._running) for one in names}
        self._running = place

    def name(self, refusal: "Refusal") -> str:
        """A reason with the place that it comes from, as far as that is known."""
        found = self._since.get(_PLACES.get(refusal.kind, ""), {})
        if refusal.kind == "descriptor":
            places = [place for name, place in found.items() if place and int(name) < HIGH_FD]
        else:
            ours = {str(os.getpid()), str(self._own_task())}  # a fork's main thread is a new task
            places = [place for name, place in found.items() if place and name not in ours]
        return f"{places[0]}: {refusal}" if places else str(refusal)
