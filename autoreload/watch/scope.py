"""Which files are the project's own, by where they really lie; every module that is loaded asks."""

import os
import stat
import sys

from autoreload.watch.installed import SITE


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
        self._folders: dict[str, tuple[bool, str]] = {"": (False, os.sep)}

    def real(self, path: str, status: "os.stat_result | None" = None) -> str | None:
        """The real path of a file of the project; None for any other.

        `status` is what `os.lstat` says of the path, where it is known; every module passes here.
        """
        folder, _, name = path.rpartition(os.sep)
        if not folder and not path.startswith(os.sep):
            return self.real(os.path.abspath(path))
        is_foreign, real = self._folders.get(folder) or self._look(folder)
        found = real + name
        if status is None and not os.path.islink(found):
            return None if is_foreign else found
        if status is not None and not stat.S_ISLNK(status.st_mode):
            return None if is_foreign else found
        found = os.path.realpath(found)
        return None if self._is_foreign(os.path.dirname(found) + os.sep) else found

    def _look(self, folder: str) -> tuple[bool, str]:
        """Whether a folder is not the project's, and where it really is; with a separator."""
        above, _, name = folder.rpartition(os.sep)
        if name in ("", ".", "..") or not folder.startswith(os.sep):
            real = os.path.realpath(folder)
        else:
            real = (self._folders.get(above) or self._look(above))[1] + name
            if os.path.islink(real):
                real = os.path.realpath(real)
        real = real.rstrip(os.sep) + os.sep
        found = self._folders[folder] = (self._is_foreign(real), real)
        return found

    def _is_foreign(self, folder: str) -> bool:
        return folder.startswith(self._foreign) or any(mark in folder for mark in SITE)
