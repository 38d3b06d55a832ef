"""Keeps what happened, numbered and dated, and passes it on to those who follow."""

import time
from collections import deque

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from autoreload.core.events import Value

MOST_KEPT = 1000


class Entry:
    """One event."""

    __slots__ = ("event", "fields", "seq", "time")

    def __init__(self, seq: int, at: float, event: str, fields: "dict[str, Value]") -> None:
        self.seq = seq
        self.time = at
        """Seconds since the epoch."""
        self.event = event
        self.fields = fields

    def __repr__(self) -> str:
        return f"Entry({self.seq}, {self.event!r}, {self.fields!r})"


class Journal:
    """The events of one autorun; the last thousand are kept for who comes later."""

    def __init__(self) -> None:
        self._entries: deque[Entry] = deque(maxlen=MOST_KEPT)
        self._followers: list[Callable[[Entry], None]] = []
        self._seq = 0

    def add(self, event: str, **fields: "Value") -> None:
        """Something has happened; `core.events` has the names and fields."""
        self._seq += 1
        entry = Entry(self._seq, time.time(), event, fields)
        self._entries.append(entry)
        for follower in tuple(self._followers):
            follower(entry)

    def entries(self, *, after: int = 0) -> "Iterable[Entry]":
        """What is kept, from the oldest on; `after` leaves out what has this number or less."""
        return [entry for entry in self._entries if entry.seq > after]

    def follow(self, follower: "Callable[[Entry], None]") -> None:
        """Have every event from now on passed on."""
        self._followers.append(follower)

    def unfollow(self, follower: "Callable[[Entry], None]") -> None:
        if follower in self._followers:
            self._followers.remove(follower)
