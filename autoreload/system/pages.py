"""The pages of memory that a fork still shares with others, and would copy one by one (Linux).

A fault costs some microseconds, and a program that goes on after a fork takes thousands of them.
"""

import os

from autoreload.system import libc

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

_PAGE = os.sysconf("SC_PAGE_SIZE")
_MADV_POPULATE_WRITE = 23
"""Linux 5.14."""
_PRESENT, _OF_FILE, _EXCLUSIVE = 1 << 63, 1 << 61, 1 << 56
"""Bits of an entry of /proc/PID/pagemap (admin-guide/mm/pagemap.rst of the kernel)."""
_KINDS = _PRESENT | _OF_FILE | _EXCLUSIVE
MOST_AT_ONCE = 256
"""Pages of one piece, so that whoever waits is not kept for more than a millisecond."""
_LOOKED_AT = 64 << 20
"""Bytes of memory that are looked at together: some programs reserve a thousand times of that."""


def shared(like: int | None = None) -> "Iterator[tuple[int, int]]":
    """Pieces of this process' own memory that it has in common with others: address and pages.

    With `like`, a fork of the same process, only those that it has copied by now; all of them when
    it is gone, or nobody may look at it. Raises OSError.
    """
    ours = os.open("/proc/self/pagemap", os.O_RDONLY | os.O_CLOEXEC)
    theirs = -1
    try:
        try:
            if like is not None:
                theirs = os.open(f"/proc/{like}/pagemap", os.O_RDONLY | os.O_CLOEXEC)
        except OSError:
            pass
        for start, end in list(_writable()):
            entries = _entries(ours, start, end)
            if not any(entries):
                continue  # room that nobody has used yet
            wanted = [one & _KINDS == _PRESENT for one in entries]
            if theirs >= 0:
                copied = [one & _KINDS for one in _entries(theirs, start, end)]
                pairs = zip(wanted, copied, strict=False)
                wanted = [one and other == _PRESENT | _EXCLUSIVE for one, other in pairs]
            yield from _pieces(start, wanted)
    finally:
        os.close(ours)
        if theirs >= 0:
            os.close(theirs)


def populate(address: int, pages: int) -> bool:
    """Copy these pages now; whether the kernel could."""
    try:
        size = libc.Word(pages * _PAGE)
        return libc.call("madvise", libc.Word(address), size, _MADV_POPULATE_WRITE) == 0
    except (AttributeError, OSError):
        return False


def _writable() -> "Iterator[tuple[int, int]]":
    """Where private memory is mapped that can be written to."""
    fd = os.open("/proc/self/maps", os.O_RDONLY | os.O_CLOEXEC)
    text = b""
    try:
        while part := os.read(fd, 1 << 16):
            text += part
    finally:
        os.close(fd)
    for line in text.splitlines():
        span, rights, *_ = line.split(None, 2)
        if rights == b"rw-p":
            first, _, last = span.partition(b"-")
            start, end = int(first, 16), int(last, 16)
            for at in range(start, end, _LOOKED_AT):
                yield at, min(at + _LOOKED_AT, end)


def _entries(pagemap: int, start: int, end: int) -> memoryview:
    count = (end - start) // _PAGE
    read = os.pread(pagemap, count * 8, start // _PAGE * 8)
    return memoryview(read[: len(read) // 8 * 8]).cast("Q")


def _pieces(start: int, wanted: "list[bool]") -> "Iterator[tuple[int, int]]":
    first = None
    for number, is_wanted in enumerate([*wanted, False]):
        if first is not None and (not is_wanted or number - first == MOST_AT_ONCE):
            yield start + first * _PAGE, number - first
            first = None
        if is_wanted and first is None:
            first = number
