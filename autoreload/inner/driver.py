"""Runs a module statement by statement, so that a checkpoint may stand between two of them.

The target is run so from the start, as it often is all of the program; of the other modules those
that were edited lately. A run that begins at a checkpoint inside of a module reads that file again
and goes on with what stands there now.
"""

import os
import sys
import warnings
from _frozen_importlib import _call_with_frames_removed  # type: ignore[attr-defined]
from _frozen_importlib_external import SourceFileLoader
from _thread import get_ident

from autoreload.core import statements
from autoreload.core.changes import Loaded
from autoreload.core.checkpoints import first_difference
from autoreload.inner import facts
from autoreload.system import files

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from types import CodeType, ModuleType
    from typing import Any

    from autoreload.core.changes import Signature
    from autoreload.core.statements import Program, Step
    from autoreload.inner.checkpoints import Chain
    from autoreload.watch.traces import Traces

_BROKEN = (SyntaxError, ValueError, RecursionError, MemoryError)
_MACHINERY = "<frozen importlib._bootstrap_external>"


class Running:
    """A module in the middle of its execution."""

    __slots__ = (
        "begun",
        "changed_line",
        "end",
        "looked_at",
        "name",
        "next_program",
        "path",
        "program",
        "seen",
    )

    def __init__(self, path: str, name: str, program: "Program") -> None:
        self.path = path
        """Where it really is."""
        self.name = name
        """As the interpreter calls it."""
        self.program = program
        self.begun = 0
        """How many steps have begun."""
        self.end = 0
        """The last line of what has begun."""
        self.changed_line = 0
        """The first line that the last edit has changed, if that is known."""
        self.next_program: Program | None = None
        self.looked_at: Program | None = None
        """What was read at the last look, good or not."""
        self.seen: Signature | None = None

    def next(self) -> "Step | None":
        """The step that is next."""
        steps = self.program.steps
        return steps[self.begun] if self.begun < len(steps) else None

    def begin(self, step: "Step") -> None:
        """Note that a step is under way."""
        self.begun += 1
        self.end = step.last


