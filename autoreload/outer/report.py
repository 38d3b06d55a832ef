"""What the outer says, to people in lines and to programs by the journal.

People may want less, or more: --quiet, --verbose; what is true of every run is said once.
"""

import os

from autoreload import __version__
from autoreload.core import events, wording, wording_broken
from autoreload.core.decisions import Broken
from autoreload.core.wording import Line
from autoreload.outer import crash
from autoreload.outer.speech import LOUD
from autoreload.outer.stubborn import Stubborn
from autoreload.watch.trees import MOST_SEEN

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from autoreload.core.events import Value
    from autoreload.core.loops import Loop
    from autoreload.core.options import Options
    from autoreload.core.packages import Installation
    from autoreload.core.protocol import Message
    from autoreload.core.targets import Plan
    from autoreload.outer.child import Child
    from autoreload.outer.journal import Journal
    from autoreload.outer.readiness import Readiness
    from autoreload.outer.speech import Speech
    from autoreload.watch.trees import Tree


class Report:
    """Puts what happened into words."""

    def __init__(
        self, plan: "Plan", options: "Options", root: str, speech: "Speech", journal: "Journal"
    ) -> None:
        self._plan = plan
        self._options = options
        self._root = root
        self.speech = speech
        self._journal = journal
        self._run = 0
        self._has_been_called = False
        self.has_keys = False
        """Whether the user can type at us, which the first line says."""
        self._said: set[str] = set()
        self._pid_is_due = options.warm
        """While a program leaves checkpoints behind, its pid changes: it is said when it is up."""
        self._changed: tuple[list[str], int] = ([], 0)
        """For which files the last restart was, and for how many more."""
        self._urls: list[str] = []
        self._why_cold = ""
        self.stubborn = Stubborn(plan, options, journal, self.say)

    def say(self, *lines: "Line") -> None:
        """Say the lines of one event."""
        self.speech.say(*lines)

    def warn(self, *lines: "Line") -> None:
        """Say lines of which the loud ones are to be known by programs, too."""
        for line in lines:
            if line.tone in LOUD:
                self._journal.add("warning", text=line.text)
        self.say(*lines)

    def once(self, line: "Line") -> None:
        """Say something that is true of every run at the first one."""
        if line.text not in self._said:
            self._said.add(line.text)
            self.warn(line)

    def introduction(self) -> "dict[str, Value]":
        """Which autorun this is, for programs."""
        return {
            "autorun": __version__,
            "pid": os.getpid(),
            "root": self._root,
            "target": self._plan.title,
            "name": self._options.name,
            "log": self._journal.log,
        }

    def opens(self) -> None:
        """Autorun begins."""
        self._journal.add("start", **self.introduction())
        self.say(*(Line(note, "dim") for note in self._plan.notes))

    def leaving(self) -> None:
        """Autorun was asked to end, and asks the app."""
        self._journal.add("stopping")

    def leaves(self, code: int, signal: int | None) -> None:
        """Autorun ends; people have been told."""
        ended_by = None if signal is None else wording.SIGNALS.get(signal, str(signal))
        self._journal.add("stopped", exit_code=code, signal=ended_by)
        self.speech.close()

    def begins(self, child: "Child", run: int) -> None:
        """A run begins; nothing is said to people, who see the program itself."""
        self._run = run
        self._journal.add("started", run=run, pid=child.live)

    def launched(self, child: "Child") -> None:
        """The first run has been started; a module may not be there, which shows later."""
        if child.channel is None:
            self.say(self._command_started(child.pid))
        elif self._plan.kind == "script":
            self._started(child.pid)

    def _command_started(self, pid: int) -> "Line":
        title = self._plan.title
        return wording.command_started(title, pid, self._root, keys=self.has_keys)

    def called(self, pid: int) -> None:
        """A run has come to the program's own code."""
        if not (self._has_been_called or self._plan.kind == "script"):
            self._started(pid)
        self._has_been_called = True

    def _started(self, pid: int) -> None:
        how = "polling" if self._options.poll_s is not None else "file events"
        said = 0 if self._pid_is_due else pid
        self.say(wording.started(self._plan.title, said, how, keys=self.has_keys))

    def over(self, child: "Child", *, is_restart: bool) -> None:
        """A run is over, and what follows, now or after a change, is a cold start."""
        reason = child.cold if is_restart else "the last run had ended"
        cure = child.cure if self._options.verbose and is_restart else ""
        self._why_cold = wording.cold(reason, self._root, cure=cure) if self._options.warm else ""
        self.say()

    def colder(self, message: "Message") -> None:
        """With --verbose: why a restart cannot go on from any later."""
        if self._options.verbose:
            reason, cure = message.text("reason"), message.text("cure")
            self.say(wording.colder(reason, self._root, cure=cure))

    def ready(self, readiness: "Readiness", since: float) -> None:
        assert readiness.ready_at is not None
        if self._options.clear:
            self.speech.clear()
        seconds = readiness.ready_at - since
        self._journal.add(
            "ready",
            run=self._run,
            pid=readiness.pid,
            ms=round(seconds * 1000, 1),
            mode="warm" if readiness.is_warm else "cold",
            urls=[*readiness.urls],
            why="" if readiness.is_warm else self._why_cold.removeprefix("cold: "),
        )
        self._say_ready(readiness, seconds)
        self._urls = readiness.urls

    def _say_ready(self, readiness: "Readiness", seconds: float) -> None:
        if readiness.is_warm and (pending := self.speech.take_back()):
            urls = readiness.urls if readiness.urls != self._urls else []
            paths, more = self._changed
            self.say(wording.warm(paths, self._root, seconds, urls, more=more), *pending[1:])
        else:
            how = "warm" if readiness.is_warm else self._why_cold
            pid, self._pid_is_due = readiness.pid if self._pid_is_due else 0, False
            self.say(wording.ready(seconds, readiness.urls, how=how, pid=pid))

    def changed(
        self,
        paths: list[str],
        reasons: list[str],
        loops: "Sequence[Loop]" = (),
        *,
        count: int = 0,
        may_be_warm: bool = False,
    ) -> None:
        """These files, the first of so many, are what the next run is for.

        A restart that may be warm may be over in a moment, and is one line then.
        """
        self._restarting("file", paths, count, reasons)
        more = max(count - len(paths), 0)
        lines = (wording.changed(paths, self._root, more=more), *self._because(paths, reasons))
        looped = [wording.looped(one.path, self._root, one.restarts, one.seconds) for one in loops]
        if may_be_warm and not loops:
            self._changed = (paths, more)
            self.speech.say_later(*lines)
        else:
            self.warn(*lines, *looped)

    def later(self, paths: list[str]) -> None:
        """Changes that wait for the user of a debugger."""
        self._journal.add("kept", files=self._paths(paths), count=len(paths), by="debugger")
        self.say(wording.kept(paths, self._root))

    def _restarting(
        self, cause: str, paths: "Sequence[str]", count: int = 0, why: "Sequence[str]" = ()
    ) -> None:
        count = max(count, len(paths))
        files = self._paths(paths)
        self._journal.add("changed", cause=cause, files=files, count=count, why=[*why])

    def _paths(self, paths: "Sequence[str]") -> "list[Value]":
        return [wording.path_shown(path, self._root) for path in paths]

    def _because(self, paths: list[str], reasons: list[str]) -> "list[Line]":
        """With --verbose: why each of these files counts."""
        pairs = zip(paths, reasons, strict=False) if self._options.verbose else ()
        return [wording.because(path, self._root, why) for path, why in pairs]

    def watched(self, files: int, directories: int, backend: str) -> None:
        """With --verbose: how much is watched, and how."""
        if self._options.verbose:
            self.say(wording.watched(files, directories, backend))

    def installed(self, installed: "Sequence[Installation]") -> None:
        self._restarting("package", [one[0] for one in installed])
        self.say(wording.installed(installed))

    def settings(self, lines: "Sequence[Line]", *, restarts: bool) -> None:
        """The config file has changed."""
        if restarts:
            self._restarting("settings", [])
        self.say(*lines)

    def shown(self, path: str) -> str:
        """A path as the user would write it."""
        return wording.path_shown(path, self._root)

    def asked(self, by: str) -> None:
        """A restart without a change."""
        self._restarting(by, [])
        self.say(wording.asked_by_program() if by == "program" else wording.asked())

    def freed(self) -> None:
        """A restart because a port is free; that is said by whoever awaited it."""
        self._restarting("port", [])

    def kept(self, paths: list[str], count: int) -> None:
        """Changes that nothing is done about for now."""
        self._journal.add("kept", files=self._paths(paths), count=count, by="pause")

    def paused(self, seconds: float) -> None:
        self._journal.add("paused", seconds=seconds)
        self.say(wording.paused(seconds))

    def resumed(self, by: str) -> None:
        self._journal.add("resumed", by=by)
        self.say(wording.resumed(by))

    def unanswered(self, paths: list[str]) -> None:
        self._restarting("silent", paths)
        self.say(wording.unanswered(paths, self._root))

    def not_kept(self, places: "Sequence[str]") -> None:
        """Listeners that the next run cannot be given back; once each, for --verbose."""
        if self._options.verbose:
            for place in places:
                self.once(wording.not_kept(place))

    def named(self, tree: "Tree", pattern: str) -> None:
        """What `--watch` has named: too many files, or none."""
        self.cut(tree, pattern)
        if not (tree.is_cut or tree.found):
            self.warn(wording.no_match(pattern))

    def cut(self, tree: "Tree", pattern: str = "") -> None:
        """There may be more files than can be watched: here, or where a pattern leads."""
        if tree.is_cut:
            seen = min(tree.seen, MOST_SEEN)
            is_more = tree.seen > MOST_SEEN
            self.warn(wording.too_many_files(pattern, seen, len(tree.found), is_more=is_more))

    def held(self, message: "Message") -> None:
        broken = Broken(
            message.text("path"),
            int(message.number("line")),
            int(message.number("column")),
            message.text("kind"),
            message.text("text"),
            message.text("source"),
            start=int(message.number("start")),
        )
        shown = wording.path_shown(broken.path, self._root)
        self._journal.add("held", error=events.of_broken(broken, shown))
        self.say(*wording_broken.held(broken, self._root))

    def waiting(self, what: str) -> None:
        self._journal.add("waiting", **{"for": what})
        self.say(wording.waiting_for(what))

    def same(self, message: "Message") -> None:
        if message.flag("unheld"):
            self._journal.add("unheld")
            self.say(wording.unheld())
        elif self._options.verbose and message.texts("paths"):
            self.say(wording.same(message.texts("paths"), self._root))

    def refreshed(self, message: "Message") -> None:
        paths, by = message.texts("paths"), message.text("by")
        self._journal.add("refreshed", files=self._paths(paths), by=by)
        self.say(wording.refreshed(paths, self._root, by))

    def own_reloader(self, message: "Message") -> None:
        self.once(wording.own_reloader(self._plan.title, message.text("what")))

    def ended(
        self,
        child: "Child",
        code: int,
        lived_s: float,
        also: "Sequence[Line]" = (),
        *,
        waiting: bool,
    ) -> None:
        """A run has ended; what is said `also` is of the same end."""
        self._over(child, code, lived_s)
        self.say(*crash.lines(child, self._root, code, lived_s, waiting=waiting), *also)

    def unusable(self, child: "Child", code: int, lived_s: float) -> None:
        """The line that was typed cannot be run, and autorun ends with that."""
        self._over(child, code, lived_s)
        self.speech.complain(child.usage)

    def _over(self, child: "Child", code: int, lived_s: float) -> None:
        lived_ms = round(lived_s * 1000)
        if code == 0:
            self._journal.add("finished", run=self._run, ms=lived_ms)
            return
        failed = crash.fields(child, self._root, code)
        self._journal.add("crashed", run=self._run, ms=lived_ms, **failed)
