"""File events from the kernel's own queue, Linux's inotify(7), without a thread.

The outer's loop waits on the queue itself: from the write to the hint there is nothing but one
wake-up. Directories are watched one by one, as with every backend.
"""

import os
import time

from autoreload.system import inotify
from autoreload.system.inotify import Queue
from autoreload.system.waiting import wait
from autoreload.watch.backends import Account

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from autoreload.system.inotify import Event

OPEN_S = 0.001
"""How long a writer that has begun is waited for, so that half a file is not looked at."""


class InotifyBackend(Account):
    """File events by inotify."""

    name = "inotify"

    def __init__(self, is_wanted: "Callable[[str], bool]") -> None:
        """Start without directories; events of unwanted paths are no hints.

        Raises OSError when the kernel gives no queue.
        """
        super().__init__()
        self._is_wanted = is_wanted
        self._queue = Queue()
        self._numbers: dict[str, int] = {}
        self._directories: dict[int, list[str]] = {}
        """By the number of a watch: a directory that is reached by two names has one."""
        self._dead: set[str] = set()

    def fileno(self) -> int:
        return self._queue.fd

    def watch(self, directory: str) -> None:
        self.unwatch(directory)
        number = self._queue.add(directory)
        self._numbers[directory] = number
        self._directories.setdefault(number, []).append(directory)

    def unwatch(self, directory: str) -> None:
        self._dead.discard(directory)
        number = self._numbers.pop(directory, None)
        if number is None or number not in self._directories:
            return  # never watched, or given up by the kernel
        names = self._directories[number]
        names.remove(directory)
        if not names:
            del self._directories[number]
            self._queue.remove(number)

    def hints(self) -> set[str]:
        found: set[str] = set()
        writing: set[str] = set()
        self._read(found, writing)
        until = time.monotonic() + OPEN_S
        while writing and (left := until - time.monotonic()) > 0:
            wait((self._queue.fd,), left)
            self._read(found, writing)
        return found

    def _read(self, found: set[str], writing: set[str]) -> None:
        """Add what is there, and keep account of what somebody may still be writing."""
        for event in self._queue.read():
            for path in self._paths(event):
                self.note(path)
                if self._is_wanted(path):
                    found.add(path)
                    (writing.add if event.mask & inotify.WRITTEN else writing.discard)(path)

    def _paths(self, event: "Event") -> list[str]:
        """What an event is about, by every name that its directory is watched by."""
        if event.mask & inotify.IN_Q_OVERFLOW:
            self._has_lost = True
        names = self._directories.get(event.number, [])
        if event.mask & inotify.ENDED:
            self._dead.update(names)
            if event.mask & inotify.IN_IGNORED:
                self._directories.pop(event.number, None)
        return [os.path.join(one, event.name) for one in names] if event.name else []

    def dead(self) -> set[str]:
        return set(self._dead)

    def failure(self, directory: str | None = None) -> str:
        """Nothing but the directory itself ends its events."""
        return ""

    def stop(self) -> None:
        self._queue.close()
