"""Linux's queue of file events, and what the kernel says about it and about file systems.

Other kernels have no queue, and say nothing. The numbers are those of <sys/inotify.h>.
"""

import errno
import os
import struct
import sys

from autoreload.core.trust import Mount, mounts, watched_inodes
from autoreload.system import files

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

IN_MODIFY = 0x2
IN_ATTRIB = 0x4
IN_CLOSE_WRITE = 0x8
IN_MOVED_FROM = 0x40
IN_MOVED_TO = 0x80
IN_CREATE = 0x100
IN_DELETE = 0x200
IN_DELETE_SELF = 0x400
IN_MOVE_SELF = 0x800
IN_UNMOUNT = 0x2000
IN_Q_OVERFLOW = 0x4000
IN_IGNORED = 0x8000

WRITTEN = IN_MODIFY | IN_CREATE
"""What a writer does who is likely to write more, and to close the file."""
ENDED = IN_DELETE_SELF | IN_MOVE_SELF | IN_UNMOUNT | IN_IGNORED
"""After these the name of a directory stands for another one, or for none."""
_OF_ENTRIES = WRITTEN | IN_ATTRIB | IN_CLOSE_WRITE | IN_MOVED_FROM | IN_MOVED_TO | IN_DELETE
_ASKED = _OF_ENTRIES | IN_DELETE_SELF | IN_MOVE_SELF
"""What else there is comes unasked."""
_HEAD = struct.Struct("iIII")
_MOST = 65_536
_LARGEST = _HEAD.size + 255 + 1


class Event:
    """What happened to an entry of a directory, or to the directory itself if `name` is empty."""

    __slots__ = ("mask", "name", "number")

    def __init__(self, number: int, mask: int, name: str) -> None:
        self.number = number
        self.mask = mask
        self.name = name


class Queue:
    """One queue of the kernel's; every directory in it has a number, the same one by every name."""

    def __init__(self) -> None:
        """Raises OSError when the kernel gives none."""
        from autoreload.system import libc

        self._libc = libc
        self.fd = libc.call_checked("inotify_init1", os.O_NONBLOCK | os.O_CLOEXEC)

    def add(self, directory: str) -> int:
        """Have events of this directory; its number. Raises OSError."""
        name = os.fsencode(directory)
        asked = self._libc.Word(_ASKED)
        return self._libc.call_checked("inotify_add_watch", self.fd, name, asked)

    def remove(self, number: int) -> None:
        """Have no more events of this one, which may be gone."""
        try:
            self._libc.call_checked("inotify_rm_watch", self.fd, number)
        except OSError:
            pass  # the kernel has removed it together with the directory (EINVAL)

    def read(self) -> "Iterator[Event]":
        """Every event that is there; one may be the last of those that a full queue has kept."""
        data = b"" if self.fd < 0 else self._take()
        while data:
            yield from events(data)
            data = self._take() if len(data) > _MOST - _LARGEST else b""

    def _take(self) -> bytes:
        try:
            return os.read(self.fd, _MOST)
        except BlockingIOError:
            return b""

    def close(self) -> None:
        """Let go of it."""
        if self.fd >= 0:
            os.close(self.fd)
            self.fd = -1


def events(data: bytes) -> "Iterator[Event]":
    """Take what was read from a queue apart, inotify(7)."""
    start = 0
    while start < len(data):
        number, mask, _, length = _HEAD.unpack_from(data, start)
        start += _HEAD.size
        name = data[start : start + length].rstrip(b"\0")
        start += length
        yield Event(number, mask, os.fsdecode(name))


def is_there() -> bool:
    """Whether this kernel has such queues."""
    return sys.platform == "linux"


_LIMITS = {errno.ENOSPC: "max_user_watches", errno.EMFILE: "max_user_instances"}
_OWN_LIMITS = {errno.ENOSPC: "max_inotify_watches", errno.EMFILE: "max_inotify_instances"}


def limit(number: int | None) -> "tuple[str, str] | None":
    """The sysctl whose limit an errno of inotify names, and its value; None for other errors.

    A user namespace has limits of its own besides, user_namespaces(7): the smaller one counts.
    """
    if number is None or number not in _LIMITS or _has_no_descriptors():
        return None
    names = (f"fs.inotify.{_LIMITS[number]}", f"user.{_OWN_LIMITS[number]}")
    known = [(value, name) for name in names if (value := _sysctl(name)) is not None]
    value, name = min(known, key=lambda one: one[0], default=(0, names[0]))
    return name, str(value)


def _has_no_descriptors() -> bool:
    """Whether EMFILE is meant for this process, whose open files are limited as well."""
    try:
        os.close(os.open(os.devnull, os.O_RDONLY))
    except OSError:
        return True
    return False


def queue_limit() -> int:
    """How many events the kernel keeps for one that does not read; 0 when that is not known."""
    return _sysctl("fs.inotify.max_queued_events") or 0


def _sysctl(name: str) -> int | None:
    text = _read("/proc/sys/" + name.replace(".", "/")).strip()
    return int(text) if text.isdigit() else None


def watched() -> list[int]:
    """The inodes that this process watches, as far as the kernel lists them."""
    found: list[int] = []
    try:
        descriptors = os.listdir("/proc/self/fd")
    except OSError:
        return []
    for one in descriptors:
        try:
            if os.readlink(f"/proc/self/fd/{one}") != "anon_inode:inotify":
                continue
        except OSError:
            continue  # that of the listing itself
        found += watched_inodes(_read(f"/proc/self/fdinfo/{one}"))
    return found


def mounted() -> list[Mount]:
    """What is mounted here, in the order of mounting."""
    return mounts(_read("/proc/self/mountinfo"))


def _read(path: str) -> str:
    return os.fsdecode(files.of_kernel(path))
