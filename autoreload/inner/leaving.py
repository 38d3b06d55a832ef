"""The end of a run that another one follows: all that the program is owed, and no more.

The interpreter ends in this order: it waits for the threads that are no daemons, calls what was
registered with atexit, flushes, and then takes itself apart, module by module. Of that last part a
program sees nothing but the flush of files that it left open; in a Django project it takes longer
than all the rest, while the next run waits for it.
"""

import os
import sys
from _weakref import ref

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, NoReturn

_remembered: "list[ref[Any]]" = []


def leave(code: int, *, part: "Callable[[int], None]") -> "NoReturn":
    """End the process with this code, from its main thread; `part` may do so in its own way."""
    try:
        threading = sys.modules.get("threading")
        if threading is not None:
            threading._shutdown()  # what Py_FinalizeEx calls
        import atexit

        atexit._run_exitfuncs()
    except BaseException as error:  # as at any end: shown, and no reason to stay
        from autoreload.inner.disguise import cut_our_frames

        sys.excepthook(type(error), cut_our_frames(error), error.__traceback__)
    flush()
    part(code)
    os._exit(code)  # noqa: TID251


def buffered() -> "list[Any]":
    """The files with something to write in a buffer, text before the bytes that it ends up in."""
    import gc
    import io
    from itertools import compress

    kinds = (io.TextIOWrapper, io.BufferedWriter, io.BufferedRandom)
    objects = gc.get_objects()
    # Without a line of Python for each of some hundred thousand objects.
    found = list(compress(objects, map(frozenset(kinds).__contains__, map(type, objects))))
    found.sort(key=lambda one: kinds.index(type(one)))
    return found


def remember() -> "list[Any]":
    """Right before a fork: the files that such a look will not find later, when they are frozen.

    To thaw them all at the end would touch every object, and copy every page of the process.
    """
    found = buffered()
    _remembered.extend(ref(one) for one in found)
    return found


def flush() -> None:
    """Write what stands in buffers: the standard streams, and files that were left open."""
    known = [one for one in (reference() for reference in _remembered) if one is not None]
    for stream in (sys.stdout, sys.stderr, *known, *buffered()):
        try:
            stream.flush()
        except Exception:  # closed, replaced, read-only or None
            pass
