"""Clients that ask a server over and over, each time by a new connection, and how that went."""

import re
import socket
import time
from collections import Counter
from collections.abc import Callable
from threading import Event, Lock, Thread
from typing import NamedTuple, Self

Where = tuple[str, int] | str
"""Host and port, or the path of a socket."""

PATIENCE_S = 20.0
"""A question that is not answered by then counts as hung."""

_REQUEST = b"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
_VERSION = re.compile(rb"version (\d+)\.")
_REFUSED_PAUSE_S = 0.002
"""A refusal comes at once: without a pause the clients would leave the server no time to start."""


class Answer(NamedTuple):
    """What became of one question."""

    kind: str
    """`ok`, or what went wrong: refused, reset, empty, truncated, wrong, hung, odd."""
    asked: float
    """When it was asked, by the clock of time.perf_counter."""
    answered: float
    text: bytes = b""

    @property
    def waited_s(self) -> float:
        return self.answered - self.asked


def connect(where: Where, timeout_s: float = PATIENCE_S) -> socket.socket:
    """A connection of its own. Raises OSError."""
    family = socket.AF_UNIX if isinstance(where, str) else socket.AF_INET
    if isinstance(where, tuple) and ":" in where[0]:
        family = socket.AF_INET6
    connection = socket.socket(family, socket.SOCK_STREAM)
    try:
        connection.settimeout(timeout_s)
        connection.connect(where)
    except BaseException:
        connection.close()
        raise
    return connection


def ask(where: Where, timeout_s: float = PATIENCE_S) -> Answer:
    """Ask one question; what has gone wrong is told from what came back."""
    asked = time.perf_counter()
    text = b""
    try:
        with connect(where, timeout_s) as connection:
            connection.sendall(_REQUEST)
            while data := connection.recv(65_536):
                text += data
        kind = _kind(text)
    except (ConnectionRefusedError, FileNotFoundError):
        kind = "refused"
    except (ConnectionResetError, BrokenPipeError):
        kind = "reset"
    except TimeoutError:
        kind = "hung"
    return Answer(kind, asked, time.perf_counter(), text)


def version_in(text: bytes) -> int | None:
    """The version that an answer shows; None when there is none, or not all of it."""
    found = _VERSION.search(text)
    return int(found[1]) if found else None


def _kind(text: bytes) -> str:
    if version_in(text) is not None:
        return "ok"
    if not text:
        return "empty"
    status = text.partition(b"\r\n")[0].split(b" ")[1:2]
    return "truncated" if status in ([], [b"200"]) else "odd"


class Load:
    """Clients that ask back to back, from `with` to its end."""

    def __init__(self, where: Where, *, clients: int = 4) -> None:
        self.counts: Counter[str] = Counter()
        self.failed: list[Answer] = []
        self.seen = 0
        """The highest version that any client has seen."""
        self.longest: Answer | None = None
        """The question that waited longest since `mark`."""
        self._where = where
        self._over = Event()
        self._lock = Lock()
        self._threads = [Thread(target=self._ask) for _ in range(clients)]

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        for thread in self._threads:
            thread.join()

    def mark(self) -> None:
        """Begin anew to look for the longest wait."""
        with self._lock:
            self.longest = None

    def _ask(self) -> None:
        while not self._over.is_set():
            before = self.seen
            answer = ask(self._where)
            self._note(answer, before)
            if answer.kind == "refused":
                self._over.wait(_REFUSED_PAUSE_S)

    def _note(self, answer: Answer, before: int) -> None:
        version = version_in(answer.text)
        if version is not None and version < before:
            answer = answer._replace(kind="wrong")
        with self._lock:
            self.counts[answer.kind] += 1
            if answer.kind != "ok":
                self.failed.append(answer)
            if version is not None:
                self.seen = max(self.seen, version)
            if self.longest is None or answer.waited_s > self.longest.waited_s:
                self.longest = answer

    def answered_more(self, number: int) -> Callable[[], bool]:
        """A fact to wait for: so many answers more than now."""
        wanted = self.counts["ok"] + number
        return lambda: self.counts["ok"] >= wanted

    def told(self) -> str:
        """What went wrong, for a failure's message."""
        shown = "\n".join(repr(one) for one in self.failed[:10])
        return f"{dict(self.counts)}, version {self.seen} seen\n{shown}"
