"""What this process has open and alive, as the kernel tells it (Linux, proc(5))."""

import os
import stat

from autoreload.core.forking import Descriptor
from autoreload.system import files

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection

_PAGE = os.sysconf("SC_PAGE_SIZE")


def tasks() -> list[str]:
    """The names of the tasks beside the main one."""
    main = str(os.getpid())
    others = [task for task in os.listdir("/proc/self/task") if task != main]
    names = [_read(f"/proc/self/task/{task}/comm").strip() for task in others]
    return [name for name in names if name]  # without those that have ended meanwhile


def shared_maps() -> list[str]:
    """The names of memory that is mapped shared and can be written to."""
    lines = [line for line in _read("/proc/self/maps").splitlines() if " rw-s " in line]
    return ["".join(line.split(None, 5)[5:]) for line in lines]


def has_timer() -> bool:
    """Whether timer_create(2) has made a timer that lives; a fork does not inherit it."""
    return bool(_read("/proc/self/timers"))


def descriptors(
    known: "Collection[tuple[int, str]]", flushed: "Collection[int]" = ()
) -> list[Descriptor]:
    """The open descriptors, without standard streams and those that are known, by their target.

    Of a standard input that is a file the position counts, as it is shared by forks.
    """
    found = []
    for name in os.listdir("/proc/self/fd"):
        fd = int(name)
        try:
            target = os.readlink(f"/proc/self/fd/{fd}")
            mode = os.fstat(fd).st_mode
        except OSError:
            continue  # the listing's own
        if fd in (1, 2) or (fd, target) in known:
            continue
        is_file = stat.S_ISREG(mode)
        if stat.S_ISFIFO(mode) and target.startswith("/"):
            target = f"pipe:{target}"
        if fd == 0 and not is_file:
            continue
        flags, position, is_locked = _opened(fd) if target.startswith("/") else (0, 0, False)
        found.append(
            Descriptor(
                fd,
                target,
                flags=flags,
                position=position,
                is_file=is_file,
                is_flushed=fd in flushed,
                is_locked=is_locked,
            )
        )
    return found


def open_targets() -> set[tuple[int, str]]:
    """Every open descriptor with where it leads."""
    found = set()
    for name in os.listdir("/proc/self/fd"):
        try:
            found.add((int(name), os.readlink(f"/proc/self/fd/{name}")))
        except OSError:
            continue
    return found


def _opened(fd: int) -> tuple[int, int, bool]:
    """How a descriptor was opened, where it stands, and whether its file is locked by it.

    /proc/locks would tell of all at once, but makes the whole machine wait for 10 ms.
    """
    flags, position, is_locked = 0, 0, False
    for line in _read(f"/proc/self/fdinfo/{fd}").splitlines():
        word, _, value = line.partition(":")
        if word == "flags":
            flags = int(value, 8)
        elif word == "pos":
            position = int(value)
        elif word == "lock":
            is_locked = True
    return flags, position, is_locked


def resident() -> int:
    """Bytes of this process that are in memory."""
    fields = _read("/proc/self/statm").split()
    return int(fields[1]) * _PAGE if len(fields) > 1 else 0


def proportional(pid: int) -> int:
    """Bytes of another process, what it shares divided among those who do (PSS); 0 if unknown."""
    for line in _read(f"/proc/{pid}/smaps_rollup").splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1]) << 10
    return 0


def available() -> int:
    """Bytes of memory that can still be had."""
    for line in _read("/proc/meminfo").splitlines():
        if line.startswith("MemAvailable:"):
            return int(line.split()[1]) << 10
    return 0


def _read(path: str) -> str:
    return files.of_kernel(path).decode(errors="replace")
