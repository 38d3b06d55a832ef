"""Which part of the file tree tells of its changes, judged from what the kernel says of it.

An event source is believed only as far as there is a proof. What is known beforehand is the kind of
file system: one whose files are changed elsewhere cannot tell here. That the kernel keeps a watch
stands in its own list. All else shows when a change is found for which no event came.
"""

import os.path
from enum import Enum

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

Identity = tuple[int, int]
"""Device and inode of a directory: another one of the same name has another."""

POLL_S = 0.5
CHECK_S = 1.0
"""Between two looks whether what was proven still holds."""
JUDGE_AFTER_S = 1.5
"""An event that is to come has come this long after its change was found: watchdog keeps half of a
rename for half a second, and everything that is behind it."""
SHARE = 800
"""Looking may take one part in this many of a processor's time."""
WALL_SHARE = 10

_SILENT = frozenset(
    {
        *("nfs", "nfs4", "cifs", "smb3", "smbfs", "ncpfs", "afs", "coda", "davfs"),
        *("ceph", "lustre", "gfs2", "ocfs2", "orangefs", "pvfs2", "beegfs"),
        *("9p", "virtiofs", "vboxsf", "vmhgfs", "prl_fs", "prl_fs_freeze"),
        *("drvfs", "wslfs", "osxfs", "grpcfuse", "fakeowner", "fuse"),
    }
)
"""What other machines, the host of a virtual one, or a program of its own can change."""

_LOCAL_FUSE = frozenset({"fuse.fuse-overlayfs", "fuse.gocryptfs", "fuse.encfs", "fuse.ntfs-3g"})
"""Programs that nobody goes around: every change comes through the kernel."""

_LOCAL = frozenset(
    {
        *("ext2", "ext3", "ext4", "xfs", "btrfs", "zfs", "f2fs", "bcachefs", "jfs", "reiserfs"),
        *("tmpfs", "ramfs", "devtmpfs", "vfat", "exfat", "ntfs3", "fuseblk"),
        *("apfs", "hfs", "ufs", "squashfs", "iso9660"),
    }
)
"""Where one surprise says nothing about the next directory."""


class Mount:
    """A file system and where it is mounted."""

    __slots__ = ("fs_type", "options", "point", "source")

    def __init__(self, point: str, fs_type: str, source: str = "", options: str = "") -> None:
        self.point = point
        self.fs_type = fs_type
        self.source = source
        self.options = options

    @property
    def tells(self) -> bool:
        """Whether all changes of its files are made through this kernel, which tells of them."""
        if self.fs_type.startswith("fuse."):
            return self.fs_type in _LOCAL_FUSE
        return self.fs_type not in _SILENT

    @property
    def is_ordinary(self) -> bool:
        """Whether it is a plain local one, of which a directory does not speak for all."""
        return self.fs_type in _LOCAL

    @property
    def remembers(self) -> bool:
        """Whether a look may be answered from memory, unless the file is opened.

        NFS asks the server at an open; otherwise after 3 to 60 s (acregmin, acregmax in nfs(5)).
        """
        return self.fs_type.startswith("nfs")

    @property
    def is_windows(self) -> bool:
        """Whether it is a drive of Windows, seen from WSL."""
        return self.fs_type in ("drvfs", "wslfs") or (
            self.fs_type == "9p" and ("drvfs" in self.options or "\\" in self.source)
        )

    def __repr__(self) -> str:
        return f"Mount({self.point!r}, {self.fs_type!r})"


class Why(Enum):
    """Why a directory is not trusted to tell of its changes."""

    SILENT = "its file system can be changed elsewhere"
    LIMIT = "the kernel takes no more watches"
    UNANNOUNCED = "a change was found that no event told of"
    UNWATCHED = "nobody hands its events on"


class Doubt:
    """One reason not to trust directories; those of equal doubts are spoken of together."""

    __slots__ = ("detail", "is_windows", "value", "why")

    def __init__(self, why: Why, detail: str, *, value: str = "", is_windows: bool = False) -> None:
        """`detail` is the mount, the sysctl, the path or the error."""
        self.why = why
        self.detail = detail
        self.value = value
        """Of a mount its file system, of a sysctl its number."""
        self.is_windows = is_windows

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Doubt) and (self.why, self.detail) == (other.why, other.detail)

    def __hash__(self) -> int:
        return hash((self.why, self.detail))

    def __repr__(self) -> str:
        return f"Doubt({self.why}, {self.detail!r}, value={self.value!r})"


def doubt_of(mount: Mount) -> Doubt | None:
    """What is known against a mount beforehand."""
    if mount.tells:
        return None
    kind = mount.fs_type
    return Doubt(Why.SILENT, mount.point, value=kind, is_windows=mount.is_windows)


def came_for(heard_ns: int, changed_ns: int) -> bool:
    """Whether the last event of a path, by the clock, may have been that of its last change.

    What is compared is the time of the last change of anything (ctime), and a save is often
    followed by one of owner or mode, for which watchdog has no event.
    """
    return heard_ns >= changed_ns - 3_000_000_000


def mounts(mountinfo: str) -> list[Mount]:
    """Read proc_pid_mountinfo(5); lines that are none are left out."""
    found = []
    for line in mountinfo.splitlines():
        before, dash, after = line.partition(" - ")
        place, kind = before.split(" "), after.split(" ")
        if dash and len(place) > 4 and kind[0]:
            source, options = (*kind[1:3], "", "")[:2]
            found.append(Mount(_plain(place[4]), kind[0], _plain(source), options))
    return found


def _plain(text: str) -> str:
    """Take back the octal escapes of blank, tab, newline and backslash."""
    for code, letter in (("\\040", " "), ("\\011", "\t"), ("\\012", "\n"), ("\\134", "\\")):
        text = text.replace(code, letter)
    return text


def mount_of(path: str, among: "Sequence[Mount]") -> Mount | None:
    """The mount that an absolute path without links lies on: of equal points the last covers."""
    best: Mount | None = None
    for mount in among:
        point = mount.point.rstrip("/")
        is_above = path == mount.point or path.startswith(point + "/")
        if is_above and (best is None or len(mount.point) >= len(best.point)):
            best = mount
    return best


def watched_inodes(fdinfo: str) -> list[int]:
    """The inodes that an inotify descriptor watches, as proc_pid_fdinfo(5) lists them."""
    lines = [line.split(" ") for line in fdinfo.splitlines() if line.startswith("inotify ")]
    fields = [field for line in lines for field in line if field.startswith("ino:")]
    return [int(field.removeprefix("ino:"), 16) for field in fields]


def uncovered(directories: "Mapping[str, Identity]", watched: "Sequence[int]") -> set[str]:
    """The directories that were subscribed, and that the kernel does not watch.

    Some file systems show another inode to a program than they have in the kernel, so a number that
    is missing proves nothing as long as there are as many watches as directories.
    """
    inodes = set(watched)
    if len(inodes) >= len(set(directories.values())):
        return set()
    return {path for path, (_, inode) in directories.items() if inode not in inodes}


def pace(poll_s: float | None, *, processor_s: float, wall_s: float) -> float:
    """Seconds between two polls when one takes so long: cheap, and never most of the time."""
    return max(poll_s or POLL_S, processor_s * SHARE, wall_s * WALL_SHARE)


def top(directories: "Iterable[str]") -> str:
    """The directory that holds all of these."""
    return os.path.commonpath(list(directories))
