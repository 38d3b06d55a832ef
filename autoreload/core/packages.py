"""Installed packages that a program needs: which of them were installed anew, and is it over.

Every installer, be it pip, uv or dpkg, makes a folder `NAME-VERSION.dist-info` for what it installs
and writes into it, so the time at which that folder changed is when the package was installed. pip
keeps what it replaces under names that begin with `~` until the new files are there; the INSTALLER
in the folder is written by pip and uv when all else is in place.
"""

import re
from typing import NamedTuple

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

QUIET_S = 1.0
"""An install is over when nothing has moved for this long."""
LONGEST_S = 60.0
"""What an install that does not come to its end is waited for."""

_ENDING = re.compile(r"(-py\d[\d.]*)?\.egg-info\Z|\.dist-info\Z")


class Need(NamedTuple):
    """What the program loaded, or missed, in a folder of installed packages."""

    stem: str
    """Its path in the folder, without an ending."""
    at_ns: int
    """When it was first loaded or missed, by the clock of the file system."""
    is_missing: bool


class Distribution(NamedTuple):
    """One installed package."""

    name: str
    version: str
    changed_ns: int
    is_whole: bool
    """The installer has written its last word."""


class Folder(NamedTuple):
    """A folder of installed packages at one moment, without what does not matter."""

    distributions: dict[str, Distribution]
    """By the entry that holds their metadata."""
    stems: frozenset[str]
    """What can be imported from it."""
    replaced: frozenset[str]
    """What pip has put aside."""


class Installation(NamedTuple):
    """A package that was installed; the version before is empty where there was none."""

    name: str
    before: str
    after: str


def named(entry: str) -> tuple[str, str] | None:
    """Name and version from the name of a package's metadata; None for any other name."""
    found = _ENDING.search(entry)
    if found is None:
        return None
    name, _, version = entry[: found.start()].partition("-")
    return name, version


def stem_of(entry: str) -> str:
    """What an entry of the folder is imported as: `six` for `six.py`."""
    return entry.partition(".")[0]


def provides(record: str, stem: str) -> bool:
    """Whether the list of a package's files has the module or package of this path."""
    starts = (f"{stem}/", f"{stem}.")
    return any(line.startswith(starts) for line in record.splitlines())


def newer(folder: Folder, needs: "Sequence[Need]", settled: Folder | None) -> list[str]:
    """The entries of what was installed after the first of these needs arose.

    What has been seen before is not new whatever the clock says: it may have been set back.
    """
    seen = settled.distributions if settled is not None else {}
    return [
        entry
        for entry, one in folder.distributions.items()
        if seen.get(entry) != one and any(one.changed_ns >= need.at_ns for need in needs)
    ]


def before(folder: Folder, new: "Iterable[str]") -> Folder:
    """A folder as it will have been before these entries, when it is seen for the first time."""
    kept = {entry: one for entry, one in folder.distributions.items() if entry not in new}
    return folder._replace(distributions=kept)


def is_under_way(settled: Folder, now: Folder, needs: "Iterable[Need]") -> bool:
    """Whether an installer is seen at work: what it has put aside, taken away, or half written.

    `settled` is the folder when nothing moved. A package that was removed for good looks the same
    as one that is about to be replaced.
    """
    needed = {need.stem for need in needs} & settled.stems
    if now.replaced - settled.replaced or needed - now.stems:
        return True
    return any(
        not one.is_whole and settled.distributions.get(entry) != one
        for entry, one in now.distributions.items()
    )


def versions(folder: Folder) -> dict[str, str]:
    """The version of every package by its name, for `installation`."""
    return {_plain(one.name): one.version for one in folder.distributions.values()}


def installation(new: Distribution, known: "Mapping[str, str]") -> Installation:
    """What is said of a package that was installed where these versions had been."""
    return Installation(new.name, known.get(_plain(new.name), ""), new.version)


def _plain(name: str) -> str:
    """A name as the index of Python packages compares it."""
    return re.sub(r"[-_.]+", "-", name).lower()
