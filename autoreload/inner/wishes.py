"""What the program asks of autorun by `import autoreload`, done or passed on.

Any thread may ask, and any fork of the program: what a fork cannot do itself the outer is told.
"""

import os
import sys
import time

from autoreload.system import files
from autoreload.watch.links import follow

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from os import PathLike

    from autoreload.system.channel import Channel
    from autoreload.watch.traces import Traces

_GLOB = frozenset("*?[")
_OURS = os.path.dirname(os.path.dirname(os.path.abspath(__file__))) + os.sep


class Program:
    """What the process of the app itself can do at once; its children have none."""

    __slots__ = ("ignore", "is_here", "on_reload", "ready", "restart")

    def __init__(
        self,
        *,
        is_here: "Callable[[], bool]",
        on_reload: "Callable[[Callable[[], object]], None]",
        ignore: "Callable[[list[str]], None]",
        ready: "Callable[[], None]",
        restart: "Callable[[], None]",
    ) -> None:
        self.is_here = is_here
        """Whether this process is that of the app, and not a fork of it."""
        self.on_reload = on_reload
        self.ignore = ignore
        self.ready = ready
        self.restart = restart


class Wishes:
    """Hears the program's calls."""

    def __init__(
        self, channel: "Channel", traces: "Traces", program: Program | None = None
    ) -> None:
        """Without a program it hears those of a child, which is no fork."""
        self._channel = channel
        self._traces = traces
        self._program = program
        self._told: list[tuple[str, dict[str, object]]] = []
        """What the outer has to be told again when a run goes on from here."""
        self._is_ready = False

    def _own(self) -> Program | None:
        return self._program if self._program is not None and self._program.is_here() else None

    def leave(self, pid: int) -> None:
        self._channel.tell("leave", process=pid)

    def on_reload(self, function: "Callable[[], object]") -> None:
        if (program := self._own()) is not None:
            program.on_reload(function)

    def ready(self) -> None:
        if self._is_ready:
            return
        self._is_ready = True
        at = time.monotonic()
        if (program := self._own()) is not None:
            program.ready()
        self._channel.tell("up", at=at, path=_caller())

    def watch(self, path: "str | PathLike[str]") -> None:
        text = os.fspath(path)
        if _is_glob(text):
            self._tell_of("named", text)
        elif os.path.isdir(text):
            self._tell_of("named", _without_meaning(os.path.realpath(text), "[]"))
        else:
            self._watch_file(text)

    def _watch_file(self, path: str) -> None:
        name = os.path.abspath(path)
        real, links = follow(name)
        if links:
            self._traces.follow(links, name, real)
        self._traces.record(real, files.signature(real), reason="named by the program")

    def ignore(self, path: "str | PathLike[str]") -> None:
        text = os.fspath(path)
        if _is_glob(text):
            patterns = [text]
        else:
            names = dict.fromkeys((os.path.abspath(text), os.path.realpath(text)))
            patterns = [_without_meaning(name, "\\") for name in names]
        if (program := self._own()) is not None:
            program.ignore(patterns)
        for pattern in patterns:
            self._tell_of("ignored", pattern)

    def _tell_of(self, word: str, pattern: str) -> None:
        fields: dict[str, object] = {"pattern": pattern, "since_ns": files.now_ns()}
        self._told.append((word, fields))
        self._channel.tell(word, **fields)

    def restart(self) -> None:
        if (program := self._own()) is not None:
            program.restart()
        else:
            self._channel.tell("wish")

    def tell_again(self) -> None:
        """A run goes on from here, and the outer has forgotten what the last one wanted."""
        for word, fields in self._told:
            self._channel.tell(word, **fields)


def _is_glob(text: str) -> bool:
    """Whether this is to be read as a pattern: what is there is meant as it is written."""
    return not _GLOB.isdisjoint(text) and not os.path.lexists(text)


def _without_meaning(path: str, marks: str) -> str:
    """A path as a pattern that matches nothing else: each letter that means more is marked.

    With `\\` as in a .gitignore, or in a class of its own as in a glob.
    """
    if marks == "\\":
        return "".join(f"\\{one}" if one in "*?[\\ " else one for one in path)
    return "".join(f"[{one}]" if one in _GLOB else one for one in path)


def _caller() -> str:
    """The file of the program that has called us; empty when it is none."""
    frame = sys._getframe(1)
    while frame.f_back is not None and frame.f_code.co_filename.startswith(_OURS):
        frame = frame.f_back
    return os.path.abspath(frame.f_code.co_filename)
