"""Compiling to see whether a source compiles, in a program whose warnings are its own to show.

CPython hands what its compiler warns of to `warnings._showwarnmsg`, whatever the filters let
through. They, and all else in that module, belong to every thread: so what one thread causes is
left out there, and a filter that makes an error of a warning still does.
"""

import os
from _thread import get_ident

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_SHOWS = "_showwarnmsg"


class Muted:
    """While it lasts, nobody is shown what this thread is warned of."""

    def __init__(self) -> None:
        self._whose = (os.getpid(), get_ident())  # a fork may have a thread of the same number
        self._warnings: Any = None
        self._show: Any = None

    def __enter__(self) -> None:
        import warnings

        self._warnings = warnings
        self._show = getattr(warnings, _SHOWS, None)
        if self._show is not None:
            setattr(warnings, _SHOWS, self._heard)

    def __exit__(self, *_: object) -> None:
        if getattr(self._warnings, _SHOWS, None) == self._heard:
            setattr(self._warnings, _SHOWS, self._show)

    def _heard(self, message: object) -> None:
        if self._whose != (os.getpid(), get_ident()):
            self._show(message)
