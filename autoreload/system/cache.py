"""What is kept from one autorun to the next, in the user's cache directory.

Whatever is lost there costs some milliseconds: nothing fails because of it, and nothing is waited
for. Another autorun may read and write the same file at the same time.
"""

import os

from autoreload.system import files

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

LARGEST = 64 << 10
"""Bytes that are read of a file."""
MOST = 200
"""Projects that are kept; the oldest go first."""


class Cache:
    """The small file of one project; without a directory for it nothing is kept."""

    def __init__(self, root: str, environment: "Mapping[str, str]") -> None:
        self._folder = _folder(environment)
        self._name = f"{files.digest_of(os.fsencode(os.path.realpath(root))):016x}"

    def read(self) -> bytes:
        """What was written last; empty where there is nothing, or nothing that may be read."""
        if not self._folder:
            return b""
        try:
            with open(os.path.join(self._folder, self._name), "rb") as file:
                return file.read(LARGEST)
        except OSError:
            return b""

    def write(self, content: bytes) -> None:
        """Replace it, in one step."""
        if not self._folder:
            return
        path = os.path.join(self._folder, self._name)
        draft = f"{path}.{os.getpid()}"
        try:
            os.makedirs(self._folder, mode=0o700, exist_ok=True)
            is_new = not os.path.exists(path)
            with open(draft, "wb") as file:
                file.write(content)
            os.replace(draft, path)
            if is_new:
                _forget_oldest(self._folder)
        except OSError:
            files.remove(draft)


def _folder(environment: "Mapping[str, str]") -> str:
    """By the XDG Base Directory Specification: a relative path counts as none."""
    home = environment.get("XDG_CACHE_HOME", "")
    if not os.path.isabs(home):
        home = os.path.join(environment.get("HOME", ""), ".cache")
    return os.path.join(home, "autorun") if os.path.isabs(home) else ""


def _forget_oldest(folder: str) -> None:
    with os.scandir(folder) as entries:
        found = sorted((entry.stat().st_mtime, entry.path) for entry in entries if entry.is_file())
    for _, path in found[:-MOST]:
        files.remove(path)
