"""What a program may ask of autorun; every call does nothing outside of it.

The programs import this in production too: it imports nothing, and reads no environment, which a
process of somebody else's would have inherited as well.
"""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from os import PathLike
    from typing import Protocol, TypeVar

    F = TypeVar("F", bound=Callable[[], object])
    Path = str | PathLike[str]

    class Ear(Protocol):
        """Who does what is asked."""

        def leave(self, pid: int) -> None: ...

        def on_reload(self, function: Callable[[], object]) -> None: ...

        def ready(self) -> None: ...

        def watch(self, path: Path) -> None: ...

        def ignore(self, path: Path) -> None: ...

        def restart(self) -> None: ...


_open: "Callable[[], Ear] | None" = None
_opened: "Ear | None" = None
_changes: tuple[str, ...] = ()


def is_active() -> bool:
    """Whether autorun runs this process, or the one that it is a fork of, and restarts it."""
    return _open is not None


def changes() -> tuple[str, ...]:
    """The files that this run was started for, as absolute paths; none for the first run.

    Of very many, as after a checkout, the first fifty. A restart that no file has caused has none.
    """
    return _changes


def on_reload(function: "F") -> "F":
    """Call a function without arguments before each restart, and give it back: it decorates, too.

    It is called before the program is asked to stop, in the main thread, wherever that is at the
    time, like the handler of a signal; several in the order in which they were given. Its time is
    part of `--stop-timeout`. What it raises is shown and keeps nothing. It is not called when
    autorun itself ends: that is what `atexit` is for. Threads other than the main one may give a
    function; if none of the main thread's was given before, it is called in a thread of its own.
    """
    if (ear := _ear()) is not None:
        ear.on_reload(function)
    return function


def ready() -> None:
    """Say that the program is ready, at this moment; only the first time in a run counts.

    Without it a program is ready when it listens, or has begun and imports nothing more. One that
    has said it once is waited for to say it again after a restart.
    """
    if (ear := _ear()) is not None:
        ear.ready()


def watch(path: "Path") -> None:
    """Restart when this changes as well: a file, there or not, a folder or a glob of `--watch`.

    It counts from now on until this run ends.
    """
    if (ear := _ear()) is not None:
        ear.watch(path)


def ignore(path: "Path") -> None:
    """Do not restart for this: a file, a folder or a pattern of `--ignore`.

    It counts from now on until this run ends.
    """
    if (ear := _ear()) is not None:
        ear.ignore(path)


def restart() -> None:
    """Ask for a restart, as a save would; the program goes on until it is asked to stop.

    It begins anew and is never warm: nobody but the program knows what has changed. While a saved
    file does not compile, the restart waits for its correction.
    """
    if (ear := _ear()) is not None:
        ear.restart()


def leave(pid: int) -> None:
    """Let a process live on when autorun ends: it is not one of the app's leftovers."""
    if (ear := _ear()) is not None:
        ear.leave(pid)


def connect(open_ear: "Callable[[], Ear]") -> None:
    """Give the calls an effect, from before the program starts; opened by the first of them."""
    global _open
    _open = open_ear


def _ear() -> "Ear | None":
    global _opened
    if _opened is None and _open is not None:
        _opened = _open()
    return _opened


def begin(paths: "Sequence[str]") -> None:
    """A run begins, because of these files."""
    global _changes
    _changes = tuple(paths)
