"""Where our lines, the events, and what the app writes go when --json, --log-file or the like ask.

Every place that is written to is an outlet, which nobody waits for; one that takes nothing is said
once.
"""

import os
import signal

from autoreload.core import wording_records as words
from autoreload.core.gitignore import escaped
from autoreload.outer import places
from autoreload.outer.output import Output
from autoreload.outer.speech import Speech
from autoreload.outer.takers import Feed, Log, Telling, Through
from autoreload.system import terminal
from autoreload.system.outlet import Outlet
from autoreload.system.terminal import Voice
from autoreload.system.waiting import wait

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from autoreload.core.options import Options
    from autoreload.core.wording import Line
    from autoreload.outer.announcing import Announcement
    from autoreload.outer.journal import Journal

PATIENCE_S = 2.0
"""How long a reader may take nothing when autorun ends."""
KEPT_LOG = 1 << 20
"""Bytes that are left of a log of our own at eight times more: its place may be memory (tmpfs)."""


class Voices:
    """Says each line at several places."""

    def __init__(self) -> None:
        self._voices: list[Voice] = []

    @property
    def is_late(self) -> bool:
        """Whether something is still to be said."""
        return any(voice.is_late for voice in self._voices)

    def add(self, voice: Voice) -> None:
        self._voices.append(voice)

    def say(self, *lines: "Line") -> None:
        for voice in self._voices:
            voice.say(*lines)

    def write(self, text: str) -> None:
        """Say something as it stands."""
        for voice in self._voices:
            voice.write(text)

    def flush(self) -> None:
        """Say what is late, as far as that goes at once."""
        for voice in self._voices:
            voice.flush()

    def close(self) -> None:
        """Nothing follows."""
        for voice in self._voices:
            voice.close()

    def clear(self) -> None:
        """Clear the screen, where there is one."""
        for voice in self._voices:
            voice.clear()


class Recorder:
    """Everything that --json, --events, --log-file and --background ask for."""

    def __init__(
        self,
        options: "Options",
        environment: "Mapping[str, str]",
        journal: "Journal",
        title: str,
        announcement: "Announcement | None",
    ) -> None:
        """Open what the options name, then step behind the app. Raises OptionsProblem."""
        self._voices = Voices()
        self.speech = Speech(self._voices, options)
        self.environment: dict[str, str] = {}
        self.journal = journal
        self._outlets: list[Outlet] = []
        self._output: Output | None = None
        self._telling: Telling | None = None
        self._said: set[str] = set()
        self._announcement = announcement
        self._is_alone = options.json and announcement is None
        """Whether events stand in the place of our lines, and of what the app writes."""
        if announcement is not None:
            journal.follow(announcement.hear)
        if options.events:
            feed = Feed(self._added(places.events(options.events)), alone=False)
            journal.listen(feed.hear)
        path = announcement.log if announcement is not None else options.log_file
        log = self._log(path, title) if path else None
        written = [one for one in (options.events, path) if one and not one.startswith("fd:")]
        found = {make(one) for one in written for make in (os.path.abspath, os.path.realpath)}
        options.own_files = tuple(escaped(one) for one in sorted(found))
        is_terminal = os.isatty(2)
        colour = terminal.wants_colour(options.color, environment, is_terminal=is_terminal)
        if not options.captures:
            self._voices.add(Voice(colour=colour))
            return
        output = self._output = Output(apart=self._is_alone)
        if not all(stream.is_terminal for stream in output.streams):
            self.environment["PYTHONUNBUFFERED"] = environment.get("PYTHONUNBUFFERED") or "1"
        self._pass_through(output, colour=colour)
        if log is not None:
            journal.follow(log.hear)
            output.add(log)
            self._voices.add(Voice(colour=False, sink=log.say))

    def _added(self, outlet: Outlet) -> Outlet:
        self._outlets.append(outlet)
        return outlet

    def _log(self, path: str, title: str) -> Log:
        self.journal.log = os.path.abspath(path)
        is_begun = places.ends_within_line(path)
        if self._announcement is not None and self._announcement.is_own_log:
            return Log(self._added(places.own_log(path)), title, keep=KEPT_LOG)
        return Log(self._added(places.log(path)), title, is_line_begun=is_begun)

    def _pass_through(self, output: Output, *, colour: bool) -> None:
        """Pass on to where the app wrote before; or tell the events there."""
        if self._is_alone:
            self._telling = Telling(self.journal)
            output.add(self._telling)
        for stream in output.streams:
            is_ours = stream.name == "stderr"
            if self._announcement is not None or (self._is_alone and not is_ours):
                os.close(stream.before)
                continue
            outlet = self._added(Outlet(stream.before, stream.name))
            if self._is_alone:
                feed = Feed(outlet, alone=True)
                output.add(feed)
                self.journal.listen(feed.hear)
                continue
            output.add(Through(outlet, stream.name))
            if is_ours:
                self._voices.add(Voice(colour=colour, fd=stream.before, sink=outlet.write))

    def readable(self) -> list[int]:
        """What to wait for until there is something to read."""
        return self._output.waits_on() if self._output is not None else []

    def writable(self) -> list[int]:
        """What to wait for until it takes more."""
        return [fd for outlet in self._outlets for fd in outlet.waits_on()]

    def timeouts(self, now: float) -> list[float]:
        """Seconds until something here is due."""
        parts = (self._telling, self._announcement)
        times = [one for part in parts if part is not None for one in part.timeouts(now)]
        return times + self.speech.timeouts(now)

    def look(self, now: float) -> "list[Line]":
        """Take and pass on what is there, say what is due; what else is to be said."""
        self.speech.look(now)
        for outlet in self._outlets:
            outlet.flush()
        if self._output is not None:
            self._output.look()
        if self._telling is not None:
            self._telling.look(now)
        if self._announcement is not None:
            self._announcement.look(now)
        return [line for outlet in self._outlets if (line := self._complaint(outlet))]

    def _complaint(self, outlet: Outlet) -> "Line | None":
        if not outlet.trouble or outlet.name in self._said:
            return None
        self._said.add(outlet.name)
        return words.not_written(outlet.name, outlet.trouble)

    def drain(self) -> None:
        """A run is over: take all that it has written, as far as it can be passed on."""
        if self._output is not None:
            self._output.drain(lambda: False)
        if self._telling is not None:
            self._telling.finish()

    def resized(self, number: int) -> bool:
        """A signal that may tell of another size; whether the app has to be told as well."""
        return number == signal.SIGWINCH and self._output is not None and self._output.resize()

    def close(self) -> None:
        """Autorun ends: give the streams back, and pass on what is left."""
        if self._output is not None:
            self._output.close(self._has_room)
            self._output = None
        if self._telling is not None:
            self._telling.finish()
            self._telling = None
        if self._announcement is not None:
            self._announcement.close()
        while self._outlets:
            self._outlets.pop().close(PATIENCE_S)

    def _has_room(self) -> bool:
        """Wait for readers to take something; whether they have."""
        if not wait([], PATIENCE_S, writable=self.writable()):
            return False
        for outlet in self._outlets:
            outlet.flush()
        return True
