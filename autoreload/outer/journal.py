"""Keeps what happened, numbered and dated, and passes it on to those who follow."""

import time
from collections import deque

from autoreload.core import events

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
        self._listeners: list[Callable[[Entry], None]] = []
        self._seq = 0
        self.log: str | None = None
        """The file that has all this for people, and what the app writes."""

    def add(self, event: str, **fields: "Value") -> None:
        """Something has happened; `core.events` has the names and fields."""
        entry = self._entry(event, fields)
        self._entries.append(entry)
        for follower in (*self._followers, *self._listeners):
            follower(entry)

    def output(self, stream: str, text: str) -> None:
        """The app has written; this is not kept, and only told to those who listen to it."""
        entry = self._entry("output", {"stream": stream, "text": text})
        for listener in tuple(self._listeners):
            listener(entry)

    def _entry(self, event: str, fields: "dict[str, Value]") -> Entry:
        self._seq += 1
        return Entry(self._seq, time.time(), event, fields)

    def entries(self, *, after: int = 0) -> "Iterable[Entry]":
        """What is kept, from the oldest on; `after` leaves out what has this number or less."""
        return [entry for entry in self._entries if entry.seq > after]

    def follow(self, follower: "Callable[[Entry], None]") -> None:
        """Have every event from now on passed on."""
        self._followers.append(follower)

    def unfollow(self, follower: "Callable[[Entry], None]") -> None:
        if follower in self._followers:
            self._followers.remove(follower)

    def listen(self, listener: "Callable[[Entry], None]") -> None:
        """Have every event from now on passed on, and what the app writes."""
        self._listeners.append(listener)


def shown(entry: Entry) -> "dict[str, Value]":
    """An event as the object that programs read."""
    at = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(entry.time))
    return {
        "v": events.VERSION,
        "seq": entry.seq,
        "time": f"{at}.{int(entry.time * 1000) % 1000:03}Z",
        "event": entry.event,
        **entry.fields,
    }
