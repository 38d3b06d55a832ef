"""What the outer says, and to whom it does not: --quiet, --verbose, once only."""

from autoreload.core import wording
from autoreload.core.decisions import Broken
from autoreload.system import processes
from autoreload.watch.trees import MOST_SEEN

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from autoreload.core.options import Options
    from autoreload.core.packages import Installation
    from autoreload.core.protocol import Message
    from autoreload.core.targets import Plan
    from autoreload.core.wording import Line
    from autoreload.outer.child import Child
    from autoreload.outer.readiness import Readiness
    from autoreload.system.terminal import Voice
    from autoreload.watch.trees import Tree

LOUD = ("held", "bad")
"""The tones that --quiet leaves."""


class Report:
    """Puts what happened into words."""

    def __init__(self, plan: "Plan", options: "Options", root: str, voice: "Voice") -> None:
        self._plan = plan
        self._options = options
        self._root = root
        self._voice = voice
        self._said: set[str] = set()
        self._is_late = options.warm
        """While a program leaves checkpoints behind, its pid changes."""

    def say(self, *lines: "Line") -> None:
        if self._options.quiet:
            lines = tuple(line for line in lines if line.tone in LOUD)
        if lines:
            self._voice.say(*lines)

    def show(self, *lines: "Line") -> None:
        """What was asked for, also with --quiet."""
        self._voice.say(*lines)

    def once(self, line: "Line") -> None:
        """Say something that is true of every run at the first one."""
        if line.text not in self._said:
            self._said.add(line.text)
            self.say(line)

    def started(self, child: "Child") -> None:
        if child.channel is None:
            self.say(wording.command_started(self._plan.title, child.pid, self._root))
        elif not self._is_late:
            self._started(child.pid)

    def _started(self, pid: int) -> None:
        how = "polling" if self._options.poll_s is not None else "file events"
        self.say(wording.started(self._plan.title, pid, how))

    def _started_late(self, pid: int) -> None:
        if self._is_late:
            self._is_late = False
            self._started(pid)

    def cold(self, child: "Child", *, is_restart: bool) -> None:
        """With --verbose: why a restart that follows on this end is not warm."""
        if self._options.verbose and self._options.warm and is_restart and child.greeted:
            self.say(wording.cold(child.cold, self._root))

    def ready(self, readiness: "Readiness", since: float) -> None:
        assert readiness.ready_at is not None
        self._started_late(readiness.pid)
        if self._options.clear:
            self._voice.clear()
        self.say(wording.ready(readiness.ready_at - since, readiness.urls))

    def changed(self, paths: list[str], *, more: int = 0) -> None:
        self.say(wording.changed(paths, self._root, more=max(more, 0)))

    def because(self, paths: list[str], reasons: list[str]) -> None:
        """With --verbose: why each of these files counts."""
        if self._options.verbose:
            pairs = zip(paths, reasons, strict=False)
            self.say(*(wording.because(path, self._root, why) for path, why in pairs))

    def watched(self, files: int, directories: int, backend: str) -> None:
        """With --verbose: how much is watched, and how."""
        if self._options.verbose:
            self.say(wording.watched(files, directories, backend))

    def installed(self, installed: "Sequence[Installation]") -> None:
        self.say(wording.installed(installed))

    def unanswered(self, paths: list[str]) -> None:
        self.say(wording.unanswered(paths, self._root))

    def not_kept(self, places: "Sequence[str]") -> None:
        """Listeners that the next run cannot be given back; once each, for --verbose."""
        if self._options.verbose:
            for place in places:
                self.once(wording.not_kept(place))

    def named(self, tree: "Tree", pattern: str) -> None:
        """What `--watch` has named: too many files, or none."""
        if tree.is_cut:
            self.cut(tree, pattern)
        elif not tree.found:
            self.say(wording.no_match(pattern))

    def cut(self, tree: "Tree", pattern: str = "") -> None:
        """There are more files than can be watched: here, or where a pattern leads."""
        seen = min(tree.seen, MOST_SEEN)
        is_more = tree.seen > MOST_SEEN
        self.say(wording.too_many_files(pattern, seen, len(tree.found), is_more=is_more))

    def held(self, message: "Message") -> None:
        broken = Broken(
            message.text("path"),
            int(message.number("line")),
            int(message.number("column")),
            message.text("kind"),
            message.text("text"),
            message.text("source"),
        )
        self.say(*wording.held(broken, self._root))

    def waiting(self, what: str) -> None:
        self.say(wording.waiting_for(what))

    def same(self, message: "Message") -> None:
        if message.flag("unheld"):
            self.say(wording.unheld())
        elif self._options.verbose and message.texts("paths"):
            self.say(wording.same(message.texts("paths"), self._root))

    def refreshed(self, message: "Message") -> None:
        self.say(wording.refreshed(message.texts("paths"), self._root, message.text("by")))

    def own_reloader(self, message: "Message") -> None:
        self.once(wording.own_reloader(self._plan.title, message.text("what")))

    def slow(self, message: "Message", child: "Child") -> None:
        below = processes.descendants(child.live, processes.table())
        name = "SIG" + (self._options.signal or self._plan.stop_signal).upper().removeprefix("SIG")
        shown = [repr(one) for one in below[:5]]
        self.say(wording.slow_stop(name, message.texts("threads"), shown))

    def ended(self, child: "Child", code: int, lived_s: float, *, waiting: bool) -> None:
        self._started_late(child.live)
        if child.usage:
            self.say(wording.unusable(child.usage, waiting=waiting))
        else:
            self.say(wording.ended(code, lived_s, waiting=waiting))
