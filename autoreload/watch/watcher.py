"""The watcher thread of the inner: hint, settle, compare, verdict, word.

It waits on the channel, where the outer's hints and requests arrive and whose end means that the
outer is gone. It compares what was loaded with what is on disk at every hint and, slowly, without
one: an event that never came costs a second, not an edit. Until events arrive the sweep is quick.
"""

import os
import sys
import time

from autoreload.core import protocol
from autoreload.core.changes import FIRST_WAIT_S, Change, Loaded, is_half, pace
from autoreload.core.decisions import Broken, Hold, Nothing, verdict
from autoreload.system import repository
from autoreload.system.channel import Channel, ChannelClosed, high_pipe
from autoreload.system.waiting import wait
from autoreload.watch import telling
from autoreload.watch.app import Settings
from autoreload.watch.boot import Boot
from autoreload.watch.comparing import Comparing, Hint
from autoreload.watch.later import LOOK_S, Later
from autoreload.watch.refreshing import Refreshing
from autoreload.watch.stopping import Stopping
from autoreload.watch.thread import Haste, Thread

TYPE_CHECKING = False
if TYPE_CHECKING:
    from autoreload.core.protocol import Message
    from autoreload.watch.app import App
    from autoreload.watch.traces import Traces

ALONE_S = 0.3
LONGEST_SETTLE_S = 10.0


