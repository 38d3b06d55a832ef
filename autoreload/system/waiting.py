"""Waiting for descriptors, by the kernel's own poll.

The names are taken when this is imported, before the program runs: gevent and others replace
`select.poll` by one that runs their loop in whichever thread calls it.
"""

import select
from select import POLLHUP, POLLIN, POLLOUT

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["POLLHUP", "POLLIN", "POLLOUT", "wait"]

_poll = select.poll


def wait(
    fds: "Iterable[int | None]",
    timeout_s: float | None,
    *,
    events: int = POLLIN,
    writable: "Iterable[int]" = (),
) -> dict[int, int]:
    """Wait until one of the descriptors is ready; what each is ready for, nothing at the end.

    None among the descriptors is passed over; a timeout of None waits without end. Those that are
    `writable` are waited for until they take something.
    """
    poll = _poll()
    for fd in fds:
        if fd is not None:
            poll.register(fd, events)
    for fd in writable:
        poll.register(fd, POLLOUT)
    return dict(poll.poll(None if timeout_s is None else max(timeout_s, 0) * 1000))
