"""How lines come to the user: all of one event at once, less with --quiet, a few a moment later."""

import time

TYPE_CHECKING = False
if TYPE_CHECKING:
    from autoreload.core.options import Options
    from autoreload.core.wording import Line
    from autoreload.outer.recorder import Voices
    from autoreload.system.terminal import Voice

LOUD = ("held", "bad")
"""The tones that --quiet leaves."""
LONGEST_PENDING_S = 0.5
"""A warm restart that is ready by then is one line; of one that is not the beginning is said."""
RETRY_S = 0.05
"""Between two looks whether stderr takes by now what it did not take."""


class Speech:
    """Says lines, in the order of what happened."""

    def __init__(self, voice: "Voice | Voices", options: "Options") -> None:
        self._voice = voice
        self._options = options
        self._pending: tuple[Line, ...] = ()
        self._due = 0.0

    def say(self, *lines: "Line") -> None:
        """Say the lines of one event, with one write; what is pending is said before them."""
        lines, self._pending = (*self._pending, *lines), ()
        if self._options.quiet:
            lines = tuple(line for line in lines if line.tone in LOUD)
        if lines:
            self._voice.say(*lines)

    def show(self, *lines: "Line") -> None:
        """What was asked for, also with --quiet."""
        self.say()
        self._voice.say(*lines)

    def complain(self, text: str) -> None:
        """One sentence about the line that was typed, as before anything runs."""
        self.say()
        self._voice.write(f"autorun: {text}\n")

    def say_later(self, *lines: "Line") -> None:
        """Say what may be over in a moment, unless it is taken back by then."""
        self.say()
        self._pending = lines
        self._due = time.monotonic() + LONGEST_PENDING_S

    def take_back(self) -> "tuple[Line, ...]":
        """What is pending, and is not said any more."""
        pending, self._pending = self._pending, ()
        return pending

    def clear(self) -> None:
        """Clear the screen."""
        self._voice.clear()

    def timeouts(self, now: float) -> list[float]:
        """Seconds until something here is due."""
        return [RETRY_S] * self._voice.is_late + [self._due - now] * bool(self._pending)

    def look(self, now: float) -> None:
        """Say what is due."""
        self._voice.flush()
        if self._pending and now >= self._due:
            self.say()

    def close(self) -> None:
        """Nothing follows."""
        self._voice.close()
