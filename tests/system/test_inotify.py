"""What Linux says about its file events."""

import ctypes
import errno
import os
import sys
from pathlib import Path

import pytest

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
