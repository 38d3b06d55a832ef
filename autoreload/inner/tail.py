"""What the last runs have imported of known frameworks, for the one that stands by.

It imports that before it is wanted, and nobody is to be able to tell: an import that comes to a
file of the project, opens something that stays open, starts a thread or says anything is none for
this. Whatever stands by is given up then, and the next one does without.
"""

import os
import sys

from autoreload.core import tails
from autoreload.inner.memo import Memo
from autoreload.inner.regexes import Regexes
from autoreload.system import census
from autoreload.watch.newcomers import Newcomers

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from autoreload.watch.traces import Traces


class Unfit(BaseException):
    """An import is none for this; no import of a framework's catches it."""


class Tail:
    """Names of modules in a piece of memory that all runs of a chain share."""

    def __init__(self, traces: "Traces") -> None:
        self._traces = traces
        self._memo = Memo("autorun-tail")
        self._newcomers = Newcomers()
        self._regexes = Regexes()

    def fds(self) -> set[int | None]:
        """The descriptors of that memory."""
        return {self._memo.fd, self._regexes.fd}

    def pass_by(self) -> None:
        """What is imported by now lies before a checkpoint, and comes with that."""
        self._newcomers.names()
        self._regexes.pass_by()

    def note(self) -> None:
        """Note what this run has imported by now."""
        if new := self._newcomers.names():
            self._memo.update(lambda before: tails.merged(before, new))
        self._regexes.note()

    def bring(self, is_wanted: "Callable[[], bool]") -> bool:
        """Import what is missing here; false when this process is not to be gone on with.

        When the process `is_wanted`, what is left is not waited for.
        """
        is_fit = self._import()
        if is_fit:  # some of them come with the imports
            self._regexes.bring(is_wanted)
        return is_fit

    def _import(self) -> bool:
        names = [name for name in self._memo.words() if name not in sys.modules]
        if not names:
            return True
        before, self._traces.before_project = self._traces.before_project, _refuse
        opened, tasks = census.open_targets(), census.tasks()
        said = _Silence()
        try:
            for name in names:
                try:
                    __import__(name)
                except Exception:
                    pass  # the framework meets it again, if it wants it
            _look_up_versions()
        except Unfit:
            return False
        finally:
            self._traces.before_project = before
            has_spoken = said.end()
        return not has_spoken and opened == census.open_targets() and tasks == census.tasks()


class _Silence:
    """Keeps what is said on the standard streams from being heard."""

    def __init__(self) -> None:
        self._real = [os.dup(fd) for fd in (1, 2)]
        self._heard = os.memfd_create("autorun-said", os.MFD_CLOEXEC)
        for fd in (1, 2):
            os.dup2(self._heard, fd)

    def end(self) -> bool:
        """Whether anything was said."""
        for stream in (sys.stdout, sys.stderr):
            if stream is not None and not stream.closed:
                stream.flush()
        for real, fd in zip(self._real, (1, 2), strict=True):
            os.dup2(real, fd)
            os.close(real)
        size = os.fstat(self._heard).st_size
        os.close(self._heard)
        return size > 0


def _look_up_versions() -> None:
    """Let importlib remember where distributions are; it looks again where a folder has changed."""
    metadata: Any = sys.modules.get("importlib.metadata")
    for name in tails.ASKED_FOR if metadata is not None else ():
        if name in sys.modules:
            try:
                metadata.version(name)
            except Exception:
                pass  # it is not installed as a distribution


def _refuse(path: str) -> None:
    raise Unfit(path)
