"""Where a checkpoint waits behind the run below it, and prepares the next one ahead of its time.

Some time after the program is up, the checkpoint before the newest edit forks. That fork copies the
pages of memory that it shares with others, which a run would otherwise do one by one, and stands
by: a save only has to let it go. It knows nothing that its checkpoint does not know; whether it is
still good is looked at when it is let go, as before any fork.

Nothing depends on it. It dies with its checkpoint, and where it is gone the checkpoint forks again.
"""

import os
import time

from autoreload.core.checkpoints import MOST, STANDBY_AFTER_S
from autoreload.inner.upward import AGAIN, IS_CHECKPOINT, OVER, WAITS
from autoreload.system import pages, processes
from autoreload.system import plainsignal as signal
from autoreload.system.channel import high_pipe
from autoreload.system.waiting import wait

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

STEP_S = 0.002
"""The pause between two steps of copying: it takes half a core at most from the program."""

_ELSEWHERE = MOST + 1


def is_up(level: int) -> bytes:
    """The word that the program is up, and that so many checkpoints up the next run is prepared."""
    return bytes([min(max(level, 0), MOST)])


class Ended:
    """How the run below has ended, and what it had said."""

    __slots__ = ("status", "words")

    def __init__(self, status: int, words: bytes) -> None:
        self.status = status
        self.words = words

    @property
    def goes_on(self) -> bool:
        """Whether another one is to follow."""
        return AGAIN in self.words

    @property
    def is_over(self) -> bool:
        """Whether none is: all is over, or it was no run that has ended."""
        return OVER in self.words or self.words[-1:] in (IS_CHECKPOINT, WAITS)


class Post:
    """What a checkpoint waits for: the end of the run below, and the time to prepare the next."""

    def __init__(
        self,
        *,
        fork: "Callable[[], int]",
        say_up: "Callable[[bytes], None]",
        may_prepare: "Callable[[], bool]",
    ) -> None:
        """`fork` raises OSError; `say_up` speaks to the checkpoint above."""
        self._fork = fork
        self._say_up = say_up
        self._may_prepare = may_prepare
        self._run = _Run(0, -1, -1)
        self._next: _Run | None = None
        self._due: float | None = None
        self.mouth = -1
        """In a standby that was let go: what it speaks to its checkpoint with."""

    def follow(self, pid: int, ears: int) -> None:
        """This run is below from here on; `ears` is where its words come in."""
        self._run = _Run(pid, ears, -1)
        self._due = None

    def await_end(self) -> Ended | None:
        """Wait for the end of the run; None in a standby that is let go."""
        run = self._run
        gone = processes.watch_end(run.pid)
        # Without such a descriptor nobody can wait for two, and there is no standby.
        if gone is not None:
            try:
                if self._is_let_go(gone):
                    return None
            finally:
                os.close(gone)
        status = os.waitpid(run.pid, 0)[1]
        self._hear(run)
        run.close()
        return Ended(status, run.words)

    def _is_let_go(self, gone: int) -> bool:
        """Wait for the end of the run; True in a standby that is let go before that."""
        while not (ready := wait(self._fds(gone), self._timeout())).get(gone):
            if self._run.ears in ready:
                self._hear(self._run)
            if self._next is not None and self._next.ears in ready:
                self.discard()  # it has nothing to say but its end
            if self._due is not None and time.monotonic() >= self._due:
                self._due = None
                if self._prepare():
                    return True
        return False

    def _fds(self, gone: int) -> "list[int | None]":
        ears = self._next.ears if self._next is not None else None
        return [gone, self._run.ears if self._run.ears >= 0 else None, ears]

    def _timeout(self) -> float | None:
        return None if self._due is None else self._due - time.monotonic()

    def _hear(self, run: "_Run") -> None:
        """Take what it has said; who prepares the next run is told at once."""
        for number in run.heard():
            if number > _ELSEWHERE:
                run.words += bytes([number])
                continue
            # Whoever is up, there is one standby in a chain: it goes where the newest edit is.
            if number == 0:
                self._due = time.monotonic() + STANDBY_AFTER_S
            else:
                self.discard()
            self._say_up(bytes([number - 1 if 0 < number < _ELSEWHERE else _ELSEWHERE]))

    # --- the standby ------------------------------------------------------------------------------

    def _prepare(self) -> bool:
        """Fork ahead, if there is none yet; True in the fork, when it is let go."""
        if self._next is not None or not self._may_prepare():
            return False
        parent = os.getpid()
        try:
            (hear, gate), (ears, mouth) = high_pipe(), high_pipe()
            pid = self._fork()
        except OSError:  # a limit of descriptors or processes, or no memory
            return False
        if pid:
            os.close(hear)
            os.close(mouth)
            self._next = _Run(pid, ears, gate)
            return False
        try:
            processes.die_with_parent(parent)
            for fd in (gate, ears, self._run.ears):
                if fd >= 0:
                    os.close(fd)
            is_checkpoint = self._run.words[-1:] == IS_CHECKPOINT
            _stand_by(hear, like=None if is_checkpoint else self._run.pid)
        except Exception:  # nobody waits for it: the checkpoint forks again when it is needed
            os._exit(1)  # noqa: TID251
        self.mouth = mouth
        return True

    def let_go(self) -> bool:
        """Let the standby be the next run, if there is one that lives."""
        standby, self._next = self._next, None
        if standby is None:
            return False
        if standby.let_go():
            self.follow(standby.pid, standby.ears)
            return True
        standby.end()
        return False

    def discard(self) -> None:
        """It is not needed any more, or is gone."""
        self._due = None
        standby, self._next = self._next, None
        if standby is not None:
            standby.end()


