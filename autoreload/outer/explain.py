"""`--explain`: every file that is watched with its reason, or why one is not."""

import os

from autoreload.core import wording
from autoreload.core.folders import SKIPPED

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from autoreload.core.wording import Line
    from autoreload.outer.child import Child
    from autoreload.outer.watching import Watching

_INSTALLED = ("site-packages", "dist-packages")


class Explain:
    """Knows what is watched by one run, and why."""

    def __init__(
        self, child: "Child", watching: "Watching", root: str, written: "Iterable[str]"
    ) -> None:
        self._child = child
        self._watching = watching
        self._root = root
        self._written = frozenset(written)

    def asked(self, path: str) -> "list[Line]":
        """What `--explain` shows for a path, or for none."""
        return self.one(path) if path else self.everything()

    def everything(self) -> "list[Line]":
        """One line a file, in the order of the paths."""
        reasons = self.reasons()
        lines = [wording.because(path, self._root, reasons[path]) for path in sorted(reasons)]
        return [*lines, wording.watched(*self._watching.extent())]

    def one(self, typed: str) -> "list[Line]":
        """Why this path is watched, or why it is not and what would change that."""
        return [wording.because(self._named(typed), self._root, self.reason(typed))]

    def _named(self, typed: str) -> str:
        return os.path.realpath(os.path.join(self._root, os.path.expanduser(typed)))

    def reason(self, typed: str) -> str:
        """Why this path is watched; or `not watched: ` and why not."""
        path = self._named(typed)
        return self.reasons().get(path) or f"not watched: {self._why_not(path)}"

    def reasons(self) -> dict[str, str]:
        """Every watched file with its reason."""
        reasons = {path: f"{why}" for path, why in self._watching.named()}
        for table, whose in ((self._child.below, " by a child"), (self._child.loaded, "")):
            for path, record in table.items():
                if not self._watching.is_ignored(path):
                    reasons[path] = (record.reason or "loaded") + whose
        return reasons

    def _why_not(self, path: str) -> str:
        parts = path.split(os.sep)
        if self._watching.is_ignored(path):
            return "--ignore names it"
        if path in self._written:
            return "the program writes it itself; --watch would watch it all the same"
        if os.path.isdir(path):
            return "a folder is watched as a whole by --watch alone"
        if any(mark in parts for mark in _INSTALLED):
            return "it belongs to an installed package; installing that again restarts"
        if folders := sorted(SKIPPED.intersection(parts)):
            return f"{folders[0]} is nobody's own code"
        if self._watching.probes_for(path):
            return "it is not there; when it appears, the program is restarted"
        if not os.path.exists(path):
            return "it is not there, and nobody asked for it"
        return "the program has not read it while it started; --watch would watch it"
