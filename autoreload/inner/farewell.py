"""Functions of the program that are called before a restart, in its main thread.

Only a signal gets a main thread out of whatever it waits in, and a handler in Python is then called
there. So the first function that is given takes one of the signals that nobody uses; a program that
gives none finds all of them as they were. What handles its signals in native code never comes to
Python's handler: it is not waited for.
"""

import sys
import time
from _thread import start_new_thread

from autoreload.inner.disguise import cut_our_frames
from autoreload.system import plainsignal as signal

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

BEGINS_WITHIN_S = 0.5
"""A main thread that has not come to the functions by then is asked to stop without them."""


class Farewell:
    """The functions, and whether they have been called."""

    def __init__(self, wake: "Callable[[], None]") -> None:
        """`wake` is called when the last one has returned."""
        self._wake = wake
        self._functions: list[Callable[[], object]] = []
        self._number: int | None = None
        self._asked_at = 0.0
        self._has_begun = False
        self._is_over = False

    def add(self, function: "Callable[[], object]") -> None:
        """Call this one as well."""
        self._functions.append(function)
        if self._number is None:
            self._number = self._taken_signal()

    def _taken_signal(self) -> int | None:
        """A signal that is ours now; None in a thread that may not take one, and without any."""
        for number in _candidates():
            if signal.getsignal(number) is signal.SIG_DFL:
                try:
                    signal.signal(number, self._hear)
                except ValueError:  # not the main thread
                    return None
                return number
        return None

    def begin(self, main: int) -> bool:
        """Have them called in the main thread; false when there is none to call."""
        if not self._functions:
            return False
        self._asked_at = time.monotonic()
        if self._number is None:
            start_new_thread(self._hear, ())
        else:
            signal.pthread_kill(main, self._number)
        return True

    def is_over(self) -> bool:
        """Whether the program may be asked to stop now."""
        late = time.monotonic() - self._asked_at > BEGINS_WITHIN_S
        return self._is_over or (late and not self._has_begun)

    def _hear(self, *_: object) -> None:
        if self._has_begun:
            return
        self._has_begun = True
        try:
            for function in self._functions:
                _call(function)
        finally:
            self._is_over = True
            self._wake()


def _call(function: "Callable[[], object]") -> None:
    try:
        function()
    except Exception as error:
        try:
            sys.excepthook(type(error), cut_our_frames(error), error.__traceback__)
        except Exception:  # of the program's own hook, which is no reason to stay either
            sys.__excepthook__(type(error), error, error.__traceback__)


def _candidates() -> list[int]:
    """Signals of which a program hardly ever knows; on Linux the last but one and those below.

    The last one of all is used to wake a thread; macOS has no real-time signals, and SIGURG is
    ignored unless somebody asks for it.
    """
    highest = getattr(signal, "SIGRTMAX", None)
    if highest is None:
        return [signal.SIGURG]
    return list(range(highest - 1, signal.SIGRTMIN, -1))
