"""What Linux says about its file events."""

import ctypes
import errno
import os
import struct
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autoreload.core.trust import mount_of
from autoreload.system import inotify

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="Linux's proc(5)")


@pytest.mark.parametrize(
    ("number", "names"),
    [
        (errno.ENOSPC, {"fs.inotify.max_user_watches", "user.max_inotify_watches"}),
        (errno.EMFILE, {"fs.inotify.max_user_instances", "user.max_inotify_instances"}),
    ],
)
def test_a_limit_is_named_with_its_value(number: int, names: set[str]) -> None:
    found = inotify.limit(number)
    assert found is not None
    name, value = found
    assert name in names
    assert value == Path("/proc/sys", *name.split(".")).read_text().strip()


@pytest.mark.parametrize("number", [None, errno.EACCES, errno.ENOENT])
def test_other_errors_name_no_limit(number: int | None) -> None:
    assert inotify.limit(number) is None


def test_the_queue_has_a_limit() -> None:
    assert inotify.queue_limit() > 0


def test_what_this_process_watches_is_listed(tmp_path: Path) -> None:
    libc = ctypes.CDLL(None)
    fd = libc.inotify_init()
    try:
        assert libc.inotify_add_watch(fd, os.fsencode(tmp_path), 0x2) > 0
        assert tmp_path.stat().st_ino in inotify.watched()
    finally:
        os.close(fd)
    assert tmp_path.stat().st_ino not in inotify.watched()


def test_what_is_mounted_is_known() -> None:
    found = mount_of("/proc/self", inotify.mounted())
    assert found is not None
    assert found.fs_type == "proc"


NAMES = st.binary(max_size=255).filter(lambda name: b"\0" not in name)
ENTRIES = st.lists(st.tuples(st.integers(-1, 2**31 - 1), st.integers(0, 2**32 - 1), NAMES))


@given(ENTRIES, st.integers(0, 3))
def test_events_are_taken_apart_as_they_were_put_together(
    entries: list[tuple[int, int, bytes]], more: int
) -> None:
    """The kernel fills each name up with zeros, to a multiple that is its own affair."""
    data = b""
    for number, mask, name in entries:
        padded = name + b"\0" * (16 - len(name) % 16 + 16 * more) if name else b""
        data += struct.pack("iIII", number, mask, 0, len(padded)) + padded
    found = [(one.number, one.mask, os.fsencode(one.name)) for one in inotify.events(data)]
    assert found == entries


def test_a_queue_tells_what_happened_to_what(tmp_path: Path) -> None:
    queue = inotify.Queue()
    try:
        number = queue.add(str(tmp_path))
        assert queue.add(str(tmp_path)) == number
        (tmp_path / "é").touch()
        first = next(iter(queue.read()))
        assert (first.number, first.mask, first.name) == (number, inotify.IN_CREATE, "é")
        queue.remove(number)
        queue.remove(number)  # it is gone already
        with pytest.raises(FileNotFoundError):
            queue.add(str(tmp_path / "nowhere"))
        (tmp_path / "a").touch()
        assert {one.mask for one in queue.read()} <= {inotify.IN_IGNORED}
    finally:
        queue.close()
    assert list(queue.read()) == []
