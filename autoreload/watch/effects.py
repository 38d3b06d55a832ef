"""What a program has made, written or removed itself while it started, and whether it is still so.

A run that goes on from a checkpoint does not do these things again. A fresh start would: it would
write the file anew that the last run has added to, and make the folder that the last run has
removed on its way out. Logs are the exception, as each run only adds to them.
"""

import os

from autoreload.system import audit, files

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from autoreload.core.changes import Signature

MOST_EFFECTS = 500
"""Paths that a program may write while it starts; with more it cannot be told cheaply."""

_CHANGING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC
_VIRTUAL = ("/proc/", "/sys/", "/dev/")
_BYTECODE = (".pyc", ".pyo")
_WITHOUT_FOLDER = -1
"""What an audit event says of `dir_fd` when there is none."""


class Effects:
    """The paths that this process, and those that it is a fork of, have changed."""

    def __init__(self, is_machinery: "Callable[[], bool]") -> None:
        """`is_machinery` says whether what is being done is importlib's doing, or ours."""
        self._is_machinery = is_machinery
        self._pending: set[str] = set()
        self._left: dict[str, Signature | None] = {}
        self._is_open = True

    def install(self) -> None:
        """Start to listen."""
        audit.also("open", self._opened)
        audit.also(
            "os.mkdir", lambda path, mode=0, folder=_WITHOUT_FOLDER: self._note(path, folder)
        )
        for event in ("os.remove", "os.rmdir", "shutil.rmtree"):
            audit.also(event, lambda path, folder=_WITHOUT_FOLDER: self._note(path, folder))
        for event in ("os.rename", "os.link", "os.symlink"):
            audit.also(event, self._moved)

    def close(self) -> None:
        """No checkpoint follows."""
        self._is_open = False

    def refusal(self) -> str:
        """Why no checkpoint can be trusted any more; empty while they can."""
        known = len(self._left) + len(self._pending)
        return "it writes many files" if known > MOST_EFFECTS else ""

    def settle(self) -> None:
        """Right before a fork: what was done so far is left like this."""
        for path in sorted(self._pending):
            self._left[path] = _left(path)
        self._pending.clear()

    def changed(self) -> str:
        """A path that is not as it was left; empty when there is none."""
        for path, left in self._left.items():
            if _left(path) != left:
                return path
        return ""

    def _opened(self, path: object, mode: object, flags: object) -> None:
        if _writes(mode, flags):
            self._note(path)

    def _moved(self, source: object, target: object, *folders: object) -> None:
        if all(folder == _WITHOUT_FOLDER for folder in folders):
            self._note(source)
            self._note(target)

    def _note(self, path: object, folder: object = _WITHOUT_FOLDER) -> None:
        if not self._is_open or folder not in (None, _WITHOUT_FOLDER):
            return
        try:
            text = os.fsdecode(path)  # type: ignore[arg-type]
            absolute = os.path.abspath(text)
        except (TypeError, ValueError, OSError):
            return  # a descriptor, or nothing that can be a path
        if absolute.endswith(_BYTECODE) or absolute.startswith(_VIRTUAL) or self._is_machinery():
            return
        self._pending.add(absolute)


def _left(path: str) -> "Signature | None":
    """What stands there; of a folder only that it does."""
    return (0, 0, 0) if os.path.isdir(path) else files.signature(path)


def _writes(mode: object, flags: object) -> bool:
    """Whether something else than adding to the end is meant."""
    if isinstance(mode, str):
        return not {"w", "x", "+"}.isdisjoint(mode) and "a" not in mode
    return isinstance(flags, int) and bool(flags & _CHANGING) and not flags & os.O_APPEND
