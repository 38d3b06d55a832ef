"""The last thing that a process does: it lets go of all that it holds, says so, and is no more.

The kernel takes the memory of a process apart before it closes its descriptors, and only then is
its end seen by others. With a large program that takes some milliseconds of a processor that the
next one wants at this very moment. So what another process may wait for - files, locks, sockets,
ports - is let go of here, at once. What is left is memory, until the parent finds the time to end
it. Whoever calls this sees to it that no thread of the program is left.
"""

import os

from autoreload.system import libc, processes
from autoreload.system import plainsignal as signal

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import NoReturn

LONGEST_S = 2
"""Who is not ended by then is ended by the kernel."""
_FIRST = 3
"""`mouth` stands higher. The standard streams are shared with whoever comes next."""
_LAST = 0x7FFFFFFF


def part(code: int, mouth: int, word: bytes) -> "NoReturn":
    """Close every descriptor but `mouth` and the standard ones, say the word there, and rest.

    The parent is to end it; where the word cannot be said it ends at once, with the code.
    close_range(2) is there from Linux 5.9 and glibc 2.34 on.
    """
    try:
        processes.die_with_parent(os.getppid())
        processes.rename(processes.PARTED)
        signal.signal(signal.SIGALRM, signal.SIG_DFL)
        signal.pthread_sigmask(signal.SIG_SETMASK, signal.valid_signals() - {signal.SIGALRM})
        signal.alarm(LONGEST_S)
        spans = [(_FIRST, mouth - 1), (mouth + 1, _LAST)]
        if not any(libc.call_alone("close_range", *span, 0) for span in spans):
            libc.call_alone("write", mouth, word, libc.Word(len(word)))
            libc.call_alone("close", mouth)
            libc.call_alone("pause")  # with the lock of Python: nothing runs here any more
    finally:
        os._exit(code)  # noqa: TID251
