"""What a run has taken in so far, and whether a fresh start would take in the same.

A run that goes on from a checkpoint is only as good as the past that it did not live through. So
whatever was loaded, read, listed or looked for in vain before the checkpoint is looked at again,
there and then; what events have said does not count. It is stricter than what the watcher compares:
a file that the program writes itself, or that is ignored, restarts nothing, but what was read from
it is no longer what a fresh start would read.
"""

import os
import stat
import sys

from autoreload.core.changes import compare
from autoreload.system import audit, files
from autoreload.watch import effects
from autoreload.watch.looks import Looks
from autoreload.watch.portions import Portions

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from autoreload.core.changes import Signature
    from autoreload.watch.traces import Traces

MOST_LISTED = 500
"""Folders that a program may list while it starts; with more it cannot be told cheaply."""

_VIRTUAL = ("/proc/", "/sys/", "/dev/")
_BYTECODE = (".pyc", ".pyo")
_BESIDE_DATABASE = ("", "-journal", "-wal")
_OURS = os.path.dirname(os.path.dirname(os.path.abspath(__file__))) + os.sep
_MACHINERY = (_OURS, "<frozen importlib")
_HEARERS = (audit.__file__, effects.__file__)


class Difference:
    """One thing that a fresh start would find otherwise."""

    __slots__ = ("is_source", "path", "reason")

    def __init__(self, path: str, reason: str, *, is_source: bool = False) -> None:
        self.path = path
        self.reason = reason
        self.is_source = is_source
        """Whether it is a module, of which a part may have been run only."""


class Past:
    """Everything that this process, and those that it is a fork of, has taken in."""

    def __init__(self, traces: "Traces", root: str) -> None:
        self._traces = traces
        self._root = os.path.realpath(root).rstrip(os.sep) + os.sep
        self._portions = Portions(traces.scope)
        self._effects = effects.Effects(_is_machinery)
        self._looks = Looks(self._root)
        self._data: dict[str, Signature | None] = {}
        self._listed: dict[str, frozenset[str]] = {}
        self._installed: dict[str, int] = {}
        self._is_open = True
        self._is_listing = False

    def install(self) -> None:
        """Start to listen."""
        self._traces.searches.on_search = self._portions.searched
        audit.also("open", self._opened)
        audit.also("sqlite3.connect", self._connected)
        audit.also("os.listdir", self._lists)
        audit.also("os.scandir", self._lists)
        self._effects.install()
        self._looks.install()
        self.look_at_installed()

    def close(self) -> None:
        """No checkpoint follows: what is taken in from now on is nobody's past."""
        self._is_open = False
        self._effects.close()
        self._looks.close()

    def rest(self) -> None:
        """The program stands still, in a checkpoint."""
        self._looks.rest()
        audit.rest()

    def go_on(self) -> None:
        """The program goes on."""
        self._looks.go_on()
        audit.go_on()

    def settle(self) -> None:
        """Right before a fork: what the program has written is left as it is now."""
        self._effects.settle()

    def look_at_installed(self) -> None:
        """Note the folders of the search path in which packages are installed."""
        for entry in sys.path:
            if entry not in self._installed and self._is_installed(entry):
                self._installed[entry] = _changed_at(entry)

    def _is_installed(self, entry: str) -> bool:
        if not os.path.isabs(entry) or not os.path.isdir(entry):
            return False
        return self._traces.scope.real(os.path.join(entry, "_")) is None

    def refusal(self) -> str:
        """Why no checkpoint can be trusted any more; empty while they can."""
        if len(self._listed) > MOST_LISTED:
            return "it lists many folders"
        return self._effects.refusal()

    # --- what was taken in --------------------------------------------------------------------

    def _opened(self, path: object, mode: object, flags: object) -> None:
        if not self._is_open or _only_writes(mode, flags) or _is_machinery():
            return
        if isinstance(path, os.PathLike):
            path = os.fspath(path)
        if isinstance(path, bytes):
            path = os.fsdecode(path)
        if isinstance(path, str) and not path.endswith(_BYTECODE):
            self._note(path)

    def _connected(self, database: object, *_: object) -> None:
        if self._is_open and isinstance(database, str | os.PathLike):
            for ending in _BESIDE_DATABASE:
                self._note(os.fspath(database) + ending)

    def _note(self, path: str) -> None:
        try:
            absolute = os.path.abspath(path)
            if absolute in self._data or absolute.startswith(_VIRTUAL):
                return
            if self._traces.scope.real(absolute) is None:
                return  # installed: what is there changes with its folder
            status = os.stat(absolute)
        except FileNotFoundError:
            self._data[absolute] = None
        except (OSError, ValueError):
            return  # the opening itself meets it next
        else:
            if stat.S_ISREG(status.st_mode):
                self._data[absolute] = (status.st_mtime_ns, status.st_size, status.st_ino)

    def _lists(self, path: object = None) -> None:
        if not self._is_open or self._is_listing or not isinstance(path, str | None):
            return
        if _is_machinery():
            return
        self._is_listing = True
        try:
            absolute = os.path.realpath(path or ".")
            if (absolute + os.sep).startswith(self._root) and len(self._listed) <= MOST_LISTED:
                self._listed.setdefault(absolute, _names(absolute))
        except (OSError, ValueError):
            pass
        finally:
            self._is_listing = False

    # --- and whether it is still so -----------------------------------------------------------

    def stale_installed(self) -> str:
        """What it would find otherwise among the installed files; empty if nothing."""
        path = self._traces.installed.changed()
        return f"{path}: installed, and written since" if path else ""

    def differences(self) -> "Iterable[Difference]":
        """What a fresh start would find otherwise, the likeliest first; but for installed files."""
        loaded = self._traces.loaded
        for change in compare(list(loaded.values()), files.signature, files.digest).changes:
            is_source = not loaded[change.path].is_data
            yield Difference(change.path, change.kind, is_source=is_source)
        for path in self._traces.links.turned():
            yield Difference(path, "leads elsewhere now")
        for path in self._traces.searches.probes.better():
            yield Difference(path, "found first now")
        if folder := self._portions.changed():
            yield Difference(folder, "a folder that imports look for")
        for path, signature in self._data.items():
            if files.signature(path) != signature:
                yield Difference(path, "read before")
        if path := self._looks.changed():
            yield Difference(path, "asked for before, and not as it was")
        if path := self._effects.changed():
            yield Difference(path, "written before, and not as it was left")
        for path, names in self._listed.items():
            if _names(path) != names:
                yield Difference(path, "listed before")
        for path, moment in self._installed.items():
            if _changed_at(path) != moment:
                yield Difference(path, "packages were installed")


def _is_machinery() -> bool:
    """Whether importlib does this, or we: the traces know of it."""
    frame = sys._getframe(2)
    while frame.f_code.co_filename in _HEARERS and frame.f_back is not None:
        frame = frame.f_back
    return frame.f_code.co_filename.startswith(_MACHINERY)


def _only_writes(mode: object, flags: object) -> bool:
    if isinstance(mode, str):
        return "w" in mode or ("+" not in mode and not {"a", "x"}.isdisjoint(mode))
    is_flags = isinstance(flags, int)
    return is_flags and bool(flags & os.O_WRONLY or flags & os.O_TRUNC)  # type: ignore[operator]


def _names(folder: str) -> frozenset[str]:
    try:
        return frozenset(name for name in os.listdir(folder) if name != "__pycache__")
    except OSError:
        return frozenset()


def _changed_at(folder: str) -> int:
    try:
        return os.stat(folder).st_mtime_ns
    except OSError:
        return 0
