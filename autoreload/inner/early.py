"""Servers that import the program inside of their event loop: here they do it right before.

No process can be forked while a loop runs, so such a program would never have a checkpoint. What
the server does by itself at that point is its own `load`, with all that its options say, and it
does not do it twice. A program that asks for the loop while it is imported would be told another
one: then everything is started once more, and from there on as the server does it.
"""

import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, NoReturn

ASKING = ("get_event_loop", "get_running_loop")


def load_early(server: "Any", give_up: "Callable[[str], NoReturn]") -> None:
    """Let `uvicorn.server.Server.run` load the program first; `give_up` starts all anew."""
    original = server.Server.run

    def run(self: "Any", *arguments: "Any", **named: "Any") -> object:
        if not getattr(self.config, "loaded", True):
            watch = _Watch(give_up)
            try:
                self.config.load()
            finally:
                watch.end()
        return original(self, *arguments, **named)

    run.__name__ = original.__name__
    run.__qualname__ = original.__qualname__
    server.Server.run = run


class _Watch:
    """Whether anybody asks for the event loop."""

    def __init__(self, give_up: "Callable[[str], NoReturn]") -> None:
        self._give_up = give_up
        self._is_over = False
        asyncio: Any = sys.modules["asyncio"]
        # The functions of C ask the policy, those of Python the module `events`.
        policy = getattr(asyncio.events, "_get_event_loop_policy", None)  # its name from 3.14 on
        policy = policy or asyncio.events.get_event_loop_policy
        self._kept: list[tuple[Any, str, Any, bool]] = []
        for place in (asyncio, asyncio.events, policy()):
            for name in ASKING:
                if hasattr(place, name):
                    self._replace(place, name)

    def _replace(self, place: "Any", name: str) -> None:
        original = getattr(place, name)
        self._kept.append((place, name, original, name in vars(place)))

        def ask(*arguments: "Any") -> object:
            # Who has taken this name for good asks the real one later.
            if not self._is_over:
                self._give_up("the program asks for the event loop while it is imported")
            return original(*arguments)

        ask.__name__ = name
        setattr(place, name, ask)

    def end(self) -> None:
        """The program is loaded: whoever asks is given the loop."""
        self._is_over = True
        for place, name, original, is_own in self._kept:
            if is_own:
                setattr(place, name, original)
            else:
                delattr(place, name)
