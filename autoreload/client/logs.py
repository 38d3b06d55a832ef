"""Reads the log of an autorun: the file of --log-file, or the one that --background keeps.

It is read here and not asked for, so that it can be read as well when that autorun has ended.
"""

import os

from autoreload.client.connection import Unreachable
from autoreload.core import control
from autoreload.core.logs import Tail
from autoreload.system import instance as instances

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from typing import BinaryIO

    from autoreload.client.connection import Connection

_CHUNK = 1 << 16
_LINE = 512
"""Bytes that a line is taken to have at most, on average."""
_LOOK_S = 0.1
"""How often a file is looked at that is followed: whoever only reads is not told of its growth."""


def of_running(one: "Connection") -> str:
    """The log of an autorun. Raises Unreachable."""
    log = one.greeting.get("log")
    if not isinstance(log, str):
        raise Unreachable("this autorun keeps no log: --log-file and --background do")
    return log


def of_ended(directory: str, environment: "Mapping[str, str]") -> str | None:
    """The newest log that an autorun of this directory, or the nearest above it, has left."""
    folder = instances.folder(environment)
    if not instances.is_private(folder):
        return None
    names = [one for one in os.listdir(folder) if one.endswith(instances.LOG)]
    while True:
        prefix = control.prefix(directory)
        found = [os.path.join(folder, one) for one in names if one.startswith(prefix)]
        if found:
            return max(found, key=os.path.getmtime)
        if directory == os.path.dirname(directory):
            return None
        directory = os.path.dirname(directory)


def parts(
    path: str, *, most: int, run: int | None, goes_on: "Callable[[float], bool] | None"
) -> "Iterator[bytes]":
    """The last lines of a log, or of a run in it; then what is added, as long as it `goes_on`.

    That is asked again and again, and may take so many seconds. Raises Unreachable.
    """
    tail = Tail(most, run)
    try:
        with open(_checked(path), "rb") as file:
            if run is None:
                _skip(file, max(_LINE * most, 1 << 20))
            yield _new(file, tail)
            while goes_on is not None:
                is_last = not goes_on(_LOOK_S)
                yield _new(file, tail)
                if is_last:
                    break
    except OSError as error:
        raise Unreachable(f"{path} cannot be read: {error.strerror or error}") from None
    if not tail.has_begun:
        raise Unreachable(f"{path} has no run {run}")


def _checked(path: str) -> str:
    """A device or a pipe has no end to read to."""
    if not os.path.isfile(path):
        os.stat(path)
        raise Unreachable(f"{path} is no file that can be read again")
    return path


def _skip(file: "BinaryIO", wanted: int) -> None:
    """Go to where the last so many bytes begin, at the beginning of a line."""
    size = os.fstat(file.fileno()).st_size
    if size > wanted:
        file.seek(size - wanted)
        file.readline()


def _new(file: "BinaryIO", tail: Tail) -> bytes:
    if file.tell() > os.fstat(file.fileno()).st_size:
        file.seek(0)  # it was shortened
    while data := file.read(_CHUNK):
        tail.feed(data)
    return tail.take()