class _Run:
    """A process below: its words, and the gate that it waits at."""

    __slots__ = ("ears", "gate", "pid", "words")

    def __init__(self, pid: int, ears: int, gate: int) -> None:
        self.pid = pid
        self.ears = ears
        self.gate = gate
        self.words = b""
        """What it has said for the checkpoint above it."""

    def heard(self) -> bytes:
        """What it has said since."""
        if self.ears < 0:
            return b""
        try:
            words = os.read(self.ears, 4096)
        except BlockingIOError:
            return b""
        if not words:  # it has closed every descriptor, or is gone
            self.close()
        return words

    def let_go(self) -> bool:
        """Whether it lives, and has been told to go on."""
        if os.waitpid(self.pid, os.WNOHANG)[0]:
            self.pid = 0
            return False
        try:
            os.write(self.gate, b"!")
        except OSError:
            return False
        os.close(self.gate)
        self.gate = -1
        return True

    def end(self) -> None:
        """End it, and wait for that: nobody is to meet it as a stray."""
        if self.pid:
            processes.send(self.pid, signal.SIGKILL)
            os.waitpid(self.pid, 0)
        self.close()
        if self.gate >= 0:
            os.close(self.gate)

    def close(self) -> None:
        if self.ears >= 0:
            os.close(self.ears)
            self.ears = -1


def _stand_by(hear: int, *, like: int | None) -> None:
    """Copy what is shared, in steps, and wait at the gate; ends the process with its checkpoint.

    `like` is a run from the same checkpoint: what that has written to, the next one will.
    """
    os.set_blocking(hear, True)
    copied = 0
    try:
        for address, count in pages.shared(like):
            if copied >= pages.MOST_AT_ONCE:
                copied = 0
                if wait([hear], STEP_S):
                    break
            if not pages.populate(address, count):
                break
            copied += count
    except OSError:
        pass  # not to be looked at here: each page is copied when it is written to
    if not os.read(hear, 1):
        os._exit(0)  # noqa: TID251  # the checkpoint is gone
    os.close(hear)
    processes.live_without_parent()
    # What came meanwhile was meant for those that ran: a resized window, or Ctrl-Z.
    while signal.sigtimedwait(signal.valid_signals(), 0):
        pass
