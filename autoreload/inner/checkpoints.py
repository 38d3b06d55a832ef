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
import warnings
from _thread import get_ident
from posix import getpid

from autoreload.core import checkpoints, protocol
from autoreload.core.forking import Refusal
from autoreload.inner import trials
from autoreload.inner.ahead import await_turn, forget_listings
from autoreload.inner.driver import Driver
from autoreload.inner.safety import Safety
from autoreload.inner.standby import Post, is_up
from autoreload.inner.upward import AGAIN, IS_CHECKPOINT, IS_PROGRAM, OVER, WAITS, Upward
from autoreload.system import census, processes
from autoreload.system import plainsignal as signal
from autoreload.system.channel import Channel, ChannelClosed, high_pipe
from autoreload.system.waiting import wait
from autoreload.watch import telling

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import NoReturn

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
        self._channel = channel
        self._traces = traces
        self._watcher = watcher
        self._app = app
        self._main = get_ident()
        self._pid = getpid()
        self._parent = os.getppid()
        self._safety = Safety(channel, traces, root)
        self._up = Upward()
        self._above: list[int] = []
        self._last = 0.0
        self._newest_at: int | None = None
        """How many checkpoints there were when the newest edit was passed."""
        self.wants_standby: bool | None = None
        """Whether one is to stand by for the next run; None where memory allows."""
        self._place = ""
        self._name = ""
        self.is_over = False
        self.hot: list[str] = []
        self._has_passed = False
        self._is_forgone = False
        self.driver = Driver(traces, self)
        self.driver.install()

    def begin(self, start: "Message") -> None:
        """The first run begins."""
        self.hot = start.texts("hot")
        if start.flag("verbose"):
            self._safety.explain(self._watcher)

    def close(self) -> None:
        """The program is up: no checkpoint follows."""
        self.is_over = True
        self._safety.close()
        if self.wants_standby is not False:
            newest = len(self._above) if self._newest_at is None else self._newest_at
            self._up.say(is_up(len(self._above) - newest))

    def consider(self, path: str) -> None:
        """Leave a checkpoint behind, if one is due before this file is taken in."""
        if not self.is_over:
            self.consider_place(path, path, is_hot=os.path.realpath(path) in self.hot)

    def consider_place(self, place: str, path: str, *, is_hot: bool) -> None:
        """Leave a checkpoint behind at a place, if one is due and there is none yet.

        The path is that of the file that comes next; empty for a statement of one under way.
        """
        if self.is_over or get_ident() != self._main or getpid() != self._pid:
            return  # the program's own forks are none of ours
        self._safety.passes(place)
        if place != self._place and checkpoints.is_due(
            since_s=time.monotonic() - self._last,
            depth=len(self._above),
            is_hot=is_hot,
            has_passed=self._has_passed,
        ):
            self._place = place
            self._leave_one(path)

    def pass_by(self, real: str) -> None:
        """A file that is run statement by statement lies behind us, or what was changed in it."""
        if not self._has_passed and real in self.hot[-1:]:
            self._has_passed = True
            self._newest_at = len(self._above)

    def announce(self) -> None:
        """The run that is about to end is to be followed by another."""
        goes_on = self._up.fd is not None and not self._is_forgone
        self._safety.tell(part=goes_on)
        if goes_on:
            self._up.say(AGAIN)

    def end(self) -> None:
        """The program is about to end for good."""
        self._up.say(OVER)

    def abandon(self) -> int:
        """End the checkpoints, as none can be told to go on any more; the parent since then."""
        if self._above and os.getppid() == self._parent:
            processes.send(self._above[0], signal.SIGKILL)  # one takes the others along
            until = time.monotonic() + ABANDONED_S
            while os.getppid() == self._parent and time.monotonic() < until:
                wait([], 0.001)
        self._above, self._parent = [], os.getppid()
        return self._parent

    def forgo(self, reason: str) -> None:
        """No run is to go on from any of the checkpoints."""
        self._is_forgone, self._safety.refused = True, Refusal(reason)
        self._up.say(OVER)

    # --- leaving one behind ---------------------------------------------------------------------

    def _leave_one(self, path: str) -> None:
        self._watcher.park()
        if self._app.asked or self.is_over:  # since its last turn, which was waited for
            self._watcher.start()
        elif reason := self._safety.refusal({self._channel.fd, self._up.fd, *self._watcher.fds}):
            self._refuse(reason)
        else:
            self._fork(path)
        self._last = time.monotonic()

    def _refuse(self, reason: Refusal) -> None:
        self._safety.refused = reason
        self._watcher.start()

    def _fork(self, path: str) -> None:
        """Fork; returns in the child that goes on as the program, now or after a restart."""
        gc.freeze()
        self._look_up()
        mask = signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())
        self._up.say(IS_CHECKPOINT)
        reason = self._fork_blocked(path)
        if reason:
            self._up.say(IS_PROGRAM)
            self._refuse(reason)
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)

    def _fork_blocked(self, path: str) -> Refusal:
        """Fork while signals are blocked; why the parent goes on as the program, if it does."""
        try:
            ears, mouth = high_pipe()
            trial = os.pipe() if census.tasks() else None
            pid = _fork()
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
        if os.getppid() != self._parent:
            self._up.end()
            self._above, self._parent = [], os.getppid()
            self._newest_at = None

    def _go_on(self, mouth: int) -> None:
        """In the child: it is the program from here on."""
        self._descend(mouth)
        self._safety.renewing.restore()
        self._channel.tell("hello", chain=self._above)
        self._watcher.revive()

    def _descend(self, mouth: int) -> None:
        self._up.begin(mouth)
        # Not by getppid: it may be gone already, and another one be the parent.
        self._parent, self._pid = self._pid, getpid()
        self._app.pid = self._pid
        self._above.append(self._parent)
        self._safety.refused = Refusal()
        main_thread = getattr(sys.modules.get("threading"), "main_thread", None)
        if main_thread is not None:  # as in a file of the user's that has the name
            main_thread()._set_native_id()  # which `threading` leaves as it was

    # --- the checkpoint -------------------------------------------------------------------------

    def _freeze(self, pid: int, ears: int, path: str) -> None:
        """Wait behind the child; returns in a fork that begins the next run.

        Whatever goes wrong in here, a copy of the program must not go on beside it.
        """
        try:
            self._stand(pid, ears, path)
        except Exception as error:
            self._channel.tell("cold", reason=f"a checkpoint failed: {error!r}", over=True)
            self._up.say(OVER)  # and not AGAIN: that one might fail for ever
            os._exit(protocol.SENTINEL)  # noqa: TID251

    def _stand(self, pid: int, ears: int, path: str) -> None:
        processes.die_with_parent(self._parent)
        self._name = processes.rename(processes.CHECKPOINT)
        post = Post(fork=_fork, say_up=self._up.say, may_prepare=self._may_prepare)
        post.follow(pid, ears)
        while True:
            ended = post.await_end()
            if ended is None:
                self._begin(post.mouth, path, None)
                return
            has_failed = not ended.goes_on
            if has_failed and ended.is_over:
                post.discard()
                self._end_like(ended.status, ended.words)
            if not has_failed and (reason := self._changed(path)):
                post.discard()
                self._pass_up(reason)
            if not has_failed and post.let_go():
                continue
            post.discard()
            status = ended.status
            try:
                ears, mouth = high_pipe()
                pid = _fork()
            except OSError:
                if has_failed:
                    self._end_like(status, ended.words)
                raise
            if pid == 0:
                os.close(ears)
                self._begin(mouth, path, status if has_failed else None)
                return
            os.close(mouth)
            post.follow(pid, ears)

    def _may_prepare(self) -> bool:
        return checkpoints.may_stand_by(
            resident=census.resident(), available=census.available(), wanted=self.wants_standby
        )

    def _end_like(self, status: int, words: bytes) -> "NoReturn":
        if words[-1:] == IS_CHECKPOINT:
            os._exit(0)  # noqa: TID251  # that one is gone, the program lives on without us
        self._up.say(OVER)
        processes.end_like(status)

    def _pass_up(self, reason: str) -> "NoReturn":
        if self._up.fd is None:
            self._channel.tell("cold", reason=reason, over=True)
        self._up.say(AGAIN)
        os._exit(protocol.SENTINEL)  # noqa: TID251  # a copy of the program, of which only one ends

    def _changed(self, path: str, *, with_installed: bool = True) -> str:
        """What would be otherwise in a fresh start that came to this file; empty if nothing."""
        if path and not os.path.isfile(path):
            return f"{path} is gone"
        if moved := self.driver.moved():
            return f"{moved} lies elsewhere now"
        if moved := self._safety.renewing.moved():
            return f"{moved}: open, and another file has its name now"
        for found in self._safety.past.differences(with_installed=with_installed):
            if not found.is_source:
                return f"{found.path}: {found.reason}"
            if self.driver.is_stale(found.path):
                return f"{found.path} is loaded first"
        return ""

    def _begin(self, mouth: int, path: str, status: int | None) -> None:
        """In a fork of a checkpoint: wait for the turn, and begin a run.

        `status` is that of a run that has ended by itself.
        """
        processes.rename(self._name)
        self._descend(mouth)
        self._up.say(WAITS)
        ended = {} if status is None else {"ended": os.waitstatus_to_exitcode(status)}
        try:
            self._channel.send("hello", chain=self._above, again=True, **ended)
            since = time.monotonic()
            turn = await_turn(self._channel)
            self._up.say(IS_PROGRAM)
            is_late = time.monotonic() - since > checkpoints.LONG_S
            if reason := self._changed(path, with_installed=is_late):
                # To the outer this run is another one that ends, whoever of us is left to go on.
                self._channel.tell("cold", reason=reason, over=True)
                self._pass_up(reason)
            self.hot = turn.texts("hot")
            self._has_passed, self._newest_at = False, None
            self._traces.last_load = time.monotonic()
            self._safety.renewing.renew()
            self.driver.resume()
            self._app.begin(turn, self._traces)
            self._app.scouting = None  # what may be ahead has been told by the run before
            forget_listings(self._traces.scope)
            telling.tell_everything(self._channel, self._traces)
            if self._app.wishes is not None:
                self._app.wishes.tell_again()
            if self._app.called:
                self._channel.send("called")
        except ChannelClosed:
            os._exit(0)  # noqa: TID251  # the outer is gone, and nothing has begun
        self._watcher.renew()
        self._watcher.has_compared = True
        self._watcher.revive()


def _fork() -> int:
    """Fork; from 3.12 on CPython warns of native threads, which are looked at by us."""
    if sys.version_info < (3, 12) or not census.tasks():
        return os.fork()  # filters that change let warnings be shown once more
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        return os.fork()
