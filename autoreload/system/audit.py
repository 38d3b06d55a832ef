"""What the interpreter is about to do, as it says itself (audit events, PEP 578).

A hook cannot be taken back, and it is called for every event there is: so there is one, which looks
up who wants to hear of it.
"""

import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

_listeners: "dict[str, Callable[..., None]]" = {}
_guards: "list[Callable[[str, tuple[object, ...]], None]]" = []
_installed: list[bool] = []
_at_rest: list[bool] = []


def listen(event: str, then: "Callable[..., None]") -> None:
    """Call `then` with the arguments of every such event, before what it stands for is done.

    One listener an event: a later one takes the place. What it raises reaches the program.
    """
    _listeners[event] = then
    _install()


def also(event: str, then: "Callable[..., None]") -> None:
    """Call `then` as well, before whoever listens to this event already."""
    other = _listeners.get(event)
    if other is None:
        listen(event, then)
        return

    def both(*arguments: object) -> None:
        then(*arguments)
        other(*arguments)

    listen(event, both)


def guard(hear: "Callable[[str, tuple[object, ...]], None]") -> None:
    """Call `hear` with every event there is, until `unguard`."""
    _guards.append(hear)
    _install()


def unguard() -> None:
    """End what `guard` has begun."""
    _guards.clear()


def rest() -> None:
    """Hear of nothing until `go_on`: what happens is our own doing."""
    _at_rest[:] = [True]


def go_on() -> None:
    """Listen again."""
    _at_rest.clear()


def _install() -> None:
    if not _installed:
        _installed.append(True)
        sys.addaudithook(_hear)


def _hear(event: str, arguments: "tuple[object, ...]") -> None:
    if _at_rest:
        return
    if _guards:
        _guards[0](event, arguments)
    then = _listeners.get(event)
    if then is not None:
        then(*arguments)
