"""Files that are not there, and would be imported instead of what was: a shadow, a namespace's end.

An import looks through the directories of its path in order. A module that appears in one that was
looked at before the right one, or a package beside a module of its name, is what a new start would
find. So for every directory of the project it is noted what was asked for and how good the answer
was; nothing is looked at again until the directory itself has changed.
"""

import os
import time
from _frozen_importlib_external import EXTENSION_SUFFIXES

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

MISSED, NOTHING, MODULE, PACKAGE = -1, 0, 1, 2
"""What a directory can answer, in the order in which importlib prefers it; MISSED is nothing, and
no other directory had anything either."""

MOST_LISTED = 2000
"""In a directory of more entries the names are looked for one by one."""
_TICK_S = 0.05
"""A directory that changed this recently may change again without another modification time."""


class Probes:
    """What was asked of which directory, and how good the answer was."""

    def __init__(self) -> None:
        self.asked: dict[str, dict[str, int]] = {}
        self._seen: dict[str, tuple[int, int]] = {}
        self._folders: dict[str, list[str]] = {}

    def note(self, directory: str, name: str, answer: int) -> bool:
        """Note one question; whether it is a new one."""
        names = self.asked.setdefault(directory, {})
        if name in names:
            return False
        names[name] = answer
        return True

    def better(self, hints: "Iterable[str] | None" = None) -> list[str]:
        """The files that would now be found first; `hints` are paths that may be among them."""
        if hints is None:
            places = [(one, name) for one in list(self.asked) for name in self._open(one)]
        else:
            places = [place for path in hints for place in self._meant(path)]
        found: dict[str, None] = {}
        for one, name in places:
            if path := _answer(one, name, self.asked[one][name]):
                found[path] = None
                # It is looked at again until it has settled, and is to be found then as well.
                self._seen.pop(one, None)
        return list(found)

    def unanswered(self) -> "Iterator[tuple[str, str]]":
        """What imports looked for and found nowhere, as the path of a module, with the name."""
        for directory, names in list(self.asked.items()):
            for name, answer in list(names.items()):
                if answer == MISSED:
                    yield os.path.join(directory, f"{name}.py"), name

    def missed(self, name: str) -> list[str]:
        """The directories that were asked for this name in vain, in the order of asking."""
        return [one for one, names in self.asked.items() if names.get(name) in (NOTHING, MISSED)]

    def folders(self) -> set[str]:
        """The directories whose entries matter, and those in them that may become packages."""
        inside = (os.path.join(one, name) for one in self._folders for name in self._folders[one])
        return {*self.asked, *inside}

    def is_wanted(self, path: str) -> bool:
        """Whether an event of this path may be an answer."""
        return bool(self._meant(path))

    def _meant(self, path: str) -> list[tuple[str, str]]:
        directory, file = os.path.split(path)
        above, folder = os.path.split(directory)
        places = [(directory, file.partition(".")[0]), (above, folder)]
        return [(one, name) for one, name in places if name in self.asked.get(one, ())]

    def _open(self, directory: str) -> list[str]:
        """The names whose answer may have become better since the last look."""
        names = list(self.asked[directory])
        now = (_changed_at(directory), len(names))
        seen = self._seen.get(directory)
        if now == seen:
            # Only a folder that is there can become a package without a change up here.
            return self._folders[directory]
        if now[0] < (time.time() - _TICK_S) * 1e9:
            self._seen[directory] = now
        # While a program starts there are new names at every look, and no other files.
        is_same = seen is not None and seen[0] == now[0]
        here = _present(directory, names[seen[1] :] if seen is not None and is_same else names)
        folders = [name for name in here if os.path.isdir(os.path.join(directory, name))]
        self._folders[directory] = self._folders[directory] + folders if is_same else folders
        return here + [one for one in self._folders[directory] if one not in here]


def _present(directory: str, names: list[str]) -> list[str]:
    """The names that anything in the directory bears, with whichever ending.

    One listing instead of some looks for each name: those let other threads in between, which costs
    a starting program more than the looks themselves.
    """
    try:
        with os.scandir(directory) as entries:
            here = {
                entry.name.partition(".")[0]
                for entry, _ in zip(entries, range(MOST_LISTED), strict=False)
            }
    except OSError:
        return []
    return names if len(here) >= MOST_LISTED // 2 else [name for name in names if name in here]


def _changed_at(directory: str) -> int:
    try:
        return os.stat(directory).st_mtime_ns
    except OSError:
        return 0


def _answer(directory: str, name: str, than: int) -> str | None:
    """The file that answers better than before."""
    stem = os.path.join(directory, name)
    package = os.path.join(stem, "__init__.py")
    if than < PACKAGE and os.path.isfile(package):
        return package
    if than < MODULE:
        for suffix in (".py", *EXTENSION_SUFFIXES):
            if os.path.isfile(stem + suffix):
                return stem + suffix
    return None
