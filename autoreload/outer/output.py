"""What the app writes, where it comes through our hands: read, and passed to all who want it.

Nothing is kept here. While somebody who must have it all cannot take more, the app's pipe is not
read, and the app waits as it would for a slow reader of its own.
"""

import os

from autoreload.system.capture import Capture

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Protocol

    from autoreload.system.capture import Stream

    class Taker(Protocol):
        """Wants what the app writes."""

        @property
        def is_full(self) -> bool:
            """Whether it has to have it all, and cannot take more now."""

        def take(self, stream: str, data: bytes) -> None:
            """The app has written this."""


_CHUNK = 1 << 16
_TURN = 1 << 18
"""Bytes of one stream after which the loop sees to other things."""


class Output:
    """The streams of all runs, until it is closed."""

    def __init__(self, *, apart: bool) -> None:
        """Put ourselves behind stdout and stderr, `apart` from one another and by pipes."""
        self._capture = Capture(apart=apart)
        self._takers: list[Taker] = []

    @property
    def streams(self) -> "Sequence[Stream]":
        """What comes, and from where it was taken."""
        return self._capture.streams

    def add(self, taker: "Taker") -> None:
        """Pass everything on to this one as well."""
        self._takers.append(taker)

    def waits_on(self) -> list[int]:
        """What to wait for, while it can be passed on."""
        return [] if self._is_full() else [one.source for one in self.streams]

    def resize(self) -> bool:
        """The terminal has another size; whether the app has one that follows it."""
        return self._capture.resize()

    def look(self) -> None:
        """Take what is there, and no more than the loop has time for."""
        self._read(_TURN, lambda: False)

    def drain(self, wait: "Callable[[], bool]") -> None:
        """Take all that is there now; `wait` makes room where there is none, if it can."""
        # Whoever goes on writing meanwhile would keep us for ever.
        self._read(_TURN * 16, wait)

    def close(self, wait: "Callable[[], bool]") -> None:
        """Give the streams back, and take what is left in them."""
        self._capture.give_back()
        self.drain(wait)
        for stream in self.streams:
            os.close(stream.source)
        self._capture.streams = []

    def _read(self, most: int, wait: "Callable[[], bool]") -> None:
        for stream in self.streams:
            left = most
            while left > 0 and (not self._is_full() or wait()):
                data = _read(stream.source)
                if not data:
                    break
                left -= len(data)
                for taker in self._takers:
                    taker.take(stream.name, data)

    def _is_full(self) -> bool:
        return any(taker.is_full for taker in self._takers)


def _read(fd: int) -> bytes:
    try:
        return os.read(fd, _CHUNK)
    except OSError:  # nothing there; of a terminal that nobody writes to any more, EIO
        return b""
