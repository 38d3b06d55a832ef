"""The ways in which editors, tools and people put a new text into a file."""

import os
import time
from collections.abc import Callable
from pathlib import Path

Save = Callable[[Path, str], None]

HALF_WAY_S = 0.25
"""Longer than a poll: whoever looks in between sees the half of a save."""


def in_place(path: Path, text: str) -> None:
    """As nano and most small editors do."""
    path.write_text(text)


def rename_over(path: Path, text: str) -> None:
    """As PyCharm, VS Code's atomic save and sed -i do."""
    beside = path.with_name(f".{path.name}.tmp")
    beside.write_text(text)
    beside.replace(path)


def truncate_then_write(path: Path, text: str) -> None:
    """As a slow editor or a network drive does: empty for a while, and half for a while."""
    with path.open("w") as file:
        time.sleep(HALF_WAY_S)
        file.write(text[: len(text) // 2])
        file.flush()
        time.sleep(HALF_WAY_S)
        file.write(text[len(text) // 2 :])


def backup_and_rename(path: Path, text: str) -> None:
    """As vim does with 'backupcopy=no': the old file becomes the backup, which goes at the end."""
    backup = path.with_name(f"{path.name}~")
    path.replace(backup)
    path.write_text(text)
    backup.unlink()


def delete_and_create(path: Path, text: str) -> None:
    """As a switch of branches does, with a pause in which there is no such file."""
    path.unlink()
    time.sleep(HALF_WAY_S)
    path.write_text(text)


def through_symlink(path: Path, text: str) -> None:
    """The first save makes the path a link to another place; from then on that place is written."""
    if not path.is_symlink():
        target = path.with_name("elsewhere") / path.name
        target.parent.mkdir(exist_ok=True)
        target.write_text(text)
        path.unlink()
        path.symlink_to(target)
        return
    path.resolve().write_text(text)


def older(path: Path, text: str) -> None:
    """As a restore from an archive does: newer text, older time."""
    beside = path.with_name(f".{path.name}.tmp")
    beside.write_text(text)
    before = path.stat().st_mtime - 3600
    os.utime(beside, (before, before))
    beside.replace(path)


def same_second(path: Path, text: str) -> None:
    """Another text of equal size in the same whole second, which is what bytecode is keyed by."""
    before = path.stat()
    assert len(text.encode()) == before.st_size, "an equal size is the point"
    path.write_text(text)
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns + 1000))


STYLES: tuple[Save, ...] = (
    in_place,
    rename_over,
    truncate_then_write,
    backup_and_rename,
    delete_and_create,
    through_symlink,
    older,
    same_second,
)

SLOWLY: tuple[Save, ...] = (truncate_then_write, delete_and_create)
"""What lies on disk in between is a version of its own, and may be served for a moment."""
