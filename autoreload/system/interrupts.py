"""Waking a thread out of a system call without telling the program anything.

A signal that arrives between Python's check for one and the system call does not interrupt that
call: its handler runs when the call ends, which may be never. Another signal, of which the program
knows nothing, ends the call, and Python then runs the handler that is due. faulthandler is the one
module that installs a handler from whichever thread, in C and past the table of `signal`; what it
writes goes to the null device.
"""

import os
import signal

_null: int | None = None


def wake(thread: int) -> bool:
    """Interrupt the system call that a thread is in; false where that cannot be done."""
    global _null
    number = getattr(signal, "SIGRTMAX", None)
    if number is None or signal.getsignal(number) is not signal.SIG_DFL:
        return False  # macOS has none, or the program uses it
    import faulthandler

    if _null is None:
        _null = os.open(os.devnull, os.O_WRONLY)
        faulthandler.register(number, file=_null, all_threads=False, chain=False)
        signal.siginterrupt(number, True)  # faulthandler lets the call go on
    signal.pthread_kill(thread, number)
    return True
