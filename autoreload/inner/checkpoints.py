"""The chain of checkpoints: forks of the booting program that stay behind, each a small outer.

While the program starts, the process forks before it takes in one more file of the project. The
parent freezes there, with every signal blocked, and waits for the end of the child, which goes on
as the program. When a run ends because of a change, the checkpoint above it looks whether all that
it has taken in is still so. If it is, it forks again, and that child is the next run: it waits for
its turn as any run does. If not, the word goes further up, and at the top to the outer, which
starts anew. A program that ends by itself leaves its checkpoints for the next run as well: the one
above it forks, tells the outer how the program has ended, and that child waits for a save. When the
program was asked to end for good, each checkpoint ends just like it.

A checkpoint that is killed takes the others along and leaves the program alone: the outer is its
parent then, and the next restart is a cold one.
"""

import gc
import os
import sys
import time
from _thread import _count, get_ident
from posix import getpid

from autoreload.core import checkpoints, protocol
from autoreload.core.forking import Refusal
from autoreload.inner import trials
from autoreload.inner.below import Below, fork
from autoreload.inner.driver import Driver
from autoreload.inner.safety import Safety
from autoreload.inner.standby import is_up
from autoreload.inner.succession import Succession
from autoreload.inner.tail import Tail
from autoreload.inner.upward import AGAIN, BESIDE, GONE, IS_CHECKPOINT, IS_PROGRAM, OVER, Upward
from autoreload.system import census, parting, processes
from autoreload.system import plainsignal as signal
from autoreload.system.channel import Channel, high_pipe
from autoreload.system.waiting import wait

TYPE_CHECKING = False
if TYPE_CHECKING:
    from autoreload.core.protocol import Message
    from autoreload.inner.app import App
    from autoreload.watch.traces import Traces
    from autoreload.watch.watcher import Watcher

ABANDONED_S = 1.0
"""How long the end of a checkpoint that was killed is waited for."""


