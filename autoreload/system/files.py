"""Files: signature, digest, and whether a source compiles."""

import _imp
import os
import stat
import sys
import time

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from autoreload.core.changes import Signature
    from autoreload.core.decisions import Broken
    from autoreload.core.trust import Identity

LARGEST_DIGESTED = 64 << 20
"""Bytes of the largest file whose content is compared; above it the signature decides."""

LARGEST_PROVEN = 1 << 18
"""Bytes of the largest source that is compiled while others wait."""

LONGEST_EXCERPT = 400
"""Characters of a line that are shown with an error; generated files have lines of megabytes."""

_KEY = 0x6175746F72756E


def signature(path: str) -> "Signature | None":
    """Modification time, size and inode; None when there is nothing to read."""
    try:
        status = os.stat(path)
    except (OSError, ValueError):  # ValueError: a NUL byte in the path
        return None
    return (status.st_mtime_ns, status.st_size, status.st_ino)


def link(path: str) -> str | None:
    """What a symbolic link says; None when there is none."""
    try:
        return os.readlink(path)
    except (OSError, ValueError):
        return None


def made_at(path: str) -> float:
    """When a link was made, by its own modification time; 0 when it is not there."""
    try:
        return os.lstat(path).st_mtime
    except (OSError, ValueError):
        return 0.0


def signature_by_opening(path: str) -> "Signature | None":
    """The signature, asked for anew where a look may be answered from memory."""
    try:
        # A FIFO would otherwise be waited for.
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except (OSError, ValueError):
        return signature(path)
    try:
        status = os.fstat(descriptor)
    finally:
        os.close(descriptor)
    return (status.st_mtime_ns, status.st_size, status.st_ino)


def identity(path: str) -> "Identity | None":
    """Device and inode of what is there; None when there is nothing."""
    try:
        status = os.stat(path)
    except (OSError, ValueError):
        return None
    return (status.st_dev, status.st_ino)


def now_ns() -> int:
    """The time as it would be written into a file now.

    Linux takes that of the last tick, which is up to 10 ms ago: CLOCK_REALTIME_COARSE of
    clock_gettime(2), which the time module does not name.
    """
    return time.clock_gettime_ns(5) if sys.platform == "linux" else time.time_ns()


def changed_ns(path: str) -> int | None:
    """When anything about a file has changed last; unlike the mtime nobody can set this."""
    try:
        return os.stat(path).st_ctime_ns
    except (OSError, ValueError):
        return None


def touched_since(path: str, moment_ns: int) -> bool:
    """Whether anything about a file has changed since."""
    changed = changed_ns(path)
    return changed is not None and changed >= moment_ns


def digest_of(content: bytes) -> int:
    """A digest of bytes, equal in every interpreter.

    It is the keyed hash of importlib's hash-based bytecode (PEP 552): built in, so that the inner
    pays for no import. It guards against nobody, it only tells two saves apart.
    """
    return int.from_bytes(_imp.source_hash(_KEY, content), "little")


def digest(path: str) -> int | None:
    """The digest of a file's content; None when it cannot be read or is too large."""
    content = _content(path)
    return None if content is None else digest_of(content)


def _content(path: str) -> bytes | None:
    try:
        # Looked at before it is opened: the open of a FIFO waits for somebody who writes.
        status = os.stat(path)
        if not stat.S_ISREG(status.st_mode) or status.st_size > LARGEST_DIGESTED:
            return None
        if status.st_size == 0:
            return b""  # files of /proc say so too, and some of them wait when they are read
        with open(path, "rb") as file:
            return file.read()
    except (OSError, ValueError):
        return None


def of_kernel(path: str) -> bytes:
    """The content of a file in /proc, which says no size; nothing when it cannot be read."""
    try:
        fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return b""
    try:
        parts = []
        while part := os.read(fd, 1 << 16):
            parts.append(part)
        return b"".join(parts)
    except OSError:
        return b""
    finally:
        os.close(fd)


def mentions(path: str, word: bytes) -> bool:
    """Whether a file holds a word; not so when it cannot be read."""
    return word in (_content(path) or b"")


def broken(path: str) -> "Broken | None":
    """Why a Python source does not compile; None when it does, or cannot be read at all."""
    from autoreload.core.decisions import Broken
    from autoreload.system.muting import Muted

    source = _content(path)
    if source is None:
        return None
    try:
        with Muted():  # whoever runs it is warned
            compile(source, path, "exec", dont_inherit=True)
    except SyntaxError as error:
        line, column = error.lineno or 0, error.offset or 0
        # The error's own text is read from the file once more, 999 bytes at a time, and is the last
        # part of a long line (PyErr_ProgramTextObject).
        text = _line(source, line)
        # The beginning of the line goes when the error is far behind it.
        start = max(column - LONGEST_EXCERPT // 2, 0) if column > LONGEST_EXCERPT else 0
        return Broken(
            path,
            line,
            column,
            type(error).__name__,
            error.msg[:LONGEST_EXCERPT],
            text[start : start + LONGEST_EXCERPT],
            start=start,
        )
    except (ValueError, RecursionError, MemoryError) as error:  # a NUL byte, or too deep
        return Broken(path, 0, 0, type(error).__name__, str(error), "")
    return None


def proof(path: str) -> "tuple[Signature, int] | None":
    """Signature and digest of a Python source that compiles without a word; None for any other.

    The filters for warnings are those of this process: not for one that runs the app.
    """
    import warnings

    before, source = signature(path), _content(path)
    if before is None or not source or len(source) > LARGEST_PROVEN or not path.endswith(".py"):
        return None
    try:
        with warnings.catch_warnings(action="error"):
            compile(source, path, "exec", dont_inherit=True)
    except (SyntaxError, Warning, ValueError, RecursionError, MemoryError):
        return None
    # Looked at again: what is written now has an event to come.
    return (before, digest_of(source)) if signature(path) == before else None


def all_broken(paths: "Iterable[str]") -> "list[Broken]":
    """Why each of the Python sources among these does not compile, if it does not."""
    return [error for path in paths if path.endswith(".py") if (error := broken(path))]


def _line(source: bytes, number: int) -> str:
    lines = source.removeprefix(b"\xef\xbb\xbf").splitlines()
    return lines[number - 1].decode(errors="replace") if 0 < number <= len(lines) else ""


def drop_bytecode(path: str) -> bool:
    """Remove the cached bytecode of a source, of whichever interpreter; whether none is left."""
    folder, name = os.path.split(path)
    stem = name.removesuffix(".py") + "."
    cache = os.path.join(folder, "__pycache__")
    try:
        entries = [entry for entry in os.listdir(cache) if entry.startswith(stem)]
        for entry in entries:
            os.unlink(os.path.join(cache, entry))
    except FileNotFoundError:
        return True
    except OSError:
        return False
    return True


def opened_as(fd: int) -> str:
    """The path of the regular file that a descriptor is; empty for anything else (Linux)."""
    try:
        if not stat.S_ISREG(os.fstat(fd).st_mode):
            return ""
        return os.readlink(f"/proc/self/fd/{fd}")
    except OSError:
        return ""


def remove(path: str) -> None:
    """Remove a file, if that can be done."""
    try:
        os.unlink(path)
    except OSError:
        pass
