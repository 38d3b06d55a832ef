"""What a run that goes on from a checkpoint must not share with the run before it.

Random numbers: Python's are drawn anew in every fork by themselves, numpy's are not. But a program
that has seeded them itself is to go on with what a fresh start has then, so it is asked whether it
has. Files that are open: forks share where they stand, and a log may have been moved meanwhile.
The process id: who keeps it would have that of a run that is over.
"""

import os
import sys
from posix import getpid

from autoreload.core.forking import WRITING, Refusal

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from types import ModuleType
    from typing import Any

    from autoreload.core.forking import Descriptor
    from autoreload.watch.traces import Traces

_OURS = os.path.dirname(os.path.dirname(os.path.abspath(__file__))) + os.sep


class Renewing:
    """Random numbers, positions of files and the process id."""

    def __init__(self, traces: "Traces") -> None:
        self._traces = traces
        self._seeded: dict[str, bool] = {}
        self._state: Any = None
        self._files: list[tuple[int, str, bool]] = []
        self._asked_for_pid = ""

    def install(self) -> None:
        """Hear of what the program does; before it begins."""
        for name in ("random", "numpy.random"):
            module = sys.modules.get(name)
            if module is not None:
                self._hear_seeds(module)
            else:
                self._traces.on_module[name] = self._hear_seeds
        os.getpid = self._telling_pid()

    def close(self) -> None:
        """No checkpoint follows."""
        os.getpid = getpid

    def _hear_seeds(self, module: "ModuleType") -> None:
        for name in ("seed", "setstate", "set_state"):
            original = getattr(module, name, None)
            if original is not None:
                setattr(module, name, self._hearing(module.__name__, original))

    def _hearing(self, module: str, original: "Callable[..., Any]") -> "Callable[..., Any]":
        def seed(*args: object, **named: object) -> object:
            found = original(*args, **named)
            # Without a value, or with None, it asks the system, as every run does by itself.
            self._seeded[module] = any(one is not None for one in (*args[:1], *named.values()))
            return found

        for name in ("__name__", "__qualname__", "__doc__", "__module__"):
            setattr(seed, name, getattr(original, name, None))
        return seed

    def _telling_pid(self) -> "Callable[[], int]":
        real = self._traces.scope.real

        def tells() -> int:
            if not self._asked_for_pid:
                caller = sys._getframe(1)
                name = caller.f_code.co_filename
                is_program = not name.startswith(("<", _OURS))
                if is_program and real(os.path.abspath(name)) is not None:
                    self._asked_for_pid = f"{name}:{caller.f_lineno}"
            return getpid()

        tells.__name__ = tells.__qualname__ = "getpid"
        return tells

    def refusal(self) -> Refusal:
        """Why a run that goes on from here would not be as a fresh one; empty if it would."""
        if not self._asked_for_pid:
            return Refusal()
        reason = f"{self._asked_for_pid}: the process id was asked for, and may be kept"
        return Refusal(reason, cure="ask for it where it is needed")

    # --- at a fork ------------------------------------------------------------------------------

    def note(self, descriptors: "Iterable[Descriptor]") -> None:
        """Right before a fork: what both halves are to go on with."""
        if self._seeded.get("random") and hasattr(sys.modules.get("random"), "_inst"):
            self._state = sys.modules["random"].getstate()
        self._files = [
            (one.fd, one.target, not one.flags & WRITING) for one in descriptors if one.is_file
        ]

    def restore(self) -> None:
        """In the half that goes on as the program; it has the other's numbers if they were seeded.

        Python reseeds `random` in every fork.
        """
        if self._seeded.get("random") and self._state is not None:
            sys.modules["random"]._inst.setstate(self._state)
            self._state = None

    def renew_numbers(self) -> None:
        """In what is to be a run that goes on from here: numbers as a fresh start finds them."""
        self.restore()
        numbers: Any = sys.modules.get("numpy.random")
        # A file of the user's may have the name.
        if hasattr(numbers, "seed") and not self._seeded.get("numpy.random"):
            numbers.seed()

    def rewind(self) -> None:
        """In a run that goes on from here: files as a fresh start finds them."""
        for fd, _, is_read in self._files:
            if is_read:  # and nobody had read from it, or there would be no checkpoint
                os.lseek(fd, 0, os.SEEK_SET)

    def moved(self) -> str:
        """A file that is open here, and that a fresh start would open another one for."""
        for fd, path, _ in self._files:
            try:
                opened, named = os.fstat(fd), os.stat(path)
            except OSError:
                return path
            if (opened.st_dev, opened.st_ino) != (named.st_dev, named.st_ino):
                return path
        return ""
