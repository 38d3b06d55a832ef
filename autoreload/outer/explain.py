"""`--explain`: every file that is watched with its reason, or why one is not."""

import os

from autoreload.core import wording
from autoreload.core.folders import SKIPPED
from autoreload.watch.links import follow

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
        return [wording.because(path, self._root, why) for path, why in self._answers(typed)]

    def reason(self, typed: str) -> str:
        """Why this path is watched; or `not watched: ` and why not."""
        return self._answers(typed)[-1][1]

    def _answers(self, typed: str) -> list[tuple[str, str]]:
        """Of a path with links in it first what the links are watched for, then where they lead."""
        path = os.path.join(self._root, os.path.expanduser(typed))
        real, links = follow(path)
        reasons = self.reasons()
        known = [*(place for place, _ in links), os.path.normpath(path), real]
        found = [(one, reasons[one]) for one in dict.fromkeys(known) if one in reasons]
        if real in reasons or os.path.normpath(path) in reasons:
            return found
        if found and os.path.islink(path):
            return found
        if self._watching.probes_for(real):
            why = "not there; an import would find it first, so the program restarts when it comes"
        else:
            why = f"not watched: {self._why_not(real)}"
        return [*found, (real, why)]

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
        if not os.path.exists(path):
            return "it is not there, and nobody asked for it"
        unread = "the program has not read it while it started"
        if self._watching.is_left(path):
            name = os.path.relpath(path, self._root)
            return f"{unread}, and a .gitignore names it; --watch {name} would watch it"
        return f"{unread}; --watch would watch it"
