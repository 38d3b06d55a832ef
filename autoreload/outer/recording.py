"""Where our lines, the events, and what the app writes go: here, to stderr, and nothing is kept."""

import os

from autoreload.core.gitignore import escaped
from autoreload.outer.speech import Speech
from autoreload.system import files, terminal
from autoreload.system.terminal import Voice

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from autoreload.core.options import Options
    from autoreload.core.wording import Line
    from autoreload.outer.announcing import Announcement
    from autoreload.outer.journal import Journal
    from autoreload.outer.recorder import Recorder


class Recording:
    """The app writes where autorun does, and only our lines are ours."""

    def __init__(
        self, options: "Options", environment: "Mapping[str, str]", journal: "Journal"
    ) -> None:
        self.journal = journal
        self.environment: dict[str, str] = {}
        """What the app is given because its output is taken."""
        colour = terminal.wants_colour(options.color, environment, is_terminal=os.isatty(2))
        self.speech = Speech(Voice(colour=colour), options)

    def readable(self) -> list[int]:
        """What to wait for until there is something to read."""
        return []

    def writable(self) -> list[int]:
        """What to wait for until it takes more."""
        return []

    def timeouts(self, now: float) -> list[float]:
        """Seconds until something here is due."""
        return self.speech.timeouts(now)

    def look(self, now: float) -> "list[Line]":
        """Take and pass on what is there, say what is due; what else is to be said."""
        self.speech.look(now)
        return []

    def drain(self) -> None:
        """A run is over: take all that it has written."""

    def resized(self, number: int) -> bool:
        """A signal that may tell of another size; whether the app has to be told as well."""
        return False

    def close(self) -> None:
        """Autorun ends."""


def begin(
    options: "Options",
    environment: "Mapping[str, str]",
    journal: "Journal",
    title: str,
    announcement: "Announcement | None",
) -> "Recording | Recorder":
    """What these options ask for, in the directory of the app. Raises OptionsProblem."""
    redirected = _redirected()
    options.own_files = redirected
    if not (options.captures or options.events):
        return Recording(options, environment, journal)
    from autoreload.outer.recorder import Recorder

    recorder = Recorder(options, environment, journal, title, announcement)
    options.own_files = (*options.own_files, *redirected)
    return recorder


def _redirected() -> tuple[str, ...]:
    """The files that our output is in, as patterns: what is said in them is no change."""
    found = {path for path in map(files.opened_as, (1, 2)) if path}
    return tuple(escaped(path) for path in sorted(found))
