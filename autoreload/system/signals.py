"""Signals of the outer: blocked everywhere, taken by one thread, read from one descriptor.

A handler in Python learns the number only. `sigwaitinfo` also tells who sent it, and that is what
separates a typed Ctrl-C, which the kernel sent to the whole group and so to the app as well, from
`kill -INT` with autorun's pid, which the app has not seen. Children are spawned with the mask that
was there before, so nothing of this reaches the app.

SIGTSTP, SIGTTIN and SIGCONT stay with the kernel: outer and app share the terminal's group, and the
shell stops and continues both.
"""

import os
import signal
import threading

from autoreload.system.waiting import wait

ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT)
"""A stop of autorun."""

PASSED_ON = (signal.SIGWINCH, signal.SIGUSR1, signal.SIGUSR2)
"""Handed to the app when they were meant for autorun alone."""

_SI_KERNEL = 128
"""`si_code` of a signal that the kernel sent, such as those typed at a terminal (sigaction(2))."""


def number_of(name: str) -> int:
    """INT, SIGINT or 2 as a number; ValueError for anything else."""
    if name.isdigit():
        return int(signal.Signals(int(name)))
    found = getattr(signal, "SIG" + name.upper().removeprefix("SIG"), None)
    if not isinstance(found, signal.Signals):
        raise ValueError(name)
    return int(found)


class Heard:
    """One signal: its number, and whether the kernel sent it to the whole group."""

    __slots__ = ("number", "typed")

    def __init__(self, number: int, typed: bool) -> None:
        self.number = number
        self.typed = typed


class Ears:
    """Blocks the signals of the outer and offers them on a descriptor, for good."""

    def __init__(self) -> None:
        ignored = {
            number
            for number in (signal.SIGHUP, signal.SIGQUIT)
            if signal.getsignal(number) == signal.SIG_IGN
        }
        self._wanted = {*ENDING, *PASSED_ON, signal.SIGCHLD} - ignored
        self._read, self._write = os.pipe()
        for end in (self._read, self._write):
            os.set_blocking(end, False)
        self.mask = signal.pthread_sigmask(signal.SIG_BLOCK, self._wanted | {signal.SIGTTOU})
        """The mask that was there before, for children and for the end."""
        # The default action of SIGCHLD is to ignore it, and an ignored signal that nobody has
        # blocked is dropped: with a handler it stays, whatever a library unblocks.
        threading.Thread(target=self._listen, name="signals", daemon=True).start()

    def fileno(self) -> int:
        return self._read

    def _listen(self) -> None:
        while True:
            if hasattr(signal, "sigwaitinfo"):
                info = signal.sigwaitinfo(self._wanted)
                number = info.si_signo
                # A hang-up comes from the kernel too, but first to the leader of the session only.
                typed = info.si_code == _SI_KERNEL and number != signal.SIGHUP
            else:  # macOS tells no sender: what may be typed counts as typed on a terminal
                number = signal.sigwait(self._wanted)
                typed = number in (signal.SIGINT, signal.SIGQUIT) and os.isatty(0)
            try:
                os.write(self._write, bytes((number, typed)))
            except OSError:
                pass  # full: what stands in it wakes the loop all the same

    def heard(self) -> list[Heard]:
        """What has come since the last call, in order."""
        try:
            taken = os.read(self._read, 4096)
        except BlockingIOError:
            return []
        return [Heard(taken[i], bool(taken[i + 1])) for i in range(0, len(taken) - 1, 2)]

    def wait(self, timeout_s: float) -> bool:
        """Wait for a signal."""
        return bool(wait([self._read], timeout_s))


def die_by(number: int, mask: "set[int | signal.Signals]") -> int:
    """End this process by a signal, so that whoever waits for it sees that; no core is written.

    The first process of a container does not die of one: for that there is the code to end with.
    """
    try:
        import resource

        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    except (ImportError, ValueError, OSError):
        pass
    if number not in (signal.SIGKILL, signal.SIGSTOP):
        signal.signal(number, signal.SIG_DFL)
    # To this thread: one for the whole process would be taken by the thread that listens.
    signal.raise_signal(number)
    signal.pthread_sigmask(signal.SIG_SETMASK, mask - {number})
    return 128 + number
