"""What the last runs have compiled of regular expressions, for the one that stands by.

Frameworks compile most of theirs when they are needed: for the first answer. Whatever stands by has
the time for that. `re` is asked to, as ever, and finds it in its cache later.
"""

import sys

from autoreload.core import regexes
from autoreload.core.regexes import Regex
from autoreload.inner.memo import Memo

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, NoReturn


class _Warns(BaseException):
    """An expression that somebody is to be warned of is left to the run."""


class Regexes:
    """Patterns in a piece of memory that all runs of a chain share."""

    def __init__(self) -> None:
        self._memo = Memo("autorun-regexes")
        self._known: frozenset[object] = frozenset()
        self._mark: tuple[int, object] | None = None
        """How many there were, and the newest of them, at the last look."""

    @property
    def fd(self) -> int | None:
        """The descriptor of that memory."""
        return self._memo.fd

    def pass_by(self) -> None:
        """What is compiled by now lies before a checkpoint, and comes with that."""
        self._known = frozenset(filter(_is_plain, list(_cache())))

    def note(self) -> None:
        """Note what this run has compiled by now."""
        keys = list(_cache())
        mark = len(keys), keys[-1] if keys else None
        if self.fd is None or mark == self._mark:
            return
        self._mark = mark
        plain = filter(_is_plain, keys)
        new = [Regex(key[1], key[2]) for key in plain if key not in self._known]
        self._memo.update(lambda before: regexes.merged(before, new))

    def bring(self, is_wanted: "Callable[[], bool]") -> None:
        """Compile what was noted, for as long as there is time."""
        words = self._memo.words()
        re: Any = sys.modules.get("re")
        warnings: Any = sys.modules.get("warnings")
        if not words or re is None or warnings is None:
            return
        # What somebody has put in the place of `compile` is not to be called ahead of its time.
        if getattr(getattr(re, "compile", None), "__globals__", None) is not vars(re):
            return
        # `catch_warnings` would let the program show once more what it has shown.
        warn, warnings.warn = warnings.warn, _refuse
        try:
            for one in filter(None, map(regexes.parsed, words)):
                if is_wanted():
                    break
                try:
                    re.compile(one.pattern, one.flags)
                except (Exception, _Warns):
                    pass  # the program meets it again, if it still wants it
        finally:
            warnings.warn = warn


def _cache() -> "dict[Any, object]":
    """What `re` keeps, by type, pattern and flags; its own affair, which may be otherwise."""
    cache = getattr(sys.modules.get("re"), "_cache", None)
    return cache if isinstance(cache, dict) else {}


def _is_plain(key: object) -> bool:
    """Whether this is an expression that means the same everywhere, and a pattern without code."""
    match key:
        case (type(), pattern, int(flags)):
            return type(pattern) in (str, bytes) and not flags & sys.modules["re"].LOCALE
    return False


def _refuse(*_: object, **__: object) -> "NoReturn":
    raise _Warns
