"""A config file that changes while the app runs: what can be applied is, the rest is said."""

import time

from autoreload.core import wording_settings as wording
from autoreload.core.changes import FIRST_WAIT_S, LONGEST_WAIT_S
from autoreload.core.options import OptionsProblem
from autoreload.outer.found import Restart
from autoreload.system import files

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Protocol

    from autoreload.core.changes import Signature
    from autoreload.core.commandline import Line as Typed
    from autoreload.core.options import Options
    from autoreload.core.wording import Line
    from autoreload.outer.launchpad import Launchpad
    from autoreload.outer.report import Report
    from autoreload.outer.watching import Watching

    class Settled(Protocol):
        """What is to be run, and how."""

        @property
        def line(self) -> Typed: ...

        @property
        def options(self) -> Options: ...

    class Source(Protocol):
        """Where the settings come from."""

        @property
        def options(self) -> Options:
            """Those that everybody holds; they are changed in place."""

        @property
        def target(self) -> Sequence[str]:
            """What was to be run when autorun started; nothing if nobody has said it."""

        @property
        def seen(self) -> Mapping[str, Signature | None]:
            """The files that decide, and those that would if they were there; as they were read."""

        def read(self) -> Settled | None:
            """What is said now. Raises OptionsProblem."""


LIVE = frozenset({"clear", "exit", "exit_on_error", "leave", "quiet", "verbose"})
"""The app has nothing to do with these."""

NEXT = frozenset(
    {
        "data",
        "delay_s",
        "hold",
        "ignore",
        "overlap",
        "signal",
        "standby",
        "stop_timeout_s",
        "warm",
        "watch",
    }
)
"""The next run has these; all others are fixed when autorun starts."""

LOOK_S = 1.0
"""Seconds between two looks when no event tells."""


class Settings:
    """Reads the settings again when their file has changed."""

    def __init__(
        self, source: "Source", watching: "Watching", launchpad: "Launchpad", report: "Report"
    ) -> None:
        self._source = source
        self._options = source.options
        self._watching = watching
        self._launchpad = launchpad
        self._report = report
        self._read = source.options
        """What the file has said last, applied or not."""
        self._target = source.target
        self._known: Mapping[str, Signature | None] = source.seen
        self._seen = self._known
        self._looked = float("-inf")
        self._since: float | None = None
        self._moved = 0.0
        self._is_paused = False
        watching.add_apart(self._known)

    def timeouts(self, now: float) -> list[float]:
        """Seconds until something here is due."""
        is_due = self._since is not None and not self._is_paused
        return [FIRST_WAIT_S] if is_due else []

    def look(self, *, is_paused: bool) -> Restart | None:
        """What the app is to be started again for, if the settings are others by now.

        Not to be called for a run that is about to begin: it has been told the old ones.
        """
        now = time.monotonic()
        self._is_paused = is_paused
        if (self._since is None and not self._begins(now)) or is_paused:
            return None
        seen = {path: files.signature(path) for path in self._known}
        if seen != self._seen:
            self._seen, self._moved = seen, now
        changed = [path for path, one in seen.items() if one != self._known[path]]
        # A file that is empty or gone may be in the middle of a save.
        is_half = any(one is None or one[1] == 0 for one in map(seen.get, changed))
        if now < self._moved + (LONGEST_WAIT_S if is_half else FIRST_WAIT_S):
            return None
        return self._take_over(changed, now)

    def _begins(self, now: float) -> bool:
        """Whether something has changed since the last look, if it is time for one."""
        watching = self._watching
        is_swept = watching.looked_at > self._looked  # whoever waits for that waits for us, too
        if not (watching.apart_hinted or is_swept or now >= self._looked + LOOK_S):
            return False
        watching.apart_hinted = False
        self._looked = now
        if all(files.signature(path) == was for path, was in self._known.items()):
            return False
        self._since = self._moved = now
        watching.apart_moves = True
        return True

    def _take_over(self, changed: "Sequence[str]", now: float) -> Restart | None:
        assert self._since is not None
        since, name = self._since, self._report.shown(changed[0]) if changed else "the config file"
        try:
            settled = self._source.read()
        except OptionsProblem as problem:
            if now >= since + LONGEST_WAIT_S:  # until then it may be half a save
                self._settle(self._seen)
                self._report.warn(wording.settings_bad(str(problem)))
            return None
        self._settle(self._source.seen)
        return None if settled is None else self._apply(settled, name, since)

    def _settle(self, seen: "Mapping[str, Signature | None]") -> None:
        """Nothing is to be done about the files as they are."""
        self._since = None
        self._known = self._seen = seen
        self._watching.apart_moves = False
        self._watching.add_apart(seen)

    def _apply(self, settled: "Settled", name: str, since: float) -> Restart | None:
        new, target = settled.options, settled.line.words
        differing = self._options.differing(new)
        applied = [one for one in differing if one in LIVE or one in NEXT]
        restarts = not NEXT.isdisjoint(applied)
        lines = self._lines(new, target, name, applied, restarts=restarts)
        self._read, self._target = new, target
        self._options.take(new, applied)
        if not {"watch", "ignore"}.isdisjoint(applied):
            trees = self._watching.renew()
            for tree, pattern in zip(trees, new.watch, strict=True):
                self._report.named(tree, pattern)
        if not restarts:
            self._report.settings(lines, restarts=False)
            return None
        self._launchpad.discard()  # it was told the old ones
        return Restart([], since, settings=lines)

    def _lines(
        self,
        new: "Options",
        target: "Sequence[str]",
        name: str,
        applied: "Sequence[str]",
        *,
        restarts: bool,
    ) -> "list[Line]":
        others = {*self._options.differing(new)}.difference(applied)
        fixed = [wording.setting(one) for one in self._read.differing(new) if one in others]
        if target not in (self._target, self._source.target):
            fixed.insert(0, "target")
        lines = [wording.settings_changed(name, restarts=restarts)] if applied else []
        if fixed:
            lines.append(wording.settings_wait(name, fixed))
        if not lines and self._options.verbose:
            lines.append(wording.settings_same(name))
        return lines
