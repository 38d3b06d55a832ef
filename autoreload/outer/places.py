"""Opens the files and descriptors that --events and --log-file name."""

import errno
import fcntl
import os

from autoreload.core import wording_records as words
from autoreload.core.options import OptionsProblem
from autoreload.system.outlet import Outlet

_HIGH = 100
"""Low numbers may be those of sockets that a program is handed."""
_ALWAYS = os.O_APPEND | os.O_CREAT | os.O_CLOEXEC | os.O_NONBLOCK | os.O_NOCTTY


def events(place: str) -> Outlet:
    """A file, or `fd:N`, that events are appended to. Raises OptionsProblem."""
    name = f"--events {place}"
    if place.startswith("fd:"):
        return Outlet(_inherited(place), name)
    return Outlet(_opened("--events", place, os.O_WRONLY, 0o666), name)


def log(path: str) -> Outlet:
    """A file that is appended to. Raises OptionsProblem."""
    return Outlet(_opened("--log-file", path, os.O_WRONLY, 0o666), f"--log-file {path}")


def own_log(path: str) -> Outlet:
    """The file of an autorun in the background, which may be shortened. Raises OptionsProblem."""
    return Outlet(_opened("--log-file", path, os.O_RDWR | os.O_NOFOLLOW, 0o600), f"the log {path}")


def _opened(option: str, path: str, how: int, mode: int) -> int:
    try:
        return os.open(path, how | _ALWAYS, mode)
    except OSError as error:
        why = words.NOT_READ if error.errno == errno.ENXIO else error.strerror or str(error)
        raise OptionsProblem(words.not_opened(option, path, why)) from None


def _inherited(place: str) -> int:
    """A copy of a descriptor that autorun was given; the app gets neither."""
    number = place.removeprefix("fd:")
    if not (number.isascii() and number.isdigit()):
        raise OptionsProblem(words.no_descriptor(place, "no number of a descriptor"))
    fd = int(number)
    if fd < 3:
        raise OptionsProblem(words.no_descriptor(place, "the streams belong to the program"))
    try:
        if fcntl.fcntl(fd, fcntl.F_GETFL) & os.O_ACCMODE == os.O_RDONLY:
            raise OptionsProblem(words.no_descriptor(place, "it is open for reading only"))
        copy = fcntl.fcntl(fd, fcntl.F_DUPFD_CLOEXEC, _HIGH)
    except (OSError, OverflowError):
        raise OptionsProblem(words.no_descriptor(place, "it is not open")) from None
    os.set_inheritable(fd, False)
    return copy


def ends_within_line(path: str) -> bool:
    """Whether a file has a last line without an end."""
    try:
        if not os.path.isfile(path):
            return False
        with open(path, "rb") as file:
            file.seek(-1, os.SEEK_END)
            return file.read(1) != b"\n"
    except OSError:
        return False  # empty, or closed to us
