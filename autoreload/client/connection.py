"""Finds the autoruns of a directory, and speaks with one of them."""

import os
import time

from autoreload.core import control
from autoreload.system import instance as instances
from autoreload.system.waiting import wait

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from autoreload.core.events import Value

PATIENCE_S = 5.0
"""An autorun that lives answers in milliseconds, but for `wait`."""
_LATE_S = 2.0
"""An autorun says by itself when the time is up, a little later than asked."""
_PAUSE_S = 0.01
_CHUNK = 1 << 16


class Unreachable(Exception):  # the user's affair, told in a sentence
    """There is nobody to speak with, or no sense in it; the text says so."""


class Connection:
    """One connection to an autorun."""

    def __init__(self, path: str) -> None:
        """Connect, and take the greeting. Raises Unreachable."""
        from _socket import AF_UNIX, SOCK_STREAM, socket

        self.path = path
        self._socket = socket(AF_UNIX, SOCK_STREAM)
        self._read = b""
        self._number = 0
        deadline = time.monotonic() + PATIENCE_S
        self._socket.setblocking(False)
        try:
            while not self._is_let_in(path):
                if time.monotonic() > deadline:
                    raise Unreachable("autorun does not answer")
                wait([], _PAUSE_S)
            self._socket.setblocking(True)
        except OSError as error:
            self._socket.close()
            raise Unreachable(f"{path} does not answer: {error.strerror or error}") from None
        self.greeting = self._line(time.monotonic() + PATIENCE_S)
        version = self.greeting.get("v")
        if version != control.VERSION:
            theirs = self.greeting.get("autorun")
            raise Unreachable(
                f"the autorun that runs here is {theirs} and speaks version {version}, "
                f"this one speaks {control.VERSION}: use the command of that installation"
            )

    def _is_let_in(self, path: str) -> bool:
        """Whether there is room in its queue, at once."""
        try:
            self._socket.connect(path)
        except BlockingIOError:
            return False
        return True

    def ask(
        self, command: str, *, within_s: float = PATIENCE_S, **fields: "Value"
    ) -> "dict[str, Value]":
        """The answer to a request. Raises Unreachable when none comes, or a refusal."""
        self._number += 1
        request: dict[str, Value] = {"id": self._number, "cmd": command, **fields}
        deadline = time.monotonic() + within_s
        try:
            self._socket.sendall(control.encode(request))
        except OSError:
            pass  # why, if it has said so, can be read
        while True:
            answer = self._line(deadline)
            if answer.get("ok") is False and answer.get("id") in (self._number, None):
                problem = answer.get("error")
                text = problem.get("text") if isinstance(problem, dict) else None
                raise Unreachable(str(text or "the request was refused"))
            if answer.get("id") == self._number:
                return answer

    def wait(self, seconds: float) -> "dict[str, Value]":
        """The answer to `wait`, which comes when the time is up at the latest."""
        return self.ask("wait", within_s=seconds + _LATE_S, timeout=seconds)

    def lines(self) -> "Iterator[dict[str, Value]]":
        """What it says from now on, until it ends."""
        while True:
            try:
                yield self._line(None)
            except Unreachable:
                return

    def ends(self, within_s: float) -> bool:
        """Whether it comes to its end in time."""
        deadline = time.monotonic() + within_s
        try:
            while True:
                self._line(deadline)
        except Unreachable:
            return time.monotonic() < deadline

    def _line(self, deadline: float | None) -> "dict[str, Value]":
        import json

        while b"\n" not in self._read:
            left = None if deadline is None else max(deadline - time.monotonic(), 0)
            if not wait([self._socket.fileno()], left):
                raise Unreachable("autorun does not answer")
            try:
                data = self._socket.recv(_CHUNK)
            except OSError:
                data = b""
            if not data:
                raise Unreachable("autorun has ended")
            self._read += data
        line, _, self._read = self._read.partition(b"\n")
        try:
            found = json.loads(line)
        except ValueError:
            found = None
        if not isinstance(found, dict):
            raise Unreachable("what answers there is no autorun")
        return found

    def close(self) -> None:
        self._socket.close()


def find(
    directory: str, environment: "Mapping[str, str]", *, name: str | None = None
) -> list[Connection]:
    """Connect to the autoruns that were started here, or in the nearest directory above.

    With a name only to the one that was given it.
    """
    folder = instances.folder(environment)
    if not instances.is_private(folder):
        return []
    names = sorted(os.listdir(folder))
    while True:
        prefix = control.prefix(directory)
        found = []
        for entry in names:
            if entry.startswith(prefix) and entry.endswith(instances.SOCKET):
                connection = _reach(os.path.join(folder, entry))
                if connection is not None:
                    found.append(connection)
        if name is not None:
            found = [one for one in found if one.greeting.get("name") == name]
        if found or directory == os.path.dirname(directory):
            return found
        directory = os.path.dirname(directory)


def _reach(path: str) -> Connection | None:
    """A connection, or None if nobody lives there. Raises Unreachable for one that is mute."""
    return Connection(path) if instances.is_owned(path) else None
