"""Files that are watched by name and not because they were loaded: --watch, commands, templates."""

import os

from autoreload.core.changes import Loaded, compare
from autoreload.core.folders import SKIPPED
from autoreload.core.gitignore import Ignored
from autoreload.core.patterns import Patterns
from autoreload.system import files

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

MOST_FILES = 20_000
"""A tree with more files than this is watched in part, which is said."""

MOST_DIGESTED = 32 << 20
"""Bytes of a tree that are read so that a touch is told from a change."""

LARGEST_DIGESTED = 1 << 20

_NOISE = (
    *(".pyc", ".pyo", ".tmp"),
    *(".swp", ".swo", ".swx", "~", "4913"),  # vim
    *("#", "___jb_tmp___", "___jb_old___"),  # Emacs, JetBrains
)
"""Endings of what editors and Python leave for a moment."""


class Tree:
    """The files below a directory that a pattern names, as they were at the last look."""

    def __init__(
        self,
        directory: str,
        wanted: Patterns | None,
        ignored: Ignored,
        *,
        heeds_git: bool = False,
    ) -> None:
        """With `heeds_git`, what a .gitignore in the tree names is left alone as well."""
        self.directory = directory
        self._git = Ignored()
        self._heeds_git = heeds_git
        self.found: dict[str, Loaded] = {}
        self.directories: set[str] = set()
        self.is_cut = False
        self._wanted = wanted
        self._ignored = ignored
        self._digested = 0
        self._scan(directory)
        for record in self.found.values():
            self._take_digest(record)

    def is_wanted(self, path: str) -> bool:
        """Whether a path belongs to this tree."""
        if path in self.found:
            return True
        if os.path.basename(path).endswith(_NOISE) or not self._is_below(path):
            return False
        if self._wanted is not None and not self._wanted.match(path):
            return os.path.isdir(path)
        return not (self._ignored.match(path) or self._git.match(path))

    def _is_below(self, path: str) -> bool:
        if not path.startswith(self.directory.rstrip(os.sep) + os.sep):
            return False
        return not SKIPPED.intersection(path[len(self.directory) :].split(os.sep)[:-1])

    def look(self, paths: "Iterable[str] | None" = None) -> list[str]:
        """What has changed, at these paths or anywhere, and take it as seen."""
        if paths is None:
            before = dict(self.found)
            self._scan(self.directory)
            new = [path for path in self.found if path not in before]
            known: list[Loaded] = list(before.values())
        else:
            new = []
            known = []
            for path in paths:
                if path in self.found:
                    known.append(self.found[path])
                elif self.is_wanted(path):
                    size = len(self.found)
                    self._scan(path)
                    new += list(self.found)[size:]
        changes = compare(known, files.signature, files.digest).changes
        for change in changes:
            self._drop_digest(self.found[change.path])
            if change.signature is None:
                del self.found[change.path]
            else:
                record = Loaded(change.path, change.signature)
                self._take_digest(record)
                self.found[change.path] = record
        for path in new:
            self._take_digest(self.found[path])
        return [change.path for change in changes] + new

    def _scan(self, top: str) -> None:
        """Add what is there and not known; does not follow links to directories."""
        pending = [top]
        while pending:
            path = pending.pop()
            if not os.path.isdir(path):
                self._add(path)
                continue
            self._enter(path)
            try:
                entries = list(os.scandir(path))
            except OSError:
                continue  # gone, or not ours to read
            for entry in entries:
                if entry.is_dir(follow_symlinks=False):
                    if entry.name not in SKIPPED and not self._is_closed(entry.path):
                        pending.append(entry.path)
                elif not self._add(entry.path):
                    return

    def _enter(self, directory: str) -> None:
        if directory in self.directories:
            return
        self.directories.add(directory)
        if self._heeds_git:
            self._git.add(_lines(os.path.join(directory, ".gitignore")), directory)

    def _is_closed(self, directory: str) -> bool:
        if os.path.isfile(os.path.join(directory, "pyvenv.cfg")):
            return True
        return any(
            one.match_itself(directory, is_folder=True) for one in (self._ignored, self._git)
        )

    def _add(self, path: str) -> bool:
        """Take a file in if it belongs to this tree; false when there is no room for it."""
        if path in self.found or not self.is_wanted(path) or not os.path.isfile(path):
            return True
        if len(self.found) >= MOST_FILES:
            self.is_cut = True
            return False
        self.found[path] = Loaded(path, files.signature(path))
        return True

    def _take_digest(self, record: Loaded) -> None:
        size = record.signature[1] if record.signature is not None else 0
        if size <= LARGEST_DIGESTED and self._digested + size <= MOST_DIGESTED:
            record.digest = files.digest(record.path)
            self._digested += size

    def _drop_digest(self, record: Loaded) -> None:
        if record.digest is not None and record.signature is not None:
            self._digested -= record.signature[1]


def base_of(pattern: str, root: str) -> str:
    """The deepest directory that holds everything a glob can match."""
    plain = os.path.join(root, os.path.expanduser(pattern))
    parts = []
    for part in plain.split(os.sep):
        if any(letter in part for letter in "*?["):
            break
        parts.append(part)
    else:
        if not os.path.isdir(plain):
            parts = parts[:-1]
    return os.path.normpath(os.sep.join(parts) or os.sep)


def _lines(path: str) -> list[str]:
    try:
        with open(path, encoding="utf-8", errors="surrogateescape") as file:
            return file.read().split("\n")
    except OSError:
        return []
