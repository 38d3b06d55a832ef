"""What a program may tell autorun; every call does nothing outside of it."""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

_leave: "Callable[[int], None] | None" = None


def is_active() -> bool:
    """Whether this program is run, and started again, by autorun."""
    return _leave is not None


def leave(pid: int) -> None:
    """Let a process live on when autorun ends: it is not one of the app's leftovers."""
    if _leave is not None:
        _leave(pid)


def connect(tell: "Callable[[int], None]") -> None:
    """Give the calls an effect; called by the inner before the program starts."""
    global _leave
    _leave = tell
