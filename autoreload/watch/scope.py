"""Which files are the project's own, by where they really lie; every module that is loaded asks."""

import os
import stat
import sys

from autoreload.watch.installed import SITE
from autoreload.watch.links import follow

TYPE_CHECKING = False
if TYPE_CHECKING:
    from autoreload.watch.links import Link


class Scope:
    """Which files are the project's: all but the standard library, installed packages and ours.

    The real path decides, so that editable and symlinked installs count.
    """

    def __init__(self) -> None:
        standard = os.path.dirname(os.__file__)
        archive = f"python{sys.version_info[0]}{sys.version_info[1]}.zip"  # on every sys.path
        self._foreign = tuple(
            sorted(
                {
                    directory.rstrip(os.sep) + os.sep
                    for path in (
                        standard,
                        os.path.join(os.path.dirname(standard), archive),
                        os.path.dirname(sys.executable),
                        os.path.dirname(os.path.dirname(os.path.abspath(__file__))),
                    )
                    for directory in (path, os.path.realpath(path))
                }
            )
        )
        self._folders: dict[str, tuple[bool, str, tuple[Link, ...]]] = {"": (False, os.sep, ())}

    def real(self, path: str, status: "os.stat_result | None" = None) -> str | None:
        """The real path of a file of the project; None for any other.

        `status` is what `os.lstat` says of the path, where it is known; every module passes here.
        """
        return self.way(path, status)[0]

    def way(
        self, path: str, status: "os.stat_result | None" = None
    ) -> "tuple[str | None, tuple[Link, ...]]":
        """The same, with the links on the way to it."""
        folder, _, name = path.rpartition(os.sep)
        if not path.startswith(os.sep):
            return self.way(os.path.join(os.getcwd(), path), status)
        is_foreign, real, links = self._folders.get(folder) or self._look(folder)
        found = real + name
        is_link = os.path.islink(found) if status is None else stat.S_ISLNK(status.st_mode)
        if not is_link and name not in ("", ".", ".."):
            return None if is_foreign else found, links
        found, more = follow(found)
        is_foreign = self._is_foreign(os.path.dirname(found) + os.sep)
        return None if is_foreign else found, links + more

    def _look(self, folder: str) -> "tuple[bool, str, tuple[Link, ...]]":
        """Whether a folder is not the project's, where it really is, and the links to there."""
        above, _, name = folder.rpartition(os.sep)
        _, real, links = self._folders.get(above) or self._look(above)
        real += name
        if name in ("", ".", "..") or os.path.islink(real):
            real, more = follow(real)
            links += more
        real = real.rstrip(os.sep) + os.sep
        found = self._folders[folder] = (self._is_foreign(real), real, links)
        return found

    def _is_foreign(self, folder: str) -> bool:
        return folder.startswith(self._foreign) or any(mark in folder for mark in SITE)
