"""Files that are watched by name and not because they were loaded: --watch, commands, templates."""

import collections
import os
from itertools import islice

from autoreload.core.changes import Loaded, compare
from autoreload.core.folders import SKIPPED, VIRTUAL
from autoreload.core.gitignore import Ignored
from autoreload.core.patterns import Patterns
from autoreload.system import files, repository
from autoreload.watch.links import Links

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

MOST_FILES = 20_000
"""A tree with more files than this is watched in part, which is said."""

MOST_SEEN = 100_000
"""Names that are looked through for the files of a tree; what lies deeper is left alone."""

MOST_SUBSCRIBED = 2_000
"""Directories of a tree that get events, each at the cost of a thread; the others are swept."""

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
        """With `heeds_git` only what git would keep is found: what no .gitignore names.

        Links to folders are kept by it as well, unless files are wanted by name: they are not
        followed, but they may be turned.
        """
        self.directory = directory
        self._git = Ignored()
        for folder in repository.folders_above(directory) if heeds_git else ():
            self._git.add(_lines(os.path.join(folder, ".gitignore")), folder)
        self._heeds_git = heeds_git
        self._notes_links = heeds_git and wanted is None  # a glob names files, not what leads there
        self._links = Links()
        self.found: dict[str, Loaded] = {}
        self.directories: set[str] = set()
        """Those to subscribe."""
        self.is_cut = False
        """There is more than can be watched."""
        self.seen = 0
        """How many files were looked through; more than MOST_SEEN when that was not the end."""
        self._entered: set[str] = set()
        self._wanted = wanted
        self._ignored = ignored
        self._digested = 0
        self._scan(directory)
        for record in self.found.values():
            self._take_digest(record)

    def is_wanted(self, path: str) -> bool:
        """Whether a path belongs to this tree."""
        if path in self.found or self._links.is_wanted(path):
            return True
        if os.path.basename(path).endswith(_NOISE) or not self._is_below(path):
            return False
        if self._wanted is not None and not self._wanted.match(path):
            return self._wanted.leads(path) and os.path.isdir(path)
        # That a .gitignore names the directory itself is known to whoever has named it here.
        return not (self._ignored.match(path) or self._git.match(path, below=self.directory))

    def is_left(self, path: str) -> bool:
        """Whether only a .gitignore keeps a path out."""
        if not self._is_below(path) or (self._wanted is not None and not self._wanted.match(path)):
            return False
        return self._git.match(path, below=self.directory)

    def _is_below(self, path: str) -> bool:
        if not path.startswith(self.directory.rstrip(os.sep) + os.sep):
            return False
        return not SKIPPED.intersection(path[len(self.directory) :].split(os.sep)[:-1])

    def look(self, paths: "Iterable[str] | None" = None) -> list[str]:
        """What has changed, at these paths or anywhere, and take it as seen."""
        paths = None if paths is None else list(paths)
        new = self._turned(paths)
        if paths is None:
            before = dict(self.found)
            if not self.is_cut:
                self._scan(self.directory)
            new += [path for path in self.found if path not in before]
            known: list[Loaded] = list(before.values())
        else:
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
            if path in self.found:
                self._take_digest(self.found[path])
        return [change.path for change in changes] + new

    def _turned(self, paths: list[str] | None) -> list[str]:
        """The links to folders that lead elsewhere now; one that leads to none is forgotten."""
        turned = self._links.turned(paths)
        for place in turned:
            self._links.drop(place)
            self._add(place)
        return turned

    def _scan(self, top: str) -> None:
        """Add what is there and not known; does not follow links to directories."""
        if not os.path.isdir(top) or (top != self.directory and os.path.islink(top)):
            self._add(top)
            return
        pending = collections.deque([top])  # of too many those on top count
        room = MOST_SEEN
        seen = 0
        while pending and room >= 0:
            folder = pending.popleft()
            try:
                with os.scandir(folder) as found:
                    entries = list(islice(found, room + 1))
            except OSError:
                continue  # gone, or not ours to read
            self._enter(folder)
            room -= len(entries)
            for entry in entries:
                if not _is_folder(entry):
                    seen += 1
                    self._add(entry.path)
                elif self._is_open(entry):
                    pending.append(entry.path)
        if room < 0:
            self.is_cut = True
            seen = MOST_SEEN + 1
        self.seen = max(self.seen, seen)

    def _enter(self, directory: str) -> None:
        if directory in self._entered:
            return
        self._entered.add(directory)
        if len(self.directories) < MOST_SUBSCRIBED:
            self.directories.add(directory)
        if self._heeds_git:
            self._git.add(_lines(os.path.join(directory, ".gitignore")), directory)

    def _is_open(self, entry: "os.DirEntry[str]") -> bool:
        """Whether a directory can hold anything that is wanted."""
        path = entry.path
        if entry.name in SKIPPED or path in VIRTUAL:
            return False
        if self._wanted is not None and not self._wanted.leads(path):
            return False
        if any(one.match_itself(path, is_folder=True) for one in (self._ignored, self._git)):
            return False
        return not os.path.isfile(os.path.join(path, "pyvenv.cfg"))

    def _add(self, path: str) -> None:
        """Take a file in, if it belongs to this tree and there is room for it."""
        if path in self.found or not self.is_wanted(path):
            return
        if len(self.found) >= MOST_FILES:
            self.is_cut = True
        elif os.path.isfile(path):
            self.found[path] = Loaded(path, files.signature(path))
        elif self._notes_links and os.path.basename(path) not in SKIPPED:
            says = files.link(path)
            self._links.note([(path, says)] if says is not None else [])

    def _take_digest(self, record: Loaded) -> None:
        size = record.signature[1] if record.signature is not None else 0
        if size <= LARGEST_DIGESTED and self._digested + size <= MOST_DIGESTED:
            record.digest = files.digest(record.path)
            self._digested += size

    def _drop_digest(self, record: Loaded) -> None:
        if record.digest is not None and record.signature is not None:
            self._digested -= record.signature[1]


def _is_folder(entry: "os.DirEntry[str]") -> bool:
    try:
        return entry.is_dir(follow_symlinks=False)
    except OSError:  # gone, where the kind is not told with the name
        return False


def named(pattern: str, root: str, ignored: Ignored) -> Tree:
    """What a glob or directory of --watch names."""
    wanted = Patterns([pattern], root)
    # Who names a file or a directory means it; a glob finds what nobody has named.
    return Tree(base_of(pattern, root), wanted, ignored, heeds_git=is_glob(pattern))


def whole(only: str | None, root: str, ignored: Ignored) -> Tree:
    """Everything below the root that git would keep, or what has such a name."""
    wanted = Patterns([only], root) if only else None
    return Tree(root, wanted, ignored, heeds_git=True)


def is_glob(pattern: str) -> bool:
    """Whether a pattern is to be matched, and not the name of one file or directory."""
    return any(letter in pattern for letter in "*?[")


def base_of(pattern: str, root: str) -> str:
    """The deepest directory that holds everything a glob can match."""
    plain = os.path.join(root, os.path.expanduser(pattern))
    parts = []
    for part in plain.split(os.sep):
        if is_glob(part):
            break
        parts.append(part)
    else:
        if not os.path.isdir(plain):
            parts = parts[:-1]
    # POSIX keeps two slashes at the start apart from one, and normpath with it.
    return os.path.normpath(os.sep + os.sep.join(parts).lstrip(os.sep))


def _lines(path: str) -> list[str]:
    try:
        with open(path, encoding="utf-8", errors="surrogateescape") as file:
            return file.read().split("\n")
    except OSError:
        return []
