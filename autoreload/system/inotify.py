"""What Linux says about its file events and file systems; other kernels say nothing."""

import errno
import os

from autoreload.core.trust import Mount, mounts, watched_inodes
from autoreload.system import files

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
