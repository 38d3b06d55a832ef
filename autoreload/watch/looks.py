"""Whether the files and folders are there that a program has asked for, and what they are.

Nothing in the interpreter tells of a stat, so `os.stat` is replaced while the program starts: that
is what `os.path` and `pathlib` call, while importlib has one of its own.
"""

import os
import posix
from stat import S_IFMT

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

MOST_LOOKS = 2000
"""Paths that are looked at anew; those after them are taken to be as they were."""


class Looks:
    """What was asked for below a folder, and the answer: which kind of file, 0 for none."""

    def __init__(self, root: str) -> None:
        """The folder's path ends with a separator."""
        self._root = root
        self._answers: dict[str, int] = {}
        self._stat: Any = posix.stat

    def install(self) -> None:
        """Start to listen."""

        def stat(path: "Any", *, dir_fd: "Any" = None, follow_symlinks: bool = True) -> "Any":
            if dir_fd is None and type(path) is not int and len(self._answers) < MOST_LOOKS:
                self._note(path)
            return posix.stat(path, dir_fd=dir_fd, follow_symlinks=follow_symlinks)

        self._stat = stat
        stat.__qualname__ = "stat"
        for able in (os.supports_dir_fd, os.supports_fd, os.supports_follow_symlinks):
            if posix.stat in able:  # what `shutil` looks at before it trusts a descriptor
                able.add(stat)
        os.stat = stat

    def close(self) -> None:
        """No checkpoint follows."""
        os.stat = posix.stat

    def rest(self) -> None:
        """The program stands still: whoever asks now is one of us."""
        if os.stat is self._stat:
            os.stat = posix.stat

    def go_on(self) -> None:
        """The program goes on."""
        if os.stat is posix.stat:
            os.stat = self._stat

    def _note(self, path: object) -> None:
        try:
            absolute = os.path.abspath(os.fsdecode(path))  # type: ignore[arg-type]
        except (TypeError, ValueError, OSError):
            return
        if absolute.startswith(self._root) and absolute not in self._answers:
            self._answers[absolute] = _kind(absolute)

    def changed(self) -> str:
        """A path that is something else now, or nothing; empty when there is none."""
        for path, kind in self._answers.items():
            if _kind(path) != kind:
                return path
        return ""


def _kind(path: str) -> int:
    try:
        return S_IFMT(posix.stat(path).st_mode)
    except (OSError, ValueError):
        return 0