class Watcher:
    """Compares what was loaded with what is there, and ends the app for the next one."""

    def __init__(self, channel: Channel, traces: "Traces", app: "App", settings: Settings) -> None:
        self._channel = channel
        self._traces = traces
        self._app = app
        self._settings = settings
        self._outer = os.getppid()
        self.thread = Thread(self._turn_or_end)
        self._haste = Haste()
        self._is_parting = False
        self.renew()
        self.fds = self._wake_read, self._wake_write = high_pipe()

    def renew(self) -> None:
        """A run begins, in which nothing has been found or said yet."""
        self._has_events: bool | None = None
        self._comparing = Comparing(self._channel, self._traces, self._settings)
        self._asked = False
        self._stopping = Stopping(self._channel, self._app, self._settings.stop_timeout_s)
        self._held: list[Broken] | None = None
        self._boot = Boot(self._channel, self._traces, self._app)
        self._told_noticed = False
        self._said_busy: str | None = None
        self._hint: Hint | None = None
        """What the next look is for, if it is for no more."""
        self._questions: list[int] = []
        """Who wants to know what the next look finds."""
        self._later = Later(self._channel, self._app)
        self._refreshing = Refreshing(self._channel, self._traces, self._app)
        self._unread: list[str] = []
        """What the framework is to read again, or the program to be restarted for, later."""
        self._is_wanted = False
        """The program asks for a restart itself."""
        self._looked = 0.0
        self.has_compared = False  # everything, when the run began

    def revive(self) -> None:
        """In a forked child that goes on as the program: compare there."""
        self._outer = os.getppid()
        self.thread.revive()
        self.thread.start()

    def start(self) -> None:
        """Start the thread, first and after each `park`."""
        self.thread.start()

    def park(self) -> None:
        """End the thread, so that the program can fork as if there were none."""
        self.thread.park(self.wake)

    def forget(self) -> None:
        """In a forked child: no thread, no comparing; what it loads is still told."""
        self.thread.forget()

    def loaded(self, record: Loaded) -> None:
        """Tell the outer of a file at once, in whichever thread or fork it was read."""
        try:
            # The program may close every descriptor next, and what is not sent by then is lost.
            sent = self._channel.send("loaded", files=[record.entry()])
            if not sent and not self._channel.await_sender():
                self.wake()
        except ChannelClosed:
            pass  # the watcher meets it, and knows what to do

    def want_restart(self) -> None:
        """Restart the app for no file, as soon as every saved file compiles; from any thread."""
        self._app.forgo_checkpoints()
        self._is_wanted = self._asked = True
        self.wake()

    def part(self) -> None:
        """The process is about to end: nothing is heard, compared or said any more."""
        self._is_parting = True

    def fall_silent(self) -> None:
        """The outer hears the next run from here on; the end of this one is still looked after."""
        self._stopping.fall_silent()

    def wake(self) -> None:
        """Let it look at once; from any thread, and from a signal's handler."""
        if not self._channel.is_ours():
            return  # closed by the app, and the number may be that of a file of its own
        try:
            os.write(self._wake_write, b"!")
        except OSError:
            pass

    def _turn_or_end(self) -> None:
        try:
            turn = self._stopping.look_alone if self._stopping.is_silent else self._turn
            turn()
        except ChannelClosed:
            if self._is_parting:
                pass  # our descriptors are closed
            elif self._channel.is_ours() or os.getppid() != self._outer:
                self._app.orphaned()
            else:  # the app has closed every descriptor: the outer lives, and compares now
                self._outer = self._app.alone()
            wait([], ALONE_S)

    def _turn(self) -> None:
        swept = time.monotonic()
        self._wait(0.0 if self._asked else self._interval())
        if "pydevd" in sys.modules:
            self.thread.hide()
        if self.thread.is_parked or self._is_parting:
            return
        self._take_messages()
        if self._traces.searches.untold:
            self.tell_probes()
        flushed = self._channel.flush()
        now = time.monotonic()
        if self._stopping.has_begun:
            self._stopping.look()
        elif self._asked or self._later.is_over() or (flushed and self._is_due(swept, now)):
            self._asked = False
            self._boot.look(now)
            self._look()
            self._looked = now
            if self._unread and not self._later.is_pending:
                self._refresh(self._unread)

    def _is_due(self, since: float, now: float) -> bool:
        """Whether it is time for a look without a hint; `since` is when this turn began."""
        if self._later.is_pending:
            since = self._looked  # turns are short then
        return now - since >= self._pace() * 0.9

    def _interval(self) -> float:
        if self._stopping.has_begun:
            return self._stopping.interval()
        return min(self._pace(), LOOK_S) if self._later.is_pending else self._pace()

    def _pace(self) -> float:
        has_events = self._has_events if self._boot.is_settled else None
        return pace(self._comparing.cost_s, poll_s=self._settings.poll_s, has_events=has_events)

    def _wait(self, timeout_s: float) -> None:
        if self._wake_read in wait((self._channel.fd, self._wake_read), timeout_s):
            try:
                os.read(self._wake_read, 4096)
            except OSError:
                pass  # read already, or closed by the app as all the others

    def _take_messages(self) -> None:
        while (message := self._channel.receive()) is not None:
            self._take(message)

    def _take(self, message: "Message") -> None:
        match message.word:
            case "look":
                hint = Hint(message)
                self._hint = None if self._asked else hint
                if self._asked or hint.proof is None:
                    self._channel.send("here")  # a look may take long
                self._asked = True
                if question := int(message.number("question")):
                    self._questions.append(question)
            case "pause":
                self._later.pause(on=message.flag("on"))
                self._asked = True
            case "events":
                self._has_events = message.flag("on")
                self._asked = self._asked or not self.has_compared
            case "stop" if message.flag("asked"):
                self._stopping.expect()
            case "stop":
                self._stopping.request(restart=message.flag("restart"))
            case "stacks":
                self._channel.send("threads", text=self._app.stacks())
            case "ready":
                self._app.ready()
            case "refresh":
                self._refresh(message.texts("paths"))
            case "prompts":
                self._later.answer()
            case "again":
                self.want_restart()

    def _refresh(self, paths: list[str]) -> None:
        self._unread = []
        if self._refreshing.read(paths):
            return
        changes = [Change(path, "read by the framework", None) for path in paths]
        if not self._announce(changes, time.monotonic()):
            self._unread = paths

    def _look(self) -> None:
        """Compare, wait until what is found has settled, and act on it."""
        noticed = looked = time.monotonic()
        self._told_noticed = False
        if self._has_acted_on_hint(noticed):
            return
        questions, self._questions = self._questions, []
        seen: list[Change] | None = None
        broken: list[Broken] = []
        looks = 0
        while True:
            with self._haste:
                changes = self._comparing.look()
                if changes != seen or broken:  # a long file takes longer to compile than the wait
                    broken = self._comparing.broken(changes)
            wait = self._settings.patience(changes, bool(broken), looks)
            late = time.monotonic() - noticed > LONGEST_SETTLE_S
            has_settled = changes == seen or not wait
            if not changes or late or (has_settled and not self._is_rewritten(changes)):
                break
            if seen is None and not broken and not self._later.is_paused:
                self._told_noticed = True
                self._channel.send("noticed")
            seen = changes
            if not is_half(changes):
                looks += 1
            # What was looked at and compiled meanwhile is part of the wait.
            if not self._rest(looked + wait, changes):
                self._questions[:0] = questions
                return
            looked = time.monotonic()
        with self._haste:
            self._act(changes, broken, noticed)
        if questions and not self._stopping.has_begun:
            self._channel.send(
                "looked", questions=questions, held=bool(self._held), kept=self._later.count
            )

    def _answer_hint(self) -> None:
        """Nothing is done about a hint alone: say at least that it was heard, before the look."""
        hint, self._hint = self._hint, None
        if hint is not None and hint.proof is not None:
            self._channel.send("here")

    def _has_acted_on_hint(self, noticed: float) -> bool:
        """Act on a lone save that waits for nothing, before anything else is compared.

        Where the next run goes on from a checkpoint, that compares the rest beside the stop.
        """
        waits = self._held or self._unread or self._is_wanted or self._later.is_pending
        if self._hint is not None and not (waits or self._questions or self._later.is_paused):
            with self._haste:
                if changes := self._comparing.lone(self._hint):
                    self._hint = None
                    self._act(changes, [], noticed)
                    return True
        self._answer_hint()
        return False

    def _is_rewritten(self, changes: list[Change]) -> bool:
        """Whether git is still at work on the tree, which is said once in a look."""
        what = repository.busy(changes[0].path)
        if what and what != self._said_busy:
            self._channel.send("waiting", what=what)
        self._said_busy = what
        return bool(what)

    def _rest(self, until: float, changes: list[Change]) -> bool:
        """Wait while a save settles; false when there is something more urgent.

        The wait for the other half of a save ends when that comes: most editors write in place,
        and an event may be looked at between their truncating and their writing.
        """
        while (left := until - time.monotonic()) > 0:
            self._wait(min(left, FIRST_WAIT_S) if is_half(changes) else left)
            self._take_messages()
            self._answer_hint()
            if self.thread.is_parked or self._stopping.has_begun:
                self._asked = True
                return False
            if is_half(changes) and self._comparing.look() != changes:
                return True
        return True

    def _act(self, changes: list[Change], broken: list[Broken], noticed: float) -> None:
        if self._later.is_paused:
            self._later.tell(changes)
            return
        decided = verdict(changes, broken, hold=self._settings.hold)
        match decided:
            case Hold():
                if self._held != broken:
                    self._held = broken
                    self._channel.send("held", **broken[0].fields(), more=len(broken) - 1)
            case Nothing() if self._is_wanted:
                self._announce(changes, noticed)
            case Nothing():
                was_kept = not self._unread and self._later.forget()
                if self._held is not None or was_kept:
                    self._held = None
                    self._channel.send("same", paths=[], unheld=True)
                elif self._told_noticed:
                    self._channel.send("same", paths=[])
            case _ if self._refreshing.take(changes):
                pass
            case _:
                self._announce(changes, noticed)

    def _announce(self, changes: list[Change], noticed: float) -> bool:
        """Restart because of these; false when that has to wait for a debugger's user."""
        if self._later.keep(changes):
            return False
        self._channel.send(
            "restart",
            paths=protocol.shortened([change.path for change in changes]),
            kinds=protocol.shortened([change.kind for change in changes]),
            count=len(changes),
            noticed=noticed,
        )
        self._stopping.request(restart=True)
        return True

    def tell_probes(self) -> None:
        """Tell the outer what was asked for and not found."""
        telling.tell_probes(self._channel, self._traces)
