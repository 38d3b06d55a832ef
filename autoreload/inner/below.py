"""A process below a checkpoint: what it has said to that, and the gate that it waits at."""

import os
import sys
import warnings

from autoreload.inner.upward import AGAIN, BESIDE, GONE, IS_CHECKPOINT, IS_PROGRAM, OVER, WAITS
from autoreload.system import census, processes
from autoreload.system import plainsignal as signal
from autoreload.system.channel import high_pipe
from autoreload.system.waiting import wait

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

COME, GO, GREET = b"c", b"!", b"h"
"""Said at a gate: a restart has been announced, so come up to your turn; it is your turn, and the
outer has been told; it is your turn, and you tell it."""


class Below:
    """A run, or what is to be the next one."""

    __slots__ = ("ears", "ending", "gate", "pid", "words")

    def __init__(self, pid: int, ears: int, gate: int = -1) -> None:
        self.pid = pid
        self.ears = ears
        """Where its words come in."""
        self.gate = gate
        """Where it is told to come, and to go; -1 when it waits for nothing."""
        self.ending: int | None = None
        """Ready when it has ended."""
        self.words = b""
        """What it has said for the checkpoint above it."""

    def fds(self) -> list[int]:
        """What is ready when it has something to say, or has ended."""
        return [fd for fd in (self.ears, self.ending) if fd is not None and fd >= 0]

    @property
    def goes_on(self) -> bool:
        """Whether another one is to follow."""
        return AGAIN in self.words

    @property
    def is_gone(self) -> bool:
        """Whether it is over, and holds nothing but its memory."""
        return GONE in self.words

    @property
    def is_beside(self) -> bool:
        """Whether it has nothing left but its clean-up, and the next one need not wait for that."""
        return BESIDE in self.words and not self.is_gone

    @property
    def has_come(self) -> bool:
        """Whether it has come up to its turn, and told what it has of the past."""
        return WAITS in self.words

    @property
    def is_checkpoint(self) -> bool:
        """Whether it has become a checkpoint, and another one is the program."""
        return self.words.rfind(IS_CHECKPOINT) > self.words.rfind(IS_PROGRAM)

    @property
    def is_over(self) -> bool:
        """Whether none is to follow: all is over, or it was no run that has ended."""
        return OVER in self.words or self.words[-1:] in (IS_CHECKPOINT, WAITS)

    def heard(self) -> bytes:
        """What it has said since."""
        if self.ears < 0:
            return b""
        try:
            words = os.read(self.ears, 4096)
        except BlockingIOError:
            return b""
        if not words:  # it has closed every descriptor, or is gone
            os.close(self.ears)
            self.ears = -1
        return words

    def lives(self) -> bool:
        """Whether it has not ended."""
        if self.pid and os.waitpid(self.pid, os.WNOHANG)[0]:
            self.pid = 0
        return bool(self.pid)

    def tell(self, word: bytes) -> bool:
        """Say something at its gate; whether it lives and will hear it."""
        if not self.lives():
            return False
        try:
            os.write(self.gate, word)
        except OSError:
            return False
        if word in (GO, GREET):
            os.close(self.gate)
            self.gate = -1
        return True

    def kill(self) -> None:
        """End it, and the program below it if it has become a checkpoint by now."""
        processes.kill_tree(self.pid)

    def end(self) -> None:
        """End it, and wait for that: nobody is to meet it as a stray."""
        if self.pid:
            processes.send(self.pid, signal.SIGKILL)
            os.waitpid(self.pid, 0)
            self.pid = 0
        self.close()

    def close(self) -> None:
        """Nothing more is to be heard from it, or said to it."""
        for fd in (self.ears, self.gate, self.ending):
            if fd is not None and fd >= 0:
                os.close(fd)
        self.ears = self.gate = -1
        self.ending = None


class Place:
    """What a fork of a checkpoint has of it: where it speaks, and the gate where it listens."""

    __slots__ = ("gate", "mouth", "status")

    def __init__(self, mouth: int, gate: int) -> None:
        self.mouth = mouth
        self.gate = gate
        self.status: int | None = None
        """The wait status of a run that has ended by itself, which this one comes after."""

    def await_word(self) -> bytes:
        """Wait for what is said at the gate; ends the process when the checkpoint is gone."""
        word = os.read(self.gate, 1)
        if not word:
            os._exit(0)  # noqa: TID251  # nothing of the user's is under way in here
        return word

    def is_wanted(self) -> bool:
        """Whether a word waits at the gate."""
        return bool(wait([self.gate], 0))

    def leave(self) -> None:
        """There is nothing more to wait for."""
        os.close(self.gate)
        # What came meanwhile was meant for those that ran: a resized window, or Ctrl-Z.
        while signal.sigtimedwait(signal.valid_signals(), 0):
            pass
        processes.live_without_parent()


def fork_below(others: "Iterable[int]") -> Below | Place:
    """Fork, with a way up and a gate: what the checkpoint knows of it, and in the fork its place.

    The fork closes `others`, and dies with the checkpoint until it goes on. Raises OSError.
    """
    parent = os.getpid()
    ears, mouth = high_pipe()
    try:
        hear, gate = high_pipe()
    except OSError:
        _close(ears, mouth)
        raise
    try:
        pid = fork()
    except OSError:
        _close(ears, mouth, hear, gate)
        raise
    if pid:
        _close(mouth, hear)
        return Below(pid, ears, gate)
    try:
        processes.die_with_parent(parent)
        _close(ears, gate, *others)
        os.set_blocking(hear, True)
    except BaseException:  # a copy of the program must not go on beside it
        os._exit(1)  # noqa: TID251
    return Place(mouth, hear)


def _close(*fds: int) -> None:
    for fd in fds:
        if fd >= 0:
            os.close(fd)


def fork() -> int:
    """Fork; from 3.12 on CPython warns of native threads, which are looked at by us."""
    if sys.version_info < (3, 12) or not census.tasks():
        return os.fork()  # filters that change let warnings be shown once more
    with warnings.catch_warnings(action="ignore", category=DeprecationWarning):
        return os.fork()
