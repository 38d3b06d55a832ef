"""Hints without events: directories that do not tell are looked at, and what differs is a hint.

Only what is watched is looked at. A directory is listed again when it has changed itself, so that
50,000 files beside the code cost one look at their folder.
"""

import os
import time

from autoreload.system import files

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from autoreload.core.changes import Signature

COARSE_NS = 3_000_000_000
"""File systems count in steps of up to 2 s: a directory that changed just now may do so again."""


class Poller:
    """The directories that are looked at, and how everything in them was."""

    def __init__(self, is_wanted: "Callable[[str], bool]") -> None:
        self.directories: dict[str, bool] = {}
        """With each whether its files have to be opened for a true answer."""
        self.processor_s = 0.0
        self.wall_s = 0.0
        """What the last look took."""
        self._is_wanted = is_wanted
        self._files: dict[str, tuple[Callable[[str], Signature | None], Signature | None]] = {}
        self._names: dict[str, tuple[Signature | None, frozenset[str]]] = {}

    def add(self, directory: str, *, opens: bool = False) -> None:
        """Look at a directory from now on; `opens`: a file is opened to learn of its change."""
        self.directories[directory] = opens

    def drop(self, directory: str) -> None:
        """Look at it no more."""
        self.directories.pop(directory, None)
        self._names.pop(directory, None)

    def watch(self, paths: "Iterable[str]") -> None:
        """Take these of all watched files that lie in the directories; they are as they are now."""
        before = self._files
        self._files = {}
        for path in paths if self.directories else ():
            directory = os.path.dirname(path)
            if directory in self.directories:
                look = self._look_at(directory)
                known = before.get(path)
                self._files[path] = look, known[1] if known else look(path)

    def look(self) -> set[str]:
        """The watched paths that are not as they were at the last look, new ones included."""
        wall, processor = time.perf_counter(), time.thread_time()
        found = set()
        for path, (look, seen) in self._files.items():
            now = look(path)
            if now != seen:
                self._files[path] = look, now
                found.add(path)
        for directory in self.directories:
            found |= self._entered(directory)
        self.processor_s = time.thread_time() - processor
        self.wall_s = time.perf_counter() - wall
        return found

    def _look_at(self, directory: str) -> "Callable[[str], Signature | None]":
        return files.signature_by_opening if self.directories[directory] else files.signature

    def _entered(self, directory: str) -> set[str]:
        """Wanted paths that came or went since the last look, of those that nobody knew."""
        now = self._look_at(directory)(directory)
        seen = self._names.get(directory)
        if seen is not None and now == seen[0]:
            return set()
        try:
            names = frozenset(os.listdir(directory))
        except OSError:
            names = frozenset()  # gone, or not ours to read
        is_settled = now is None or now[0] < time.time_ns() - COARSE_NS
        self._names[directory] = (now if is_settled else None, names)
        if seen is None:
            return set()
        moved = (os.path.join(directory, name) for name in names ^ seen[1])
        return {path for path in moved if path not in self._files and self._is_wanted(path)}
