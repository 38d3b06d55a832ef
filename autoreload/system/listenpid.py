"""Becomes another program after LISTEN_PID was set to its pid, which nobody knows any sooner.

It is run as a file, `python -I -S listenpid.py FD MASK -- PROGRAM ARGUMENTS`, and imports only what
is built in. The program finds environment, directory, descriptors and signals as they were handed
to this interpreter; MASK are the signals that it is to find blocked. If there is no such program
the number of the error is written to FD, which is closed when there is.
"""

import _signal  # type: ignore[import-not-found]  # `signal` imports enum, 3 ms
import os

_STANDARD_PATH = b"/bin:/usr/bin"


def main(words: "list[bytes]") -> None:
    """Execute the program; returns only if that fails."""
    status, mask, _, *program = words
    environment = _environment()
    environment[b"LISTEN_PID"] = b"%d" % os.getpid()
    os.set_inheritable(int(status), False)
    # What the interpreter has changed for itself.
    for name in ("SIGINT", "SIGPIPE", "SIGXFSZ"):
        if (number := getattr(_signal, name, None)) is not None:
            _signal.signal(number, _signal.SIG_DFL)
    _signal.pthread_sigmask(_signal.SIG_SETMASK, [int(one) for one in mask.split(b",") if one])
    os.write(int(status), b"%d" % _execute(program, environment))


def _execute(program: "list[bytes]", environment: "dict[bytes, bytes]") -> int:
    """The number of the error, found as execvp(3) finds it."""
    import errno

    name = program[0]
    folders = environment.get(b"PATH", _STANDARD_PATH).split(b":")
    refused = 0
    for path in [name] if b"/" in name else [os.path.join(one, name) for one in folders]:
        try:
            os.execve(path, program, environment)
        except OSError as error:
            number = error.errno or errno.ENOEXEC
            if number == errno.EACCES:
                refused = number
            elif number not in (errno.ENOENT, errno.ENOTDIR) or b"/" in name:
                return number
        except ValueError:  # an empty name
            break
    return refused or errno.ENOENT


def _environment() -> "dict[bytes, bytes]":
    """As it was handed to this interpreter, which adds LC_CTYPE in the C locale (PEP 538)."""
    try:
        with open("/proc/self/environ", "rb") as file:
            entries = file.read().split(b"\0")
    except OSError:
        return dict(os.environb)
    pairs = (entry.partition(b"=") for entry in entries if entry)
    return {name: value for name, _, value in pairs}


if __name__ == "__main__":
    import sys

    main([os.fsencode(word) for word in sys.argv[1:]])
    os._exit(127)  # noqa: TID251
