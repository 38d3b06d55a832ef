"""Those who are told what the app writes and what autorun does: terminal, log, event stream.

What the app wrote to before gets everything, however slowly, and so does an event stream that
stands in its place. A log and an event stream beside it are never waited for: what they do not take
is lost to them, and said once.
"""

import time

from autoreload.core import control
from autoreload.core import wording_records as words
from autoreload.core.texts import Texts
from autoreload.outer.journal import shown

TYPE_CHECKING = False
if TYPE_CHECKING:
    from autoreload.outer.journal import Entry, Journal
    from autoreload.system.outlet import Outlet

MOST_WAITING = 1 << 18
"""Bytes that wait for a reader before the app is made to wait as well."""
MOST_LATE = 1 << 20
"""Bytes that wait for a reader before the rest is lost to it."""
PARTIAL_S = 0.05
"""A line without an end is told after this: a prompt has none."""


class Through:
    """What the app wrote to before, as long as it is there."""

    def __init__(self, outlet: "Outlet", stream: str) -> None:
        self._outlet = outlet
        self._stream = stream

    @property
    def is_full(self) -> bool:
        return self._outlet.is_open and len(self._outlet.left) > MOST_WAITING

    def take(self, stream: str, data: bytes) -> None:
        if stream == self._stream:
            self._outlet.write(data)


class Log:
    """A file with all that the app and autorun say, and a mark where a run begins."""

    is_full = False

    def __init__(
        self, outlet: "Outlet", title: str, *, keep: int = 0, is_line_begun: bool = False
    ) -> None:
        """With `keep` it is ours to shorten: to this many bytes, when it has eight times more."""
        self._outlet = outlet
        self._title = title
        self._keep = keep
        self._size = 0
        self._is_line_begun = is_line_begun

    def take(self, stream: str, data: bytes) -> None:
        self._write(data)

    def say(self, data: bytes) -> None:
        """A line of ours, which does not begin in the middle of one of the app's."""
        self._write(b"\n" + data if self._is_line_begun else data)

    def hear(self, entry: "Entry") -> None:
        """Mark where autorun begins, and a run."""
        if entry.event == "start":
            at = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(entry.time))
            self.say(words.begins(self._title, at).encode(errors="replace"))
        elif entry.event == "started":
            self.say(words.mark(int(str(entry.fields["run"]))).encode())

    def _write(self, data: bytes) -> None:
        outlet = self._outlet
        if len(outlet.left) > MOST_LATE:
            outlet.lost += len(data)
            outlet.trouble = words.NOT_READ
            return
        if outlet.lost and not outlet.left and not self._mark_gap():
            outlet.lost += len(data)
            return
        outlet.write(data)
        self._is_line_begun = not data.endswith(b"\n")
        self._size += len(data)
        if self._keep and self._size > self._keep * 8:
            self._size = outlet.shorten(self._keep, words.shortened(self._size).encode())

    def _mark_gap(self) -> bool:
        """Say in the log itself that something is missing; whether there was room for that."""
        outlet = self._outlet
        lost, outlet.lost = outlet.lost, 0
        outlet.write(f"\n{words.gap(lost, outlet.trouble)}".encode())
        is_marked = not outlet.lost
        if not is_marked:
            outlet.lost = lost
        return is_marked


class Feed:
    """Events as JSON lines; `alone` it stands in the place of the app's streams and our lines."""

    def __init__(self, outlet: "Outlet", *, alone: bool) -> None:
        self._outlet = outlet
        self._alone = alone

    @property
    def is_full(self) -> bool:
        waiting = len(self._outlet.left)
        return self._alone and self._outlet.is_open and waiting > MOST_WAITING

    def take(self, stream: str, data: bytes) -> None:
        """What the app writes comes as events."""

    def hear(self, entry: "Entry") -> None:
        """Tell an event, unless too much is waiting already."""
        if len(self._outlet.left) <= MOST_LATE:
            self._outlet.write(control.encode(shown(entry)))
        else:
            self._outlet.trouble = words.NOT_READ


class Telling:
    """Tells what the app writes as events, in whole lines where their ends come soon."""

    is_full = False

    def __init__(self, journal: "Journal") -> None:
        self._journal = journal
        self._texts: dict[str, Texts] = {}
        self._due: dict[str, float] = {}

    def take(self, stream: str, data: bytes) -> None:
        texts = self._texts.setdefault(stream, Texts())
        if text := texts.take(data):
            self._journal.output(stream, text)
            self._due.pop(stream, None)
        if len(texts.rest) > MOST_WAITING:
            self._journal.output(stream, texts.give())
        elif texts.rest:
            self._due.setdefault(stream, time.monotonic() + PARTIAL_S)

    def timeouts(self, now: float) -> list[float]:
        """Seconds until something here is due."""
        return [at - now for at in self._due.values()]

    def look(self, now: float) -> None:
        """Tell of lines whose ends do not come."""
        for stream in [one for one, at in self._due.items() if at <= now]:
            del self._due[stream]
            if text := self._texts[stream].give():
                self._journal.output(stream, text)

    def finish(self) -> None:
        """A run is over: no end of a line follows."""
        self._due.clear()
        for stream, texts in self._texts.items():
            if text := texts.finish():
                self._journal.output(stream, text)
