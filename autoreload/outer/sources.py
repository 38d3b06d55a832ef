"""Where hints come from: file events as far as they prove themselves, looking for the rest.

A directory is trusted when its file system can tell, the kernel lists a watch on it, and the thread
that hands its events on is alive; all of it is looked at again every second, as is whether it is
still the same directory. A change that was found without an event ends the trust as well. What is
not trusted is polled here, part by part: the others keep their events.
"""

import os
import time

from autoreload.core import wording_sources as wording
from autoreload.core.trust import (
    CHECK_S,
    JUDGE_AFTER_S,
    POLL_S,
    SHARE,
    Doubt,
    Identity,
    Mount,
    Why,
    came_for,
    doubt_of,
    mount_of,
    pace,
    uncovered,
)
from autoreload.system import files, inotify
from autoreload.watch.polling import Poller

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from autoreload.core.wording import Line
    from autoreload.watch.backends import Backend, Kind

_TICK_NS = 50_000_000
_LATELY_NS = 10_000_000_000


class Sources:
    """Subscribed directories, and those that are polled."""

    def __init__(
        self,
        is_wanted: "Callable[[str], bool]",
        watched: "Callable[[], Iterable[str]]",
        complain: "Callable[[Line], None]",
        *,
        root: str,
        poll_s: float | None,
        backend: "Kind" = "auto",
    ) -> None:
        """`watched` gives every watched file; with `poll_s` there are no events, as is wanted."""
        self._is_wanted = is_wanted
        self._watched = watched
        self._complain = complain
        self._root = root
        self._poll_s = poll_s
        self._kind = backend
        self._backend: Backend | None = None
        self._is_open = False
        self._wanted: set[str] = set()
        self._hinted: set[str] = set()
        """What came in and nobody has asked for yet."""
        self._has_lost = False
        """The same of events that were lost."""
        self._subscribed: dict[str, Identity] = {}
        self._since_ns: dict[str, int] = {}
        self._shortage: Doubt | None = None
        self._devices: dict[int, Mount | None] = {}
        self._surprises: dict[str, Doubt] = {}
        self._suspects: dict[str, float] = {}
        self._untold: dict[Doubt, list[str]] = {}
        self._told: set[Doubt] = set()
        self._poller = Poller(is_wanted)
        self._checked = self._polled = time.monotonic()
        self._cost_s = 0.0
        self._is_stale = False
        self._is_listed = False
        self._has_failed = False
        self.directories: dict[str, Identity] = {}
        """What is watched, by events or by looking."""
        self.is_fresh = True
        """Something is watched here that nobody has compared since."""

    # --- what is watched ------------------------------------------------------------------------

    @property
    def has_events(self) -> bool:
        """Whether events are there, if not for every directory."""
        return self._backend is not None and not self._has_failed

    @property
    def name(self) -> str:
        return self._backend.name if self._backend is not None else "polling"

    def fileno(self) -> int | None:
        """The descriptor to wait for, once there is one."""
        return None if self._backend is None else self._backend.fileno()

    def open(self) -> None:
        """Start the event source, once; what cannot be had is polled, and said."""
        if self._is_open:
            return
        self._is_open = True
        if self._poll_s is None:
            self._open_backend()
        self.is_fresh = True
        self.follow(self._wanted)

    def _open_backend(self) -> None:
        from autoreload.watch import backends

        try:
            self._backend = backends.opened(self._kind, self._is_wanted)
        except ImportError:
            self._fail(wording.polling("watchdog is not installed", POLL_S))
        except OSError as error:
            if limit := inotify.limit(error.errno):
                doubt = Doubt(Why.LIMIT, limit[0], value=limit[1])
                self._fail(wording.doubted(doubt, (), self._root, POLL_S))
            else:
                self._fail(wording.polling(f"no file events ({error.strerror or error})", POLL_S))

    def _fail(self, line: "Line") -> None:
        self._has_failed = True
        self._complain(line)

    def follow(self, wanted: set[str]) -> None:
        """Watch these directories; those that are not there as soon as they are."""
        self._wanted = wanted
        if not self._is_open:
            return
        for directory in sorted(wanted - self.directories.keys()):
            identity = files.identity(directory)
            if identity is not None:
                self._take(directory, identity)
        self._is_stale = False
        self._poller.watch(self._watched())

    def _take(self, directory: str, identity: Identity) -> None:
        self.directories[directory] = identity
        self._since_ns[directory] = files.now_ns()
        self.is_fresh = True
        mount = self._mount_of(directory, identity)
        if mount is not None and (doubt := self._surprises.get(mount.point) or doubt_of(mount)):
            self._distrust(directory, doubt)
        self._subscribe(directory, identity)

    def _mount_of(self, directory: str, identity: Identity) -> Mount | None:
        device = identity[0]
        if device not in self._devices:
            self._devices[device] = mount_of(os.path.realpath(directory), inotify.mounted())
        return self._devices[device]

    def _subscribe(self, directory: str, identity: Identity) -> None:
        if self._backend is None or self._has_failed:
            return
        if self._shortage is not None:
            self._distrust(directory, self._shortage)
            return
        try:
            self._backend.watch(directory)
        except OSError as error:
            if files.identity(directory) != identity:
                self._forget(directory)  # gone meanwhile; looked for again at the next check
            elif limit := inotify.limit(error.errno):
                self._shortage = Doubt(Why.LIMIT, limit[0], value=limit[1])
                self._distrust(directory, self._shortage)
            else:
                self._distrust(directory, Doubt(Why.UNWATCHED, error.strerror or str(error)))
            return
        self._subscribed[directory] = identity

    def _unsubscribe(self, directory: str) -> None:
        if self._subscribed.pop(directory, None) is not None and self._backend is not None:
            self._backend.unwatch(directory)

    def _forget(self, directory: str) -> None:
        self._unsubscribe(directory)
        self._poller.drop(directory)
        del self.directories[directory]
        self._devices.clear()  # another file system may have its number next

    def _distrust(self, directory: str, doubt: Doubt) -> None:
        """Poll a directory from now on; without events everything is compared anyway."""
        mount = self._mount_of(directory, self.directories[directory])
        remembers = mount is not None and mount.remembers
        if directory in self._poller.directories or (self._poll_s is not None and not remembers):
            return
        self._poller.add(directory, opens=remembers)
        self._is_stale = True
        if self._poll_s is None and doubt not in self._told:
            self._untold.setdefault(doubt, []).append(directory)

    # --- hints ----------------------------------------------------------------------------------

    def next_due(self) -> float:
        """Seconds until something is to be looked at here."""
        if not self._is_open:
            return CHECK_S
        now = time.monotonic()
        due = self._checked + self._check_pace()
        if self._poller.directories:
            due = min(due, self._polled + self._poll_pace())
        return max(0.0, due - now)

    def _check_pace(self) -> float:
        return max(CHECK_S, self._cost_s * SHARE)

    def _poll_pace(self) -> float:
        took = self._poller
        return pace(self._poll_s, processor_s=took.processor_s, wall_s=took.wall_s)

    def stirs(self) -> bool:
        """Take the events in; whether any of them is worth a look."""
        if self._backend is None:
            return False
        self._hinted |= self._backend.hints()
        self._has_lost |= self._backend.has_lost()
        return bool(self._hinted) or self._has_lost

    def hints(self) -> set[str]:
        """The paths that may have changed, by events and, when it is time, by looking."""
        self.stirs()
        found, self._hinted = self._hinted, set()
        if self._has_lost:
            self._has_lost, self.is_fresh = False, True
            self._complain(wording.overflow(inotify.queue_limit()))
        now = time.monotonic()
        # Early rather than to wake up for it alone.
        if self._is_open and now >= self._checked + self._check_pace() / 2:
            self._check(now)
        if self._poller.directories and now >= self._polled + self._poll_pace():
            self._polled = now
            found |= self._poller.look()
        return found

    def noticed(self, paths: "Iterable[str]") -> None:
        """These changes were found by comparing; an event of each has come, or will in a moment."""
        now = time.monotonic()
        for path in paths:
            directory = os.path.dirname(path)
            if directory in self._subscribed and directory not in self._poller.directories:
                self._suspects.setdefault(path, now)

    # --- proof ----------------------------------------------------------------------------------

    def _check(self, now: float) -> None:
        start = time.thread_time()
        self._checked = now
        self._renew()
        if self._backend is not None and not self._has_failed:
            if failure := self._backend.failure():
                doubt = Doubt(Why.UNWATCHED, failure)
                self._fail(wording.doubted(doubt, (), self._root, POLL_S))
            else:
                self._prove(self._backend)
                self._judge(self._backend, now)
        if self._is_stale:
            self._is_stale = False
            self._poller.watch(self._watched())
        self._tell()
        self._cost_s = time.thread_time() - start

    def _renew(self) -> None:
        """A directory that was replaced by another of its name is another one, and one may come."""
        for directory, identity in list(self.directories.items()):
            if files.identity(directory) != identity:
                self._forget(directory)
        if self._wanted - self.directories.keys():
            self.follow(self._wanted)

    def _prove(self, backend: "Backend") -> None:
        """Subscribe anew what the kernel does not watch or nobody reads, and see whether it helps.

        A directory that was deleted and made again may have its old inode, and nothing but the
        missing watch shows that it is another one.
        """
        lost = backend.dead() | self._uncovered()
        for directory in lost & self._subscribed.keys():
            failure = backend.failure(directory)
            self._unsubscribe(directory)
            if failure:
                self._distrust(directory, Doubt(Why.UNWATCHED, failure))
            else:
                self._take(directory, self.directories[directory])
        for directory in self._uncovered() if lost else ():
            if files.identity(directory) == self._subscribed[directory]:
                self._unsubscribe(directory)
                self._distrust(directory, Doubt(Why.UNWATCHED, _refused(directory)))

    def _uncovered(self) -> set[str]:
        watched = inotify.watched()
        self._is_listed = self._is_listed or bool(watched)
        # Where nothing was ever listed, no list is kept: gVisor and WSL 1 have inotify without.
        return uncovered(self._subscribed, watched) if self._is_listed else set()

    def _judge(self, backend: "Backend", now: float) -> None:
        """A change that has had its time, and of which no event came, ends the trust."""
        due = [path for path, since in self._suspects.items() if now >= since + JUDGE_AFTER_S]
        now_ns = time.time_ns()
        for path in due:
            del self._suspects[path]
            directory = os.path.dirname(path)
            if directory not in self._subscribed or directory in self._poller.directories:
                continue
            # What is gone says no more when it went: any event of it in the last seconds counts.
            changed_ns = files.changed_ns(path)
            since_ns = changed_ns or files.changed_ns(directory) or 0
            heard_ns = now_ns - int((now - backend.heard_at(path)) * 1e9)
            was_subscribed = since_ns > self._since_ns[directory] + _TICK_NS
            if was_subscribed and not came_for(heard_ns, changed_ns or now_ns - _LATELY_NS):
                self._surprise(directory, Doubt(Why.UNANNOUNCED, path))

    def _surprise(self, directory: str, doubt: Doubt) -> None:
        """On a plain local disk it is this directory only, elsewhere all of the file system."""
        device = self.directories[directory][0]
        mount = self._mount_of(directory, self.directories[directory])
        if mount is None or mount.is_ordinary:
            self._distrust(directory, doubt)
            return
        self._surprises[mount.point] = doubt
        for one, identity in self.directories.items():
            if identity[0] == device:
                self._distrust(one, doubt)

    def _tell(self) -> None:
        every_s = self._poll_pace()
        for doubt, directories in self._untold.items():
            self._complain(wording.doubted(doubt, directories, self._root, every_s))
        self._told.update(self._untold)
        self._untold.clear()

    def close(self) -> None:
        if self._backend is not None:
            self._backend.stop()


def _refused(directory: str) -> str:
    """Why the kernel may keep no watch on a directory: watchdog keeps EACCES to itself."""
    return "the kernel keeps no watch" if os.access(directory, os.R_OK) else "not readable"
