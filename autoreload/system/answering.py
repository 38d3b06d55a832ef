"""Answers for autorun when it is gone: what still lives below a filter may bind and listen.

It is run as a file, `python -I -S answering.py FD…`, and ends with the last of those processes,
which are what autorun was told to leave alone, such as a browser. Without it they would get ENOSYS.
"""

import os
import select
import sys

_RECEIVE, _SEND = 0xC0502100, 0xC0182101
"""The ioctls of seccomp(2), as in `system.seccomp`, which cannot be imported here."""

_GO_ON = 1


def main(fds: "list[int]") -> None:
    """Let every call go on until nobody is left to make one."""
    poll = select.poll()
    for fd in fds:
        poll.register(fd, select.POLLIN)
    left = set(fds)
    while left:
        for fd, event in poll.poll():
            if event & select.POLLIN:
                _answer(fd)
            else:
                poll.unregister(fd)
                left.discard(fd)


def _answer(fd: int) -> None:
    import fcntl

    call = bytearray(80)
    try:
        fcntl.ioctl(fd, _RECEIVE, call)
        answer = bytearray(24)
        answer[:8] = call[:8]
        answer[20:] = _GO_ON.to_bytes(4, sys.byteorder)
        fcntl.ioctl(fd, _SEND, answer)
    except OSError:
        pass  # it has gone


if __name__ == "__main__":
    os.chdir("/")
    try:
        os.setsid()
    except OSError:
        pass  # a leader already
    main([int(word) for word in sys.argv[1:]])