class Driver:
    """The modules under way, outermost first, and how they are run."""

    def __init__(self, traces: "Traces", chain: "Chain") -> None:
        self._traces = traces
        self._chain = chain
        self._running: list[Running] = []
        self._main = get_ident()
        self._has_begun = False
        self._ahead: Program | None = None
        """What comes next, compiled before its turn."""
        self._whole: set[str] = set()
        """What has been run to its end, or till it failed, once at least."""

    def install(self) -> None:
        """Run from here on the files edited lately statement by statement."""
        loader: Any = SourceFileLoader
        loader.exec_module = _exec_module(self, loader.exec_module)

    def wants(self, loader: object) -> bool:
        """Whether a module is to be run so: edited lately, or the first one of the project.

        Behind a server's command the first one is what the target is elsewhere.
        """
        if type(loader) is not SourceFileLoader:
            return False
        real = self._traces.scope.real(loader.path)
        if real is None:
            return False
        # Here, not only when it is looked at: a run that begins at a checkpoint before this file
        # is the first one that knows that it was edited.
        self._traces.before_project(loader.path)
        is_first, self._has_begun = not self._has_begun, True
        is_wanted = (is_first or real in self._chain.hot) and self._is_able()
        if not is_wanted:
            self._whole.add(real)
        return is_wanted

    def _is_able(self) -> bool:
        # A tracer would see code objects that it does not know from the file.
        return get_ident() == self._main and not self._chain.is_over and not facts.tracer()

    def load(self, loader: "Any", module: "ModuleType") -> None:
        """Import a module; what `SourceFileLoader.exec_module` does, without bytecode."""
        try:
            loader.path_stats(loader.path)
        except OSError:
            pass  # reading it fails as well, or its bytecode is not to be looked at
        source = loader.get_data(loader.path)
        running = code = None
        ahead, self._ahead = self._ahead, None
        if ahead is not None and (ahead.name, ahead.source) == (loader.path, source):
            running = self._running_of(ahead)
        if running is None:
            code = loader.source_to_code(source, loader.path)
            running = self.prepare(loader.path, source)
        _drive(self, module, running, code)

    def execute(self, module: "ModuleType", code: "CodeType") -> None:
        """Run the target's code in its module."""
        path = code.co_filename
        self._has_begun = self._traces.scope.real(os.path.abspath(path)) is not None
        loader = getattr(module, "__loader__", None)
        real = self._traces.scope.real(os.path.abspath(path))
        record = self._traces.loaded.get(real) if real is not None else None
        source = _read(path)
        if (
            type(loader) is not SourceFileLoader
            or record is None
            or source is None
            or record.digest != files.digest_of(source)
            or not self._is_able()
        ):
            exec(code, module.__dict__)
        else:
            _drive(self, module, self.prepare(path, source), code)

    def prepare(self, name: str, source: bytes) -> "Running | None":
        """What to drive, of a source that compiles; None when this one can only be run whole."""
        # They were shown when it was compiled whole.
        with warnings.catch_warnings(record=True, action="always") as shown:
            program = statements.take_apart(source, name)
            program.is_sound = True
            program.compile(0)
        program.warns = bool(shown)
        return None if _is_whole(program) else self._running_of(program)

    def _running_of(self, program: "Program") -> "Running | None":
        real = self._traces.scope.real(os.path.abspath(program.name))
        return None if real is None else Running(real, program.name, program)

    def is_through(self, path: str) -> bool:
        """Whether a file has been run, and is not under way."""
        return path in self._whole and all(one.path != path for one in self._running)

    def enter(self, running: Running) -> None:
        self._running.append(running)

    def leave(self, running: Running) -> None:
        self._running.remove(running)
        self._whole.add(running.path)
        self._chain.pass_by(running.path)

    def consider(self, running: Running, step: "Step") -> None:
        """Leave a checkpoint before a step if one is due; it may be another one afterwards."""
        line = running.changed_line
        is_changed = running.begun > 0 and running.end < line <= step.last
        self._chain.consider_place(f"{running.path}:{step.first}", "", is_hot=is_changed)
        if is_changed:
            self._chain.pass_by(running.path)

    # --- a run that begins in the middle --------------------------------------------------------

    def moved(self) -> str:
        """A file under way that lies elsewhere now; its folder is part of the search path."""
        for one in self._running:
            one.next_program = None
            if os.path.realpath(one.name) != one.path:
                return one.path
        return ""

    def is_stale(self, path: str) -> bool:
        """Whether a changed file is not one in which this process could go on."""
        found = [one for one in self._running if path in (one.path, os.path.abspath(one.name))]
        if not found or any(one.path in self._whole for one in found):
            return True  # a module that fails, or has two names, is run more than once
        return not all(self._look(one) for one in found)

    def _look(self, running: Running) -> bool:
        """Read a file anew; whether what has run of it still stands there."""
        running.seen = files.signature(running.path)
        source = _read(running.path)
        if source is None:
            return False
        looked_at = running.looked_at
        if looked_at is None or looked_at.source != source:
            looked_at = running.looked_at = self._take_apart(running, source)
        if looked_at is None or not statements.is_resumable(
            running.program, looked_at, running.end
        ):
            return False
        running.next_program = looked_at
        return True

    def _take_apart(self, running: Running, source: bytes) -> "Program | None":
        """The program of another text of a file under way; None when it can only be run whole."""
        try:
            with warnings.catch_warnings(record=True, action="always") as shown:
                program = statements.take_apart(source, running.name)
        except _BROKEN:
            return None
        program.warns = running.program.warns or bool(shown)
        return None if _is_whole(program) else program

    def look_ahead(self, path: str) -> None:
        """Compile a file that comes next, if it is to be run so, before its turn comes."""
        source = _read(path) if self._is_edited(path) else None
        if source is None or (self._ahead is not None and self._ahead.source == source):
            return
        self._ahead = None
        try:
            with warnings.catch_warnings(record=True, action="always") as shown:
                program = statements.take_apart(source, path)
                program.compile(0)
        except _BROKEN:
            return  # it is told of when it is read
        if not shown and not _is_whole(program):
            self._ahead = program

    def _is_edited(self, path: str) -> bool:
        """Whether it was edited lately, as far as this process knows."""
        try:
            changed = os.stat(path).st_ctime
        except OSError:
            return False
        real = os.path.realpath(path)
        return real in self._chain.hot or self._traces.is_fresh(real, changed)

    def uncompilable(self) -> str:
        """A file of the last look that does not compile after all; empty when each does."""
        for running in self._running:
            program = running.next_program
            if program is None:
                continue
            try:
                with warnings.catch_warnings(record=True, action="always") as shown:
                    program.compile(running.begun)
            except _BROKEN:
                return running.path
            program.warns = program.warns or bool(shown)
            if program.warns and any(one[0] == "error" for one in warnings.filters):
                return running.path
        return ""

    def resume(self) -> list[str]:
        """A run begins here: go on with what was read at the last look; the files read anew."""
        resumed: list[str] = []
        for running in self._running:
            program, running.next_program = running.next_program, None
            if program is None:
                continue
            if program.warns:  # it is shown as when the file is compiled whole, once
                compile(program.source, program.name, "exec", dont_inherit=True)
            running.changed_line = first_difference(running.program.source, program.source)
            running.program = program
            for path in {running.path, os.path.abspath(running.name)}:
                known = self._traces.loaded.get(path)
                if known is not None:
                    digest = files.digest_of(program.source)
                    self._traces.loaded[path] = Loaded(
                        path, running.seen, digest, reason=known.reason
                    )
                    resumed.append(path)
        return resumed


def _read(path: str) -> bytes | None:
    try:
        with open(path, "rb") as file:
            return file.read()
    except OSError:
        return None


def _is_whole(program: "Program") -> bool:
    """Whether it can only be run whole: one function holds all annotations (PEP 649)."""
    return program.is_annotated and sys.version_info >= (3, 14)


def _drive(
    driver: Driver, module: "ModuleType", running: Running | None, code: "CodeType | None"
) -> None:
    """Run a module; its frames in tracebacks are cut as those of importlib are."""
    if running is None:
        assert code is not None
        _call_with_frames_removed(exec, code, module.__dict__)
        return
    if running.program.is_annotated:
        module.__dict__.setdefault("__annotations__", {})
    driver.enter(running)
    try:
        while (step := running.next()) is not None:
            driver.consider(running, step)
            step = running.next()
            if step is None:
                break
            running.begin(step)
            code = running.program.code_of(step)
            _call_with_frames_removed(exec, code, module.__dict__)
    finally:
        driver.leave(running)


def _exec_module(driver: Driver, original: "Callable[..., None]") -> "Callable[..., None]":
    def exec_module(self: object, module: "ModuleType") -> None:
        if driver.wants(self):
            driver.load(self, module)
        else:
            original(self, module)

    _disguise(exec_module)
    return exec_module


def _disguise(function: "Any") -> None:
    """Give a function importlib's file name: its frames are cut from tracebacks of imports."""
    function.__code__ = function.__code__.replace(co_filename=_MACHINERY)


_disguise(_drive)
_disguise(Driver.load)
