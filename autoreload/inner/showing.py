"""Tells what the project's modules hold at the moment when the program binds first, or is up.

A twin, which is started beside a program to be compared with it, ends there: it binds nothing.
"""

import os
import sys
from posix import getpid

from autoreload.core import protocol
from autoreload.system import audit, files

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from autoreload.inner.app import App
    from autoreload.system.channel import Channel
    from autoreload.watch.traces import Traces

DEEPEST = 4
"""How far into lists and dicts a value is still called simple."""
MOST_TEXT = 10_000
_SIMPLE = (int, str, bytes, float, bool, type(None))


class Showing:
    """Shows the state of a run, once."""

    def __init__(self, channel: "Channel", traces: "Traces", app: "App", *, is_twin: bool) -> None:
        self._channel = channel
        self._traces = traces
        self._app = app
        self._is_twin = is_twin
        self._is_shown = False

    def install(self) -> None:
        """Hear of the first bind; a twin is to be neither seen nor felt."""
        audit.also("socket.bind", lambda *_: self.show())
        if self._app.keeping is not None:
            self._app.keeping.on_bind = self.show
        if self._is_twin:
            os.nice(19)
            nothing = os.open(os.devnull, os.O_RDWR)
            for fd in (0, 1, 2):
                os.dup2(nothing, fd)
            os.close(nothing)

    def show(self) -> None:
        """Tell the state, unless it was told, or this is a fork of the program."""
        if self._is_shown or getpid() != self._app.pid:
            return
        self._is_shown = True
        for part in protocol.batches(list(self._state())):
            self._channel.tell("state", entries=part)
        self._channel.tell("state", over=True)
        if self._is_twin:
            os._exit(0)  # noqa: TID251  # before it holds anything that the program needs

    def _state(self) -> "Iterator[tuple[object, ...]]":
        for module_name, module in list(sys.modules.items()):
            path = getattr(module, "__file__", None)
            real = self._traces.scope.real(os.path.abspath(path)) if type(path) is str else None
            if real is None:
                continue
            record = self._traces.loaded.get(real)
            digest = files.digest(real) if record is None else record.digest or files.digest(real)
            yield module_name, "", digest or 0
            for name, value in list(vars(module).items()):
                if not name.startswith("__") and (text := _shown(value)) is not None:
                    yield module_name, name, files.digest_of(text.encode(errors="replace"))


def _shown(value: object, depth: int = 0) -> str | None:
    """A simple value as text; None when it is not simple."""
    if type(value) in _SIMPLE:
        return repr(value)[:MOST_TEXT]
    if depth == DEEPEST:
        return None
    if type(value) is dict:
        parts = [_shown(one, depth + 1) for pair in list(value.items())[:MOST_TEXT] for one in pair]
    elif type(value) in (list, tuple, set, frozenset):
        parts = [_shown(one, depth + 1) for one in list(value)[:MOST_TEXT]]  # type: ignore[call-overload]
        if type(value) in (set, frozenset):
            parts.sort(key=str)
    else:
        return None
    return None if None in parts else f"{type(value).__name__}{parts}"
