"""What the interpreter is about to do, as it says itself (audit events, PEP 578).

A hook cannot be taken back, and it is called for every event there is: so there is one, which looks
up who wants to hear of it.
"""

import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

_listeners: "dict[str, Callable[..., None]]" = {}
_installed: list[bool] = []


def listen(event: str, then: "Callable[..., None]") -> None:
    """Call `then` with the arguments of every such event, before what it stands for is done.

    One listener an event: a later one takes the place. What it raises reaches the program.
    """
    _listeners[event] = then
    if not _installed:
        _installed.append(True)
        sys.addaudithook(_hear)


def ignore(event: str) -> None:
    """Nobody wants to hear of it any more."""
    _listeners.pop(event, None)


def _hear(event: str, arguments: "tuple[object, ...]") -> None:
    then = _listeners.get(event)
    if then is not None:
        then(*arguments)
