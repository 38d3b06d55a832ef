"""The modules that have come in since the last look, found without touching the others.

To look at a module is to write to it: that is where its references are counted. After a fork every
page that is written to is copied, and a walk through all modules would copy megabytes. They stand
in `sys.modules` by age, so the walk begins at its end.
"""

import sys
from itertools import chain, islice, starmap

_AT_ONCE = 64


class Newcomers:
    """One reader of `sys.modules`."""

    def __init__(self) -> None:
        self._count = 0
        self._last: list[str] = []
        self._known = ""
        """The last one that was complete: importlib moves a module to the end when it has run it,
        so one that is under way is no mark."""
        self._place = -1
        """Where it stood, counted from the first."""

    def names(self) -> list[str]:
        """What has come in since the last call; what was under way then may be named again."""
        count, last = len(sys.modules), _newest(1)[:1]
        if count == self._count and last == self._last:
            return []
        self._count, self._last = count, last
        found = self._since()
        for behind, name in enumerate(found):
            if _is_complete(name):
                self._known, self._place = name, count - 1 - behind
                break
        found.reverse()
        return found

    def _since(self) -> list[str]:
        """The names behind the mark, the newest first."""
        size = _AT_ONCE
        while True:
            names = _newest(size)
            if self._known in names:
                behind = names.index(self._known)
                # One that was read again stands further back now than it did.
                if len(sys.modules) - 1 - behind <= self._place:
                    return names[:behind]
            if len(names) != size:  # these are all
                return names
            size *= 8


def _newest(most: int) -> list[str]:
    """So many names, or all of them, the newest first.

    CPython 3.11 does not bound where such an iterator stands: when a table of the same length has
    been packed since, it reads past its end. So it is made and used up in one call, during which no
    other thread runs.
    """
    try:
        made = starmap(islice, zip(map(reversed, [sys.modules]), [most], strict=True))
        return list(chain.from_iterable(made))
    except RuntimeError:  # a finalizer has run in the middle of that, and has imported
        return list(sys.modules)[::-1]


def _is_complete(name: str) -> bool:
    spec = getattr(sys.modules.get(name), "__spec__", None)
    return not getattr(spec, "_initializing", False)
