"""The outer's loop: one poll over signals, channel, events and deadlines; lifecycle decides."""

import os
import signal
import time

from autoreload.core import protocol, variables, wording
from autoreload.core.lifecycle import ALIVE, Action, Event, State, step
from autoreload.outer import keys, leftovers
from autoreload.outer.asking import Asking
from autoreload.outer.clearing import Clearing
from autoreload.outer.ending import Ending
from autoreload.outer.launchpad import Launchpad
from autoreload.outer.report import Report
from autoreload.outer.sockets import Sockets
from autoreload.system import processes, signals
from autoreload.system.waiting import POLLHUP, wait

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from autoreload.core.targets import Plan
    from autoreload.outer.child import Child
    from autoreload.outer.readiness import Readiness
    from autoreload.outer.recorder import Recorder
    from autoreload.outer.recording import Recording
    from autoreload.outer.settings import Source
    from autoreload.system.instance import Instance

KILL_AFTER_S = 0.3  # later than the inner, which ends itself when its time is up
DYING_S = 0.1  # who has let go of the channel is gone after this, or lives on without it


class Outer:
    """One autorun, from the first start of the app to its own end."""

    def __init__(
        self,
        plan: "Plan",
        source: "Source",
        environment: "Mapping[str, str]",
        recording: "Recording | Recorder",
        instance: "Instance | None",
    ) -> None:
        self._options = options = source.options
        self._recording = recording
        self._root = os.getcwd()
        identity = os.urandom(8).hex()
        self._sockets = Sockets(options)
        self._ears = signals.Ears()
        marked = {protocol.FLAG: protocol.FLAG_VALUE, protocol.IDENTITY: identity}
        if instance is not None:
            marked[protocol.CONTROL] = instance.path
        self._launchpad = Launchpad(
            plan,
            options,
            {**environment, **dict(plan.environment), **marked, **variables.ALWAYS}
            | recording.environment,
            mask=self._ears.mask,
            root=self._root,
            spawning=self._sockets.spawning,
        )
        self._launchpad.boot_ahead()  # what is still to be imported falls into its own imports
        from autoreload.outer.control import Control
        from autoreload.outer.deciding import Deciding
        from autoreload.outer.hearing import Hearing
        from autoreload.outer.noticing import Noticing
        from autoreload.outer.outage import Outage
        from autoreload.outer.runs import Runs
        from autoreload.outer.settings import Settings
        from autoreload.outer.watching import Watching

        self._report = Report(plan, options, self._root, recording.speech, recording.journal)
        self._report.has_keys = keys.wanted(options, environment)
        self._ending = Ending(options, self._report)
        self._asking = Asking(options, plan)
        self._environment = environment
        self._leftovers = leftovers.Leftovers(identity, options)
        self._clearing = Clearing(self._leftovers, self._ears, self._report)
        self._watching = Watching(options, self._root, self._complain)
        self._noticing = Noticing(self._watching, plan, environment)
        self._runs = Runs(
            self._launchpad, self._watching, self._noticing, self._sockets, serves=plan.serves
        )
        self._deciding = Deciding(self._runs, self._watching, self._report, self._launchpad)
        self._control = Control(
            instance,
            self._feed,
            journal=recording.journal,
            report=self._report,
            runs=self._runs,
            watching=self._watching,
            noticing=self._noticing,
            launchpad=self._launchpad,
            deciding=self._deciding,
        )
        self._settings = Settings(source, self._watching, self._launchpad, self._report)
        self._outage = Outage(plan.title, self._root, environment.get("HOME", ""), self._sockets)
        self._hearing = Hearing(
            self._launchpad,
            self._runs,
            self._sockets,
            self._noticing,
            self._leftovers,
            self._report,
            self._control,
        )
        self._state = State.WAITING
        self._ended: int | None = None
        self._stop_at: float | None = None
        self._has_run = False

    def run(self) -> int:
        """Run until the end; the exit code, if it is not a signal that ends this process."""
        self._report.opens()
        for pattern in self._options.watch:
            self._report.named(self._watching.add_pattern(pattern), pattern)
        self._feed(Event.CHANGED)
        while self._state is not State.GONE:
            self._wait()
            for heard in self._ears.heard():
                self._on_signal(heard)
            self._on_messages()
            self._on_children()
            self._on_time()
        self._outage.close()
        self._watching.close()
        self._asking.close()
        self._recording.close()
        if self._ending.signal is not None:
            return signals.die_by(self._ending.signal, self._ears.mask)
        return self._ending.code

    @property
    def _child(self) -> "Child | None":
        return self._runs.child

    def _wait(self) -> None:
        channel = self._child.fileno() if self._child is not None else None
        fds = [channel, *(one.fileno() for one in (self._ears, self._watching, self._outage))]
        fds += [*self._control.filenos(), *self._sockets.filenos(), *self._recording.readable()]
        writable = self._recording.writable()
        ready = wait(fds, self._timeout(), writable=writable)
        while self._watching.is_idle(ready) and (left := self._timeout()):
            ready = wait(fds, left, writable=writable)
        self._sockets.answer(ready)
        self._control.serve(ready, time.monotonic())
        hangs_up = channel is not None and ready.get(channel, 0) & POLLHUP
        if self._child is not None and hangs_up and not self._ears.wait(DYING_S):
            self._on_messages()  # no end follows: the app has closed every descriptor
            self._child.close()
            self._watching.follow(self._child, inner=False)

    def _timeout(self) -> float | None:
        now = time.monotonic()
        parts = (self._asking, self._outage, self._control, self._noticing, self._settings)
        times = [one for part in (*parts, self._recording) for one in part.timeouts(now)]
        if self._state in ALIVE:
            times += self._runs.timeouts(now)
        if self._stop_at is not None:
            times.append(self._stop_at - now)
        return max(0.0, min(times))

    def _feed(self, event: Event) -> None:
        self._state, actions = step(self._state, event)
        for action in actions:
            self._carry_out(action)

    def _carry_out(self, action: Action) -> None:
        match action:
            case Action.SPAWN:
                self._spawn()
            case Action.ASK if self._state is State.LEAVING:
                self._report.leaving()
                self._asking.soon()
            case Action.ASK if self._child is not None:
                if self._child.channel is None:
                    self._sockets.stopping(self._child)
                self._asking.now(self._child, restart=True)
            case Action.ARM:
                if self._state is State.RESTARTING:
                    self._runs.prepare()
                self._stop_at = time.monotonic() + self._options.stop_timeout_s + KILL_AFTER_S
            case Action.KILL:
                if self._child is not None:
                    self._child.kill()
            case Action.SWEEP:
                self._clearing.between(self._launchpad.pids())
            case Action.REPORT if self._child is not None and self._ended is not None:
                waiting = self._state is State.WAITING
                also = self._outage.begin(self._child, self._ended, waits=waiting)
                self._ending.report(self._child, self._ended, also, waiting=waiting)
            case Action.LOOK:
                self._runs.look_alone()
            case Action.LEAVE:
                self._leave()

    def _spawn(self) -> None:
        self._stop_at = None
        self._outage.end()
        child = self._runs.start()
        self._report.begins(child, self._runs.count)
        if self._runs.count == 1:
            self._first_run(child)

    def _first_run(self, child: "Child") -> None:
        """What is done while the first run boots."""
        processes.become_subreaper()
        if child.channel is None:
            self._report.cut(self._watching.add_everything(since_ns=child.started_ns))
        self._report.launched(child)  # before the program's own first words
        if (witness := self._asking.begin(self._environment)) is not None:
            self._leftovers.leave(witness)

    def _leave(self) -> None:
        self._clearing.end(self._launchpad.discard())
        self._sockets.close()
        self._clearing.at_the_end()
        self._recording.drain()
        self._ending.say_last()
        self._control.close()

    def _on_signal(self, heard: signals.Heard) -> None:
        if heard.number in signals.ENDING:
            if self._state is State.LEAVING:
                if not self._asking.is_due:
                    self._ending.at_once()
                    self._feed(Event.FORCE)
                return
            if heard.number != signal.SIGINT:
                self._ending.signal = heard.number
            self._feed(Event.TYPED if heard.typed else Event.STOP)
            if heard.typed and self._child is not None:
                self._child.asked_by_others()
        elif (
            heard.number in signals.PASSED_ON
            and self._child is not None
            and (self._recording.resized(heard.number) or not heard.typed)
        ):
            processes.send(self._child.live, heard.number)

    def _on_messages(self) -> None:
        if self._child is None:
            return
        loads = self._child.extent()
        for message in self._child.messages():
            self._on_message(message)
        if self._child.extent() != loads:
            self._watching.subscribe()

    def _on_message(self, message: "protocol.Message") -> None:
        self._noticing.heard()
        match message.word:
            case "called":
                self._has_run = True
                self._report.called(message.pid)
                self._feed(Event.CALLED)
            case "restart":
                self._on_ready(self._runs.newly_ready(is_last=True))
                # What a child of the app has loaded as well is found here, too, and said once.
                is_news = self._state in (State.BOOTING, State.RUNNING)
                self._deciding.announced(message, is_news=is_news)
                self._feed(Event.ANNOUNCED)
            case "hello" if message.flag("again"):
                self._on_again(message.fields.get("ended"))
            case "cold" if message.flag("over"):  # it ends so that a cold start follows
                self._feed(Event.ANNOUNCED)
            case _ if self._child is not None:
                self._hearing.hear(message, self._child)

    def _on_again(self, code: object) -> None:
        """The run is over, and a checkpoint goes on: now, or after a save if it ended by itself."""
        if self._state is State.LEAVING:
            return self._feed(Event.OVERDUE)
        if not isinstance(code, int):
            self._feed(Event.ANNOUNCED)
        return self._on_end(code if isinstance(code, int) else 0, self._runs.pass_on)

    def _on_children(self) -> None:
        for ended in self._clearing.ended():
            if self._child is None or ended.pid != self._child.pid or self._state not in ALIVE:
                continue
            self._on_messages()  # what it said last
            if not self._child.outlives(ended.pid):
                self._report.over(self._child, is_restart=self._state is State.RESTARTING)
                self._on_end(ended.code, self._runs.end)

    def _on_end(self, code: int, let_go: "Callable[[], None]") -> None:
        assert self._child is not None
        self._recording.drain()
        self._ended = code
        is_final = self._ending.is_final(self._child, code, self._state, has_run=self._has_run)
        let_go()
        self._feed(Event.FINAL if is_final else Event.ENDED)

    def _on_time(self) -> None:
        now = time.monotonic()
        for trouble in self._recording.look(now):
            self._report.once(trouble)
        if self._stop_at is not None and now >= self._stop_at and self._state in ALIVE:
            self._stop_at = None
            self._report.stubborn.killed(self._child)
            self._feed(Event.OVERDUE)
        self._asking.look(self._child, now)
        if self._state in (State.BOOTING, State.RUNNING):
            for line in self._runs.look():
                self._report.say(line)
            if self._runs.verifying.is_wrong:
                self._feed(Event.CHANGED)
            self._on_ready(self._runs.newly_ready())
            if found := self._runs.strangers():
                self._report.once(wording.untraced(found))
                self._watching.add_sources()
        self._outage.serve(now)
        if self._state is State.WAITING and self._outage.is_over(now, self._report.say):
            self._deciding.freed()
            self._feed(Event.CHANGED)
        self._runs.open_events_in_time()
        self._on_found()
        self._control.answer()

    def _on_ready(self, readiness: "Readiness | None") -> None:
        if readiness is not None and self._child is not None:
            self._outage.ready(self._child)
            self._report.ready(readiness, self._deciding.since)
            self._report.watched(*self._watching.extent())
            self._runs.open_events()
            if self._options.explain is not None and self._child is not None:
                from autoreload.outer.explain import Explain

                explain = Explain(self._child, self._watching, self._root, self._launchpad.written)
                self._report.speech.show(*explain.asked(self._options.explain))
                self._feed(Event.STOP)

    def _on_found(self) -> None:
        runs = self._state in (State.BOOTING, State.RUNNING)
        found = self._noticing.look(self._runs.listener if runs else None)
        # A run that has not begun yet will read what is there when it does.
        has_begun = not runs or self._runs.listener is not None
        if not has_begun or not (runs or self._state is State.WAITING):
            return
        if restart := found or self._settings.look(is_paused=self._noticing.is_paused):
            self._deciding.found(restart)
            self._feed(Event.CHANGED)

    def _complain(self, line: wording.Line) -> None:  # of the event source, wholly or in part
        self._report.once(line)
        if self._child is not None and not self._watching.has_events:
            self._child.tell("events", on=False)
