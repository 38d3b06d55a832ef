"""What a backend is: a source of hints that a file may have changed, on one descriptor."""

import time

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Literal, Protocol

    Kind = Literal["auto", "inotify", "watchdog", "poll"]

    class Backend(Protocol):
        """A source of hints."""

        name: str

        def fileno(self) -> int:
            """Readable when there may be a hint."""

        def watch(self, directory: str) -> None:
            """Subscribe a directory, not what is below it. Raises OSError when it cannot."""

        def unwatch(self, directory: str) -> None:
            """Give a directory up."""

        def hints(self) -> set[str]:
            """The paths of the events since the last call."""

        def heard_at(self, path: str) -> float:
            """When the last event of a path came, wanted or not, monotonic; 0 for never."""

        def has_lost(self) -> bool:
            """Whether events were lost since the last call."""

        def dead(self) -> set[str]:
            """The subscribed directories of which no event comes any more."""

        def failure(self, directory: str | None = None) -> str:
            """What ended the events of a directory, or all of them; empty for nothing."""

        def stop(self) -> None:
            """End it."""


MOST_HEARD = 20_000
"""Paths of which it is remembered when an event came."""


class Account:
    """What every backend remembers: when the last event of each path came, and what was lost."""

    def __init__(self) -> None:
        self._heard: dict[str, float] = {}
        self._has_lost = False

    def note(self, path: str) -> None:
        """An event of this path has come now."""
        if len(self._heard) >= MOST_HEARD:
            self._heard.clear()
        self._heard[path] = time.monotonic()

    def heard_at(self, path: str) -> float:
        return self._heard.get(path, 0.0)

    def has_lost(self) -> bool:
        had, self._has_lost = self._has_lost, False
        return had


def opened(kind: "Kind", is_wanted: "Callable[[str], bool]") -> "Backend":
    """A backend without directories; events of unwanted paths are no hints.

    `auto` is the kernel's own queue where there is one, as its events come through no thread, and
    watchdog elsewhere. Raises OSError when the system gives no event queue, and ImportError
    without watchdog.
    """
    from autoreload.system import inotify

    if kind == "inotify" or (kind == "auto" and inotify.is_there()):
        from autoreload.watch.queue import InotifyBackend

        return InotifyBackend(is_wanted)
    from autoreload.watch.observer import WatchdogBackend

    return WatchdogBackend(is_wanted)
