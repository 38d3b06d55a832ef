"""Config files: which one counts here, and what stands in it about autorun.

`autorun.toml` is all ours and comes before the `[tool.autorun]` of a `pyproject.toml` beside it.
They are looked for here and above: up to the repository's root, below the home directory, and only
as far as the folders belong to one owner, because a config file says what is run.
"""

import os
import stat

from autoreload.core.options import OptionsProblem
from autoreload.system import files

TYPE_CHECKING = False
if TYPE_CHECKING:
    from autoreload.core.changes import Signature
    from autoreload.core.settings import Table

OWN, SHARED = "autorun.toml", "pyproject.toml"
HEADER = "tool.autorun"
_MARK = HEADER.encode()
"""tomllib takes 15 ms to import, which only a file that holds these bytes is worth."""

LARGEST = 8 << 20
"""Bytes of the largest file that is read."""


class Found:
    """The config file that counts, if there is one."""

    __slots__ = ("looked", "passed_over", "table")

    def __init__(self) -> None:
        self.table: Table | None = None
        self.looked: dict[str, Signature | None] = {}
        """Where a config file is, or would be found if it were there; as it was before reading."""
        self.passed_over = ""
        """The pyproject.toml with a table of ours that autorun.toml beside it has set aside."""


def find(folder: str, home: str) -> Found:
    """The nearest config file from a folder on upwards. Raises OptionsProblem if it is broken."""
    found = Found()
    owner = _owner(start := folder)
    while True:
        own, shared = os.path.join(folder, OWN), os.path.join(folder, SHARED)
        found.looked.update((one, files.signature(one)) for one in (own, shared))
        about = _read(shared)
        has_table = about is not None and _MARK in about
        if (content := _read(own)) is not None:
            found.table = _table(own, content)
            found.passed_over = shared if has_table else ""
            return found
        if has_table and about is not None and (table := _table(shared, about)) is not None:
            found.table = table
            return found
        above = os.path.dirname(folder)
        is_root = os.path.exists(os.path.join(folder, ".git")) or above == folder
        if is_root or above == home or _owner(above) != owner:
            # Far above, nobody waits for a file to appear.
            looked = found.looked.items()
            found.looked = {one: was for one, was in looked if os.path.dirname(one) == start}
            return found
        folder = above


def named(path: str) -> Found:
    """The file that the user named. Raises OptionsProblem if it is not there, or broken."""
    found = Found()
    found.looked = {path: files.signature(path)}
    content = _read(path)
    if content is None:
        what = "is a folder" if os.path.isdir(path) else "is not there, or no plain file"
        raise OptionsProblem(f"the config file {path!r} {what}")
    found.table = _table(path, content)
    if found.table is None:
        raise OptionsProblem(f"{path!r} has no [{HEADER}]")
    return found


def _owner(folder: str) -> int | None:
    try:
        return os.stat(folder).st_uid
    except OSError:
        return None


def _read(path: str) -> bytes | None:
    """A plain file; None if there is none. Raises OptionsProblem for one that cannot be read."""
    try:
        # What is no file is not opened: a pipe would be waited for.
        if not stat.S_ISREG(os.stat(path).st_mode):
            return None
        with open(path, "rb") as file:
            content = file.read(LARGEST + 1)
    except (FileNotFoundError, NotADirectoryError, ValueError):
        return None
    except OSError as error:
        if os.path.basename(path) == SHARED:
            return None  # others complain of it
        reason = (error.strerror or str(error)).lower()
        raise OptionsProblem(f"{os.path.basename(path)} cannot be read: {reason}") from None
    if len(content) > LARGEST:
        raise OptionsProblem(f"{os.path.basename(path)} is larger than {LARGEST >> 20} MB")
    return content


def _table(path: str, content: bytes) -> "Table | None":
    """What stands in a file about autorun; None if that is nothing. Raises OptionsProblem."""
    import tomllib

    from autoreload.core.settings import Table  # as rarely needed

    name = os.path.basename(path)
    try:
        text = content.decode("utf-8-sig").replace("\r\n", "\n")
        whole = tomllib.loads(text)
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise OptionsProblem(f"{name}:{line}: is not UTF-8") from None
    except RecursionError:
        raise OptionsProblem(f"{name}: is nested too deeply") from None
    except tomllib.TOMLDecodeError as error:
        raise OptionsProblem(_complaint(name, str(error))) from None
    if name != SHARED:
        return Table(path, whole, text)
    tools = whole.get("tool")
    table = tools.get("autorun") if isinstance(tools, dict) else None
    if table is None:
        return None
    if not isinstance(table, dict):
        raise OptionsProblem(f"{name}: [{HEADER}] is to be one table")
    return Table(path, table, text)


def _complaint(name: str, said: str) -> str:
    """`Expected '=' … (at line 3, column 5)` as `autorun.toml:3:5: expected '=' …`."""
    what, _, place = said.rpartition(" (at ")
    numbers = [word for word in place.strip(")").replace(",", "").split() if word.isdigit()]
    what = what or said
    return f"{':'.join([name, *numbers])}: {what[:1].lower()}{what[1:]}"
