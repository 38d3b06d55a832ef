"""Event sources: hints that a file may have changed, on one descriptor.

watchdog's threads live in the outer, which stays: the inner pays neither for the import nor for
threads, and directories stay subscribed over a restart. Directories are watched one by one and
never as trees, so that what lies beside the code costs nothing. An event filter is always given:
without one watchdog 7 also asks the kernel for opens, overflows its queue with its own walk, and
loops. Its loggers get a handler of their own, so that nothing of them reaches the terminal.
"""

import collections
import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, Protocol

    class Backend(Protocol):
        """A source of hints."""

        name: str

        def fileno(self) -> int:
            """Readable when there is a hint."""

        def watch(self, directory: str) -> None:
            """Subscribe a directory, not what is below it. Raises OSError when it cannot."""

        def unwatch(self, directory: str) -> None:
            """Give a directory up."""

        def hints(self) -> set[str]:
            """The paths of the events since the last call."""

        def stop(self) -> None:
            """End it."""


class WatchdogBackend:
    """File events by watchdog, version 6 or 7."""

    def __init__(self, is_wanted: "Callable[[str], bool]") -> None:
        """Start without directories; events of unwanted paths do not wake anybody.

        Raises OSError when the system gives no event queue.
        """
        _quieten()
        from watchdog.events import (
            FileClosedEvent,
            FileCreatedEvent,
            FileDeletedEvent,
            FileModifiedEvent,
            FileMovedEvent,
            FileSystemEvent,
            FileSystemEventHandler,
        )
        from watchdog.observers import Observer

        self._paths: collections.deque[str] = collections.deque(maxlen=100_000)
        self._read, self._write = os.pipe()
        for end in (self._read, self._write):
            os.set_blocking(end, False)
        self._filter = [
            FileClosedEvent,
            FileCreatedEvent,
            FileDeletedEvent,
            FileModifiedEvent,
            FileMovedEvent,
        ]
        note = self._note

        class Handler(FileSystemEventHandler):
            def dispatch(self, event: FileSystemEvent) -> None:
                # Runs in watchdog's dispatcher while it holds its lock: only note and wake.
                for path in (event.src_path, event.dest_path):
                    text = os.fsdecode(path)
                    if text and is_wanted(text):
                        note(text)

        self._handler = Handler()
        self._watches: dict[str, Any] = {}
        self._observer = Observer()
        self._observer.start()
        self._has_one_queue = _keep_queues()
        self.name = _NAMES.get(type(self._observer).__name__, "file events")

    def fileno(self) -> int:
        return self._read

    def _note(self, path: str) -> None:
        self._paths.append(path)
        try:
            os.write(self._write, b"!")
        except OSError:
            pass  # full: the loop will be woken by what stands in it

    def watch(self, directory: str) -> None:
        self._watches[directory] = self._observer.schedule(
            self._handler, directory, recursive=False, event_filter=self._filter
        )
        if not self._has_one_queue:  # version 6 opens one for each directory
            _keep_queues()

    def unwatch(self, directory: str) -> None:
        watch = self._watches.pop(directory, None)
        if watch is not None:
            try:
                self._observer.unschedule(watch)
            except (KeyError, OSError):
                pass  # its emitter ended with the directory

    def hints(self) -> set[str]:
        try:
            os.read(self._read, 65536)
        except BlockingIOError:
            return set()
        found = set()
        while self._paths:
            found.add(self._paths.popleft())
        return found

    def stop(self) -> None:
        self._observer.stop()


_NAMES = {"InotifyObserver": "inotify", "FSEventsObserver": "fsevents", "KqueueObserver": "kqueue"}


def _keep_queues() -> bool:
    """Keep event queues from being inherited by the app; whether there is one.

    watchdog opens them by inotify_init(2), which sets no close-on-exec. A daemon that outlives us
    would hold one of the user's 128 for ever.
    """
    found = False
    try:
        names = os.listdir("/proc/self/fd")
    except OSError:
        return False
    for name in names:
        try:
            if os.readlink(f"/proc/self/fd/{name}") == "anon_inode:inotify":
                os.set_inheritable(int(name), False)
                found = True
        except OSError:
            continue  # that of the listing itself
    return found


def _quieten() -> None:
    import logging

    logger = logging.getLogger("watchdog")
    logger.addHandler(logging.NullHandler())
    logger.propagate = False


def limit_reached(error: OSError) -> str:
    """Which limit of inotify(7) an error names, as words for the user."""
    import errno

    if error.errno == errno.ENOSPC:
        return f"inotify limit reached (max_user_watches is {_limit('max_user_watches')})"
    if error.errno == errno.EMFILE:
        return f"inotify limit reached (max_user_instances is {_limit('max_user_instances')})"
    return f"no file events ({error.strerror or error})"


def _limit(name: str) -> str:
    try:
        with open(f"/proc/sys/fs/inotify/{name}") as file:
            return file.read().strip()
    except OSError:
        return "unknown"
