"""Which part of the file tree is trusted to tell of its changes, by facts in plain text."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autoreload.core.trust import (
    POLL_S,
    Doubt,
    Mount,
    Why,
    came_for,
    doubt_of,
    mount_of,
    mounts,
    pace,
    top,
    uncovered,
    watched_inodes,
)

MOUNTINFO = """\
22 27 0:21 / /proc rw,relatime - proc proc rw
27 1 254:0 / / rw,relatime shared:1 - ext4 /dev/vda rw,discard
40 27 0:50 / /home/me/the\\040project rw,relatime shared:2 master:3 - nfs4 server:/x rw,vers=4.2
41 27 0:51 / /home/me/plain rw - 9p C:\\134 rw,aname=drvfs;path=C:\\134;uid=1000
42 27 0:52 / /home/mes rw - tmpfs tmpfs rw
43 27 0:53 / /home/me/bare rw - tmpfs
no mount at all
"""


def test_mounts_are_read() -> None:
    found = {one.point: one for one in mounts(MOUNTINFO)}
    assert [*found] == [
        *("/proc", "/", "/home/me/the project", "/home/me/plain", "/home/mes", "/home/me/bare")
    ]
    assert found["/"].fs_type == "ext4"
    assert found["/home/me/the project"].source == "server:/x"
    assert found["/home/me/plain"].source == "C:\\"


@given(st.text())
def test_any_text_is_read_without_harm(text: str) -> None:
    assert isinstance(mounts(text), list)
    assert isinstance(watched_inodes(text.replace("ino:", "")), list)


@pytest.mark.parametrize(
    ("path", "point"),
    [
        ("/", "/"),
        ("/home", "/"),
        ("/home/me/the project", "/home/me/the project"),
        ("/home/me/the project/src", "/home/me/the project"),
        ("/home/me/the projects", "/"),
        ("/home/mes/x", "/home/mes"),
        ("/home/mess", "/"),
    ],
)
def test_a_path_lies_on_the_deepest_mount_above_it(path: str, point: str) -> None:
    found = mount_of(path, mounts(MOUNTINFO))
    assert found is not None
    assert found.point == point


def test_the_last_of_two_mounts_at_one_point_covers_the_other() -> None:
    found = mount_of("/a/b", [Mount("/", "ext4"), Mount("/a", "ext4"), Mount("/a", "nfs")])
    assert found is not None
    assert found.fs_type == "nfs"
    assert mount_of("/a", []) is None


@pytest.mark.parametrize(
    "fs_type",
    [
        *("nfs", "nfs4", "cifs", "smb3", "9p", "vboxsf", "drvfs", "virtiofs", "fakeowner", "ceph"),
        *("fuse", "fuse.sshfs", "fuse.vmhgfs-fuse", "fuse.grpcfuse", "fuse.s3fs", "fuse.bindfs"),
    ],
)
def test_what_can_be_changed_elsewhere_does_not_tell(fs_type: str) -> None:
    mount = Mount("/mnt/x", fs_type)
    assert not mount.tells
    assert not mount.is_ordinary
    assert doubt_of(mount) == Doubt(Why.SILENT, "/mnt/x")


@pytest.mark.parametrize(
    "fs_type", ["ext4", "btrfs", "xfs", "tmpfs", "overlay", "zfs", "fuseblk", "fuse.fuse-overlayfs"]
)
def test_what_only_this_kernel_changes_tells(fs_type: str) -> None:
    assert Mount("/", fs_type).tells
    assert doubt_of(Mount("/", fs_type)) is None


def test_an_overlay_tells_but_one_surprise_speaks_for_all_of_it() -> None:
    assert Mount("/", "ext4").is_ordinary
    assert not Mount("/", "overlay").is_ordinary


def test_a_drive_of_windows_is_known_by_its_source_or_options() -> None:
    found = {one.point: one for one in mounts(MOUNTINFO)}
    assert found["/home/me/plain"].is_windows
    assert Mount("/mnt/c", "drvfs").is_windows
    assert not Mount("/mnt/host", "9p", "hostshare", "rw,trans=virtio").is_windows
    assert not found["/"].is_windows


def test_only_nfs_answers_from_memory_until_a_file_is_opened() -> None:
    assert [one for one in ("nfs", "nfs4", "cifs", "9p", "ext4") if Mount("/", one).remembers] == [
        *("nfs", "nfs4")
    ]


FDINFO = """\
pos:	0
flags:	02004000
inotify wd:2 ino:20e287 sdev:27 mask:3ff ignored_mask:0 fhandle-bytes:8 fhandle-type:1 f_handle:7be
inotify wd:1 ino:a sdev:fe00000 mask:3ff ignored_mask:0
"""


def test_the_inodes_that_the_kernel_watches_are_read() -> None:
    assert watched_inodes(FDINFO) == [0x20E287, 10]
    assert watched_inodes("pos:\t0\n") == []


def test_a_directory_without_a_watch_is_found() -> None:
    directories = {"/a": (1, 10), "/b": (1, 11), "/c": (1, 12)}
    assert uncovered(directories, [10, 11, 12]) == set()
    assert uncovered(directories, [10, 12]) == {"/b"}
    assert uncovered(directories, []) == {"/a", "/b", "/c"}
    assert uncovered({}, []) == set()


def test_two_names_of_one_directory_need_one_watch() -> None:
    directories = {"/a": (1, 10), "/link": (1, 10), "/b": (1, 11)}
    assert uncovered(directories, [10, 11]) == set()
    # Version 6 of watchdog takes one for each name, which does not stand for another directory.
    assert uncovered(directories, [10, 10]) == {"/b"}


def test_foreign_numbers_prove_nothing_while_there_are_as_many() -> None:
    """Some file systems show a program other inodes than the kernel has."""
    assert uncovered({"/a": (1, 10), "/b": (1, 11)}, [110, 111]) == set()


SECOND = 1_000_000_000


def test_an_event_belongs_to_a_change_that_is_not_much_later() -> None:
    now = 1_000 * SECOND
    assert came_for(now + SECOND, now)
    assert came_for(now, now)
    assert came_for(now - 2 * SECOND, now)
    assert not came_for(now - 4 * SECOND, now)
    assert not came_for(0, now)


@pytest.mark.parametrize(
    ("poll_s", "processor_s", "wall_s", "wanted"),
    [
        (None, 0.0, 0.0, POLL_S),
        (0.1, 0.0, 0.0, 0.1),
        (None, 0.0005, 0.0005, POLL_S),
        (None, 0.01, 0.01, 8.0),
        (None, 0.0, 0.2, 2.0),
        (3.0, 0.001, 0.0, 3.0),
    ],
)
def test_polling_is_cheap(
    poll_s: float | None, processor_s: float, wall_s: float, wanted: float
) -> None:
    assert pace(poll_s, processor_s=processor_s, wall_s=wall_s) == pytest.approx(wanted)


@given(st.floats(0, 10), st.floats(0, 10))
def test_polling_never_takes_more_than_its_share(processor_s: float, wall_s: float) -> None:
    every_s = pace(None, processor_s=processor_s, wall_s=wall_s)
    assert processor_s <= 0.002 * every_s
    assert wall_s <= 0.11 * every_s


def test_directories_are_spoken_of_by_what_holds_them_all() -> None:
    assert top(["/a/b/c", "/a/b/d"]) == "/a/b"
    assert top(["/a/b"]) == "/a/b"


def test_equal_doubts_are_spoken_of_together() -> None:
    one, other = Doubt(Why.SILENT, "/mnt", value="nfs"), Doubt(Why.SILENT, "/mnt")
    assert len({one, other}) == 1
    assert one != Doubt(Why.UNANNOUNCED, "/mnt")
    assert one != "/mnt"
    assert repr(one) == "Doubt(Why.SILENT, '/mnt', value='nfs')"
    assert repr(Mount("/", "ext4")) == "Mount('/', 'ext4')"