class Chain:
    """The checkpoints above this process, and the decision to leave one more behind."""

    def __init__(
        self, channel: Channel, traces: "Traces", watcher: "Watcher", app: "App", root: str
    ) -> None:
        self.channel = channel
        self.traces = traces
        self.watcher = watcher
        self.app = app
        self._main = get_ident()
        self._pid = getpid()
        self.parent = os.getppid()
        self.safety = Safety(channel, traces, root)
        self.up = Upward()
        self.above: list[int] = []
        self._last = 0.0
        """When the last one was left, or could not be, or when the run went on from there."""
        self._spent_s = 0.0
        """How long the start took from the first of them to the last."""
        self._newest_at: int | None = None
        """How many checkpoints there were when the newest edit was passed."""
        self.wants_standby: bool | None = None
        """Whether one is to stand by for the next run; None where memory allows."""
        self._place = ""
        self.is_over = False
        self._is_last = False
        """Whether none is to follow before the program is up."""
        self.hot: list[str] = []
        self._has_passed = False
        self._is_forgone = False
        self.driver = Driver(traces, self)
        self.driver.install()
        self.tail = Tail(traces)

    def begin(self, start: "Message") -> None:
        """The first run begins."""
        self.hot = start.texts("hot")
        if start.flag("verbose"):
            self.safety.explain(self.watcher)

    def close(self) -> None:
        """The program is up: no checkpoint follows."""
        self.is_over = self._is_last = True
        self.safety.close()
        if self.wants_standby is not False:
            newest = len(self.above) if self._newest_at is None else self._newest_at
            self.up.say(is_up(len(self.above) - newest))

    def consider(self, path: str) -> None:
        """Leave a checkpoint behind, if one is due before this file is taken in."""
        if not self._is_last:
            self.consider_place(path, path, is_hot=os.path.realpath(path) in self.hot)

    def consider_place(self, place: str, path: str, *, is_hot: bool) -> None:
        """Leave a checkpoint behind at a place, if one is due and there is none yet.

        The path is that of the file that comes next; empty for a statement of one under way.
        """
        if self._is_last or get_ident() != self._main or getpid() != self._pid:
            return  # the program's own forks are none of ours
        self.safety.passes(place)
        if place != self._place and checkpoints.is_due(
            since_s=time.monotonic() - self._last,
            spent_s=self._spent_s,
            depth=len(self.above),
            is_hot=is_hot,
            has_passed=self._has_passed,
        ):
            self._place = place
            self._leave_one(path)

    def pass_by(self, real: str) -> None:
        """A file that is run statement by statement lies behind us, or what was changed in it."""
        if not self._has_passed and real in self.hot[-1:]:
            self._has_passed = True
            self._newest_at = len(self.above)
        if self._has_passed and all(map(self.driver.is_through, self.hot[:-1])):
            self._is_last = True  # whatever it takes in from here on is nobody's past
            self.safety.close()

    def announce(self) -> None:
        """The run that is about to end is to be followed by another."""
        self.safety.tell(part=self._goes_on)
        if self._goes_on:
            self.up.say(AGAIN)

    @property
    def _goes_on(self) -> bool:
        """Whether the next run may go on from a checkpoint."""
        return self.up.fd is not None and not self._is_forgone

    def part(self, code: int) -> None:
        """End, and let the next run go on before the kernel has taken this one's memory apart.

        Returns where its end has to be waited for: other threads may run until then, and what it
        has started is to be ended before the next run begins.
        """
        is_ours = getpid() == self._pid
        is_alone = is_ours and _count() <= 1 and processes.child_pids(self._pid) == []
        if is_alone and not self._is_forgone and (mouth := self.up.mouth()) is not None:
            self.watcher.part()  # the next one hears what is said on the channel from here on
            parting.part(code, mouth, GONE)

    def go_beside(self) -> None:
        """Clean up beside the next run, unheard; no run that has started anything does so."""
        is_alone = processes.child_pids(self._pid) == []
        if self._goes_on and is_alone and self.channel.flush():
            self.watcher.fall_silent()
            processes.die_with_parent(self.parent)  # nobody else would end it
            self.up.say(BESIDE)

    def end(self) -> None:
        """The program is about to end for good."""
        self.up.say(OVER)

    def abandon(self) -> int:
        """End the checkpoints, as none can be told to go on any more; the parent since then."""
        if self.above and os.getppid() == self.parent:
            processes.send(self.above[0], signal.SIGKILL)  # one takes the others along
            until = time.monotonic() + ABANDONED_S
            while os.getppid() == self.parent and time.monotonic() < until:
                wait([], 0.001)
        self.above, self.parent = [], os.getppid()
        return self.parent

    def forgo(self, reason: str) -> None:
        """No run is to go on from any of the checkpoints."""
        self._is_forgone, self.safety.refused = True, Refusal(reason)
        self.up.say(OVER)

    # --- leaving one behind ---------------------------------------------------------------------

    def _leave_one(self, path: str) -> None:
        if self._last:
            self._spent_s += time.monotonic() - self._last
        self.watcher.park()
        if self.app.asked or self.is_over:  # since its last turn, which was waited for
            self.watcher.start()
        elif reason := self.safety.refusal(self._own_fds()):
            self._refuse(reason)
        else:
            self._fork(path)
        self._last = time.monotonic()

    def _own_fds(self) -> set[int | None]:
        return {self.channel.fd, self.up.fd, *self.tail.fds(), *self.watcher.fds}

    def _refuse(self, reason: Refusal) -> None:
        self.safety.refused = reason
        self.watcher.start()

    def _fork(self, path: str) -> None:
        """Fork; returns in the child that goes on as the program, now or after a restart."""
        gc.freeze()
        self.tail.pass_by()
        self._look_up()
        mask = signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())
        self.up.say(IS_CHECKPOINT)
        reason = self._fork_blocked(path)
        if reason:
            self.up.say(IS_PROGRAM)
            self._refuse(reason)
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)

    def _fork_blocked(self, path: str) -> Refusal:
        """Fork while signals are blocked; why the parent goes on as the program, if it does."""
        try:
            ears, mouth = high_pipe()
            trial = os.pipe() if census.tasks() else None
            pid = fork()
        except OSError as error:  # a limit of descriptors or processes, or no memory
            return Refusal(f"it cannot be forked ({error.strerror})")
        if pid == 0:
            os.close(ears)
            if trial is not None:
                trials.await_verdict(trial)
            self._go_on(mouth)
            return Refusal()
        os.close(mouth)
        if trial is not None and (reason := trials.judge(trial)):
            os.waitpid(pid, 0)
            os.close(ears)
            return reason
        self._freeze(pid, ears, path)
        return Refusal()

    def _look_up(self) -> None:
        """The checkpoints above may be gone; then this process is the first of a new chain."""
        if os.getppid() != self.parent:
            self.up.end()
            self.above, self.parent = [], os.getppid()
            self._newest_at = None

    def _go_on(self, mouth: int) -> None:
        """In the child: it is the program from here on."""
        self.descend(mouth)
        self.safety.renewing.restore()
        self.channel.tell("hello", chain=self.above)
        self.watcher.revive()

    def descend(self, mouth: int) -> None:
        """In a fork: the process above is a checkpoint, which hears what is said at the mouth."""
        self.up.begin(mouth)
        # Not by getppid: it may be gone already, and another one be the parent.
        self.parent, self._pid = self._pid, getpid()
        self.app.pid = self._pid
        self.above.append(self.parent)
        self.safety.refused = Refusal()
        main_thread = getattr(sys.modules.get("threading"), "main_thread", None)
        if main_thread is not None:  # as in a file of the user's that has the name
            main_thread()._set_native_id()  # which `threading` leaves as it was

    def _freeze(self, pid: int, ears: int, path: str) -> None:
        """Wait behind the child; returns in a fork that begins the next run.

        Whatever goes wrong in here, a copy of the program must not go on beside it.
        """
        try:
            succession = Succession(self, path)
            found = succession.wait(Below(pid, ears))
            self.descend(found.mouth)
            turn = succession.come(found)
            self.hot = turn.texts("hot")
            self._has_passed, self._newest_at = False, None
            succession.begin(turn)
        except Exception as error:
            self.channel.tell("cold", reason=f"a checkpoint failed: {error!r}", over=True)
            self.up.say(OVER)  # and not AGAIN: that one might fail for ever
            os._exit(protocol.SENTINEL)  # noqa: TID251
