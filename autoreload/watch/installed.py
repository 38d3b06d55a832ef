"""Which installed packages this interpreter has loaded, or looked for in vain: names, not files.

What is installed is not watched file by file, but a package that is installed once more while it is
in use makes for a new start. All that has to be known for that is its name and when it was first
loaded, or first missed; the outer does the rest.
"""

import os
import posix

from autoreload.system import files

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

SITE = (f"{os.sep}site-packages{os.sep}", f"{os.sep}dist-packages{os.sep}")
"""How a path into a folder of installed packages is known."""

_SEARCH_NS = 500_000_000
"""A search that ended in vain may have looked this long before it is noted."""

_OURS = __name__.partition(".")[0]
"""The outer stays the one that it is, so that another inner would not be of one piece with it."""


class Installed:
    """What has been noted, each name once, and a way to tell somebody of it."""

    def __init__(self) -> None:
        self._since_ns = files.now_ns()
        self._files: dict[str, None] = {}
        """What was loaded, in its order: in an interpreter that others go on from it may age."""
        self._missing: dict[tuple[str, str], bool] = {}
        self.on_note: Callable[[str, str, int, bool], None] = _nobody
        """Called with folder, name, the time by the clock of the file system, and whether the
        name was looked for in vain."""

    def loaded(self, path: str) -> None:
        """Note a file that was loaded and is none of the project's, if it was installed."""
        found = _place(path)
        if found is not None:
            folder, name = found
            self._files[path] = None
            self._note(folder, name.partition(os.sep)[0].partition(".")[0], is_missing=False)

    def changed(self) -> str:
        """A file that was loaded, and written since this interpreter began; empty if none was."""
        stat, since_ns, path = posix.stat, self._since_ns, ""
        try:
            for path in self._files:  # hundreds, while a save is waited for
                if stat(path).st_ctime_ns >= since_ns:
                    return path
        except OSError:
            return path
        return ""

    def missed(self, stem: str, *, in_package: bool) -> None:
        """Note a module that was not found where `stem`, a path without an ending, would be.

        A package that misses a part of itself is as it was installed: only parts of namespaces
        come by themselves.
        """
        found = _place(stem)
        if found is not None and not (in_package and os.sep in found[1]):
            self._note(*found, is_missing=True)

    def _note(self, folder: str, name: str, *, is_missing: bool) -> None:
        # What was missing may have been installed by the program since, and is loaded now.
        known = self._missing.get((folder, name))
        if (known is None or (known and not is_missing)) and name != _OURS:
            self._missing[folder, name] = is_missing
            at_ns = files.now_ns() - (_SEARCH_NS if is_missing else 0)
            self.on_note(folder, name, at_ns, is_missing)


def _place(path: str) -> tuple[str, str] | None:
    """The folder of installed packages that a path leads into, and the rest of it."""
    for mark in SITE:
        at = path.find(mark)
        if at >= 0:
            end = at + len(mark)
            return path[: end - 1], path[end:]
    return None


def _nobody(folder: str, name: str, at_ns: int, is_missing: bool) -> None:
    """Until somebody listens."""
