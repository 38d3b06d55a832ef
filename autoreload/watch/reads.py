"""Data that the program reads while it starts, and what it writes itself.

An audit hook hears of every file that is opened (PEP 578). What is opened for reading under the
project before the program is up belongs to it as its sources do: configuration, fixtures, SQL,
Python that it compiles by itself. The signature is taken before the file is opened, and a file that
is not there is noted as missing. What the program also writes, replaces or removes is never
watched, whether it reads it before or after; what it reads later, while it serves, is its own
affair.
"""

import os
import stat

from autoreload.core.folders import SKIPPED
from autoreload.system import audit
from autoreload.watch.callers import by

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from autoreload.watch.links import Link
    from autoreload.watch.traces import Traces

_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
_BESIDE_DATABASE = ("", "-journal", "-wal", "-shm")
_VIRTUAL = ("/proc/", "/sys/", "/dev/")
_UNCOUNTED = (".pyc", ".pyo")
_IMPOSSIBLE = (OSError, ValueError, RecursionError)
"""No such path can be, or the program has next to no stack left."""


class Reads:
    """Hears what is opened, and tells the traces what counts."""

    def __init__(
        self,
        traces: "Traces",
        roots: "Iterable[str]",
        *,
        written: "Iterable[str]" = (),
        on_written: "Callable[[str], None]",
    ) -> None:
        """Count what lies below the roots; `written` is what earlier runs have written."""
        self._traces = traces
        self._roots = tuple({os.path.realpath(root).rstrip(os.sep) + os.sep for root in roots})
        self._written = set(written)
        self._on_written = on_written
        self._databases: set[str] = set()
        """The absolute paths that were connected to: many programs do so for every request."""
        self._is_starting = True

    def install(self) -> None:
        """Start to listen."""
        audit.listen("open", self._opened)
        audit.listen("os.rename", self._moved)
        audit.listen("os.symlink", self._moved)
        audit.listen("os.remove", self._removed)
        audit.listen("sqlite3.connect", self._connected)

    def add_written(self, paths: "Iterable[str]") -> None:
        """Note what earlier runs turned out to write."""
        self._written.update(paths)

    def close(self) -> None:
        """The program is up: what it reads from here on is its own affair."""
        self._is_starting = False

    def _opened(self, path: object, mode: object, flags: object) -> None:
        if type(path) is str and path.endswith(_UNCOUNTED):
            return  # most of what is opened while a program starts
        try:
            if _is_writing(mode, flags):
                self._write(path)
            elif self._is_starting:
                self._read(path)
        except _IMPOSSIBLE:
            pass  # the opening itself meets it next, and tells the program

    def _moved(self, source: object, target: object, *_: object) -> None:
        """A rename, or a link that is made: the target is another file from now on."""
        self._removed(target)

    def _removed(self, path: object, *_: object) -> None:
        if type(path) is str and path.endswith(_UNCOUNTED):
            return  # importlib writes bytecode beside its place, and renames it
        try:
            self._write(path, is_itself=True)
        except _IMPOSSIBLE:
            pass

    def _connected(self, database: object, *_: object) -> None:
        text = _text(database)
        if not text or text in self._databases:
            return
        if text.startswith(os.sep):
            self._databases.add(text)
        try:
            real = os.path.realpath(text)  # SQLite as well puts its journal where a link leads
            for ending in _BESIDE_DATABASE:
                self._take_back(real + ending)
        except _IMPOSSIBLE:
            pass

    def _read(self, path: object) -> None:
        text = _text(path)
        if not text or text.endswith(_UNCOUNTED):
            return
        name = text if text.startswith(os.sep) else os.path.join(os.getcwd(), text)
        real, links = self._traces.scope.way(name)
        if real is None or real in self._written or not self._leads_in(real, links):
            return
        if self._traces.is_released(real):
            return
        if links := tuple(link for link in links if link[0] not in self._written):
            self._traces.follow(links, name, real)
        try:
            status = os.stat(real)
        except OSError:
            self._traces.record(real, None, reason=f"missing, looked for {by()}", is_data=True)
            return
        if stat.S_ISREG(status.st_mode):
            signature = (status.st_mtime_ns, status.st_size, status.st_ino)
            self._traces.record(real, signature, reason=f"read {by()}", is_data=True)

    def _write(self, path: object, *, is_itself: bool = False) -> None:
        """Take back what the program writes; `is_itself`: a link in its place is not followed."""
        text = _text(path)
        if not text:
            return
        if is_itself:
            folder, name = os.path.split(text)
            real = os.path.join(os.path.realpath(folder), name)
        else:
            real = os.path.realpath(text)
        self._take_back(real)

    def _take_back(self, real: str) -> None:
        if real in self._written or real.startswith(_VIRTUAL):
            return
        is_told = self._is_counted(real) or real in self._traces.loaded
        if is_told or self._is_starting:  # it may be read in a moment, by way of a link
            self._written.add(real)
        self._traces.drop(real)
        self._traces.drop_link(real)
        if is_told:
            self._on_written(real)

    def _leads_in(self, real: str, links: "Iterable[Link]") -> bool:
        """Whether a file counts, by where it lies or by a link that leads there."""
        if self._is_counted(real):
            return True
        is_led_to = any(self._is_counted(place) for place, _ in links)
        is_plain = SKIPPED.isdisjoint(real.split(os.sep)) and not real.startswith(_VIRTUAL)
        return is_led_to and is_plain

    def _is_counted(self, real: str) -> bool:
        root = next((one for one in self._roots if real.startswith(one)), None)
        if root is None or real.startswith(_VIRTUAL):
            return False
        return SKIPPED.isdisjoint(real[len(root) :].split(os.sep)[:-1])


def _is_writing(mode: object, flags: object) -> bool:
    if isinstance(mode, str) and not {"w", "a", "x", "+"}.isdisjoint(mode):
        return True
    return isinstance(flags, int) and bool(flags & _WRITING)


def _text(path: object) -> str:
    """A path as text; nothing for a descriptor, or for what cannot be a path."""
    if isinstance(path, os.PathLike):
        path = os.fspath(path)
    if isinstance(path, bytes):
        path = os.fsdecode(path)
    return path if isinstance(path, str) and "\0" not in path and path != ":memory:" else ""
