"""One folder of installed packages: what was installed into it, once the install has ended."""

import os

from autoreload.core.packages import (
    LONGEST_S,
    QUIET_S,
    Distribution,
    Folder,
    Installation,
    Need,
    before,
    installation,
    is_under_way,
    named,
    newer,
    provides,
    stem_of,
    versions,
)
from autoreload.system import files


class Site:
    """The folder as it was when nothing moved, and what has become of it."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._mark: object = None
        self._settled: Folder | None = None
        """The folder when nothing moved."""
        self._versions: dict[str, str] = {}
        """Of whatever has been here, also of what was taken away since."""
        self._last: Folder | None = None
        self._last_moved = 0.0
        self._since: float | None = None

    @property
    def moves(self) -> bool:
        """Whether something is being installed."""
        return self._since is not None

    def look(self, needs: list[Need], now: float) -> list[Installation]:
        """What was installed since one of these needs for it arose, told once it is whole.

        At rest this costs one look at the folder's own modification time, as whatever an installer
        does adds or removes entries of it.
        """
        mark = (files.signature(self._path), needs)
        if mark == self._mark and self._since is None:
            return []
        self._mark = mark
        there = _folder(self._path)
        new = newer(there, needs, self._settled)
        settled = self._settled or before(there, new)
        is_busy = is_under_way(settled, there, needs)
        if (is_busy or new) and not self._is_over(there, now, is_busy=is_busy):
            self._settled = settled
            self._versions.update(versions(settled))
            return []
        self._since, self._last, self._settled = None, None, there
        needed = [entry for entry in new if _is_needed(self._path, entry, there, needs)]
        found = [installation(there.distributions[entry], self._versions) for entry in needed]
        self._versions.update(versions(there))
        return found

    def _is_over(self, there: Folder, now: float, *, is_busy: bool) -> bool:
        if self._since is None:
            self._since = now
        if there != self._last:
            self._last, self._last_moved = there, now
        if is_busy:
            return now - self._since > LONGEST_S
        return now - self._last_moved >= QUIET_S


def _is_needed(folder: str, entry: str, there: Folder, needs: list[Need]) -> bool:
    changed_ns = there.distributions[entry].changed_ns
    stems = [need.stem for need in needs if changed_ns >= need.at_ns]
    record = _record(os.path.join(folder, entry)) or f"{there.distributions[entry].name}/"
    return any(provides(record, stem) for stem in stems)


def _folder(path: str) -> Folder:
    """The folder as it is now; one that cannot be read has nothing in it."""
    try:
        entries = os.listdir(path)
    except OSError:
        entries = []
    replaced = frozenset(entry for entry in entries if entry.startswith("~"))
    found = {}
    for entry in entries:
        parts = named(entry)
        if parts is not None and entry not in replaced:
            metadata = os.path.join(path, entry)
            found[entry] = Distribution(*parts, _changed_ns(metadata), _is_whole(metadata))
    return Folder(found, frozenset(map(stem_of, entries)), replaced)


def _changed_ns(path: str) -> int:
    try:
        return os.stat(path).st_ctime_ns
    except OSError:
        return 0


def _is_whole(metadata: str) -> bool:
    """Only the older kind of metadata comes without the name of who wrote it."""
    return not metadata.endswith(".dist-info") or os.path.exists(f"{metadata}/INSTALLER")


def _record(metadata: str) -> str:
    """The list of a package's files, or of what can be imported; empty when there is none."""
    for name, ending in (("RECORD", ""), ("top_level.txt", "/")):
        try:
            with open(os.path.join(metadata, name), encoding="utf-8", errors="replace") as file:
                return "".join(line.rstrip("\n") + ending + "\n" for line in file)
        except OSError:
            continue
    return ""
