"""File events by watchdog, version 6 or 7, for every system that has some.

watchdog's threads live in the outer, which stays: the inner pays neither for the import nor for
threads, and directories stay subscribed over a restart. Directories are watched one by one and
never as trees, so that what lies beside the code costs nothing. An event filter is always given:
without one watchdog 7 also asks the kernel for opens, overflows its queue with its own walk, and
loops. Its loggers get a handler of their own, so that nothing of them reaches the terminal.

watchdog keeps quiet about what goes wrong later: a thread that fails is gone, and an overflow of
the kernel's queue is dropped (version 6) or heeded for trees only (7). Both are seen here.
"""

import collections
import errno
import os
import sys
import threading

from autoreload.system.inotify import IN_Q_OVERFLOW
from autoreload.watch.backends import Account

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Any


class WatchdogBackend(Account):
    """File events by watchdog."""

    def __init__(self, is_wanted: "Callable[[str], bool]") -> None:
        """Start without directories; events of unwanted paths do not wake anybody.

        Raises OSError when the system gives no event queue.
        """
        super().__init__()
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
        self._failures: dict[str | None, str] = {}
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
        heard = self._hear

        class Handler(FileSystemEventHandler):
            def dispatch(self, event: FileSystemEvent) -> None:
                # Runs in watchdog's dispatcher while it holds its lock: only note and wake.
                for path in (event.src_path, event.dest_path):
                    text = os.fsdecode(path)
                    if text:
                        heard(text, is_wanted(text))

        self._handler = Handler()
        self._watches: dict[str, Any] = {}
        self._observer = Observer()
        self._excepthook = threading.excepthook
        threading.excepthook = self._on_failure
        if sys.platform == "linux":
            _mark_overflows(self._lose)
        self._observer.start()
        self._has_one_queue = _keep_queues()
        self.name = _NAMES.get(type(self._observer).__name__, "file events")

    def fileno(self) -> int:
        return self._read

    def _hear(self, path: str, is_wanted: bool) -> None:
        self.note(path)
        if is_wanted:
            if len(self._paths) == self._paths.maxlen:
                self._has_lost = True
            self._paths.append(path)
            self._wake()

    def _wake(self) -> None:
        try:
            os.write(self._write, b"!")
        except OSError:
            pass  # full: the loop will be woken by what stands in it

    def _lose(self) -> None:
        self._has_lost = True
        self._wake()

    def _on_failure(self, failed: "threading.ExceptHookArgs") -> None:
        """A thread of watchdog's ends by an exception, which is no traceback for the user."""
        thread = failed.thread
        if thread is None or not type(thread).__module__.startswith("watchdog."):
            self._excepthook(failed)
            return
        text = f"{failed.exc_type.__name__}: {failed.exc_value}"
        self._failures[self._directory_of(thread)] = text
        self._wake()

    def _directory_of(self, thread: threading.Thread) -> str | None:
        """The directory that a thread serves, if it is only one: version 6 has two for each."""
        for emitter in list(self._observer.emitters):
            if thread in (emitter, getattr(emitter, "_inotify", None)):
                return str(emitter.watch.path)
        return None

    def watch(self, directory: str) -> None:
        try:
            self._watches[directory] = self._observer.schedule(
                self._handler,
                directory,
                recursive=False,
                event_filter=self._filter,
                **_following(self._observer),
            )
        except RuntimeError as error:  # no further thread
            raise OSError(errno.EAGAIN, str(error)) from error
        if not self._has_one_queue:  # version 6 opens one for each directory
            _keep_queues()

    def unwatch(self, directory: str) -> None:
        watch = self._watches.pop(directory, None)
        self._failures.pop(directory, None)
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

    def dead(self) -> set[str]:
        ended = {one.watch.path for one in list(self._observer.emitters) if not one.is_alive()}
        return (ended | {one for one in self._failures if one}) & self._watches.keys()

    def failure(self, directory: str | None = None) -> str:
        if directory is None and not self._observer.is_alive():
            return self._failures.get(None, "ended")
        return self._failures.get(directory, "")

    def stop(self) -> None:
        self._observer.stop()
        if threading.excepthook == self._on_failure:
            threading.excepthook = self._excepthook


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


def _following(observer: object) -> "dict[str, Any]":
    """Version 7 watches a link to a directory itself, unless it is told otherwise."""
    import inspect

    is_known = "follow_symlink" in inspect.signature(observer.schedule).parameters  # type: ignore[attr-defined]
    return {"follow_symlink": True} if is_known else {}


def _mark_overflows(lose: "Callable[[], None]") -> None:
    """Have `lose` called when the kernel says that it has dropped events (IN_Q_OVERFLOW).

    Nothing public tells of it in either version. What both have is the function that takes the
    kernel's bytes apart; one that has it no more is used as it is.
    """
    from watchdog.observers import inotify_c

    owner = getattr(inotify_c, "InotifyFD", None) or getattr(inotify_c, "Inotify", None)
    parse = getattr(owner, "_parse_event_buffer", None)
    if owner is None or parse is None:
        return
    plain = getattr(parse, "plain", parse)

    def marking(buffer: bytes) -> "Iterator[tuple[int, int, int, bytes]]":
        for event in plain(buffer):
            if event[0] == -1 and event[1] & IN_Q_OVERFLOW:
                lose()
            yield event

    marking.plain = plain  # type: ignore[attr-defined]  # the next backend's takes its place
    owner._parse_event_buffer = staticmethod(marking)
