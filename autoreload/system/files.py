"""Files: signature, digest, and whether a source compiles."""

import _imp
import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from autoreload.core.changes import Signature
    from autoreload.core.decisions import Broken

LARGEST_DIGESTED = 64 << 20
"""Bytes of the largest file whose content is compared; above it the signature decides."""

_KEY = 0x6175746F72756E


def signature(path: str) -> "Signature | None":
    """Modification time, size and inode; None when there is nothing to read."""
    try:
        status = os.stat(path)
    except (OSError, ValueError):  # ValueError: a NUL byte in the path
        return None
    return (status.st_mtime_ns, status.st_size, status.st_ino)


def digest_of(content: bytes) -> int:
    """A digest of bytes, equal in every interpreter.

    It is the keyed hash of importlib's hash-based bytecode (PEP 552): built in, so that the inner
    pays for no import. It guards against nobody, it only tells two saves apart.
    """
    return int.from_bytes(_imp.source_hash(_KEY, content), "little")


def digest(path: str) -> int | None:
    """The digest of a file's content; None when it cannot be read or is too large."""
    try:
        with open(path, "rb") as file:
            if os.fstat(file.fileno()).st_size > LARGEST_DIGESTED:
                return None
            return digest_of(file.read())
    except (OSError, ValueError):
        return None


def broken(path: str) -> "Broken | None":
    """Why a Python source does not compile; None when it does, or cannot be read at all."""
    from autoreload.core.decisions import Broken

    try:
        with open(path, "rb") as file:
            source = file.read()
    except OSError:
        return None
    try:
        # Warnings are not caught: the filters belong to the app, and are shared by all threads.
        compile(source, path, "exec", dont_inherit=True)
    except SyntaxError as error:
        return Broken(
            path,
            error.lineno or 0,
            error.offset or 0,
            type(error).__name__,
            error.msg,
            error.text or "",
        )
    except (ValueError, RecursionError, MemoryError) as error:  # a NUL byte, or too deep
        return Broken(path, 0, 0, type(error).__name__, str(error), "")
    return None


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
