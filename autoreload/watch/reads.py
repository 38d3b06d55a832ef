"""Data that the program reads while it starts, and what it writes itself.

An audit hook hears of every file that is opened (PEP 578). What is opened for reading under the
project before the program is up belongs to it as its sources do: configuration, fixtures, SQL,
Python that it compiles by itself. The signature is taken before the file is opened, and a file that
is not there is noted as missing. What the program also writes is never watched, whether it reads it
before or after; what it reads later, while it serves, is its own affair.
"""

import os
import stat
import sys

from autoreload.core.folders import SKIPPED
from autoreload.system import audit

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from autoreload.watch.traces import Traces

_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
_BESIDE_DATABASE = ("", "-journal", "-wal", "-shm")
_VIRTUAL = ("/proc/", "/sys/", "/dev/")
_UNCOUNTED = (".pyc", ".pyo")


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
        self._is_starting = True

    def install(self) -> None:
        """Start to listen."""
        audit.listen("open", self._opened)
        audit.listen("os.rename", self._renamed)
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
        except (OSError, ValueError):
            pass  # no such path can be: the opening itself meets it next, and tells the program

    def _renamed(self, source: object, target: object, *_: object) -> None:
        try:
            self._write(target)
        except (OSError, ValueError):
            pass

    def _connected(self, database: object, *_: object) -> None:
        text = _text(database)
        try:
            for ending in _BESIDE_DATABASE if text else ():
                self._write(text + ending)
        except (OSError, ValueError):
            pass

    def _read(self, path: object) -> None:
        text = _text(path)
        if not text or text.endswith(_UNCOUNTED):
            return
        real = self._traces.scope.real(os.path.abspath(text))
        if real is None or real in self._written or not self._is_counted(real):
            return
        if self._traces.is_released(real):
            return
        try:
            status = os.stat(real)
        except OSError:
            self._traces.record(real, None, reason=f"missing, looked for {_by()}", is_data=True)
            return
        if stat.S_ISREG(status.st_mode):
            signature = (status.st_mtime_ns, status.st_size, status.st_ino)
            self._traces.record(real, signature, reason=f"read {_by()}", is_data=True)
            if os.path.abspath(text) != real:
                self._traces.record_link(text, self._traces.loaded[real])

    def _write(self, path: object) -> None:
        text = _text(path)
        if not text:
            return
        real = os.path.realpath(text)
        if real in self._written or not self._is_counted(real):
            return
        self._written.add(real)
        self._traces.drop(real)
        self._on_written(real)

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


def _by() -> str:
    """Which line of the program, as far as it can be told from outside of the libraries."""
    try:
        frame = sys._getframe(4)
    except ValueError:  # a thread, or an end of the interpreter, without a line of Python
        return "by the program"
    standard = os.path.dirname(os.__file__) + os.sep
    chosen = frame
    while frame.f_back is not None:
        file = frame.f_code.co_filename
        if not file.startswith((standard, "<frozen")) and "site-packages" not in file:
            chosen = frame
            break
        frame = frame.f_back
    return f"by {chosen.f_code.co_filename}:{chosen.f_lineno}"
