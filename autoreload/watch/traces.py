"""What this interpreter has read: every source of the project, with its signature before reading.

Two methods of importlib's `SourceFileLoader` are replaced. `path_stats` is where the loader stats
a source before it looks at bytecode or source: the signature taken there is the one that later
looks are compared with, so an edit during the import is seen. `get_data` is where it reads: the
digest of exactly those bytes is what "the same content" means.

Bytecode is found by whole seconds and size (PEP 552 calls it timestamp-based), so of two saves
within one second and of equal size the first would win for ever; and a save may carry any time. A
source of which anything has changed since the last run began is therefore compiled from what stands
in it, and so is one whose bytecode could not be removed: `path_stats` fails for it, which importlib
takes as "no bytecode". Only the time of that change (ctime) cannot be set: nobody may have compared
what was saved between two runs.

`PathFinder.find_spec` is where a search ends in vain, and what was looked for there is noted too: a
missing module that is written later is a change.

The replacements carry importlib's own file name, so that tracebacks of failed imports are cut as
without us.
"""

import _frozen_importlib_external as _external
import os
import stat
import sys
import time

from autoreload.core.changes import Loaded
from autoreload.system import files
from autoreload.watch.callers import by
from autoreload.watch.installed import Installed
from autoreload.watch.links import Links
from autoreload.watch.newcomers import Newcomers
from autoreload.watch.scope import Scope
from autoreload.watch.searches import Searches

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from types import CodeType, FunctionType, ModuleType
    from typing import Any

    from autoreload.core.changes import Signature
    from autoreload.watch.links import Link

FRESH_S = 3.0
"""Sources that were changed this long before the first run are not taken from bytecode."""


class Traces:
    """The files that were loaded, and a way to tell somebody of each."""

    def __init__(self, distrusted: "frozenset[str]" = frozenset()) -> None:
        self.scope = Scope()
        self.loaded: dict[str, Loaded] = {}
        self.last_load = time.monotonic()
        self.before_project: Callable[[str], None] = _nothing
        """Called with the path of a file of the project before it is looked at."""
        self.on_load: Callable[[Loaded], None] = _nobody
        self.on_links: Callable[[list[Link]], None] = _nobody
        """Called with links that were followed for the first time."""
        self.on_drop: Callable[[list[str]], None] = _nobody
        """Called with what is not to be compared any more."""
        self.on_module: dict[str, Callable[[ModuleType], None]] = {}
        """What to do right after a module of this name was executed."""
        self.installed = Installed()
        self.links = Links()
        self.searches = Searches(self)
        self._released: list[tuple[str, str]] = []
        self.since = time.time() - FRESH_S
        """Bytecode of what was changed later is not looked at."""
        self.distrusted = distrusted
        """Sources whose bytecode is stale and could not be removed."""
        self._newcomers = Newcomers()
        self.unread: set[str] = set()
        """Loaded once so far: a module that failed may be another one when it is read again."""

    def record(
        self,
        path: str,
        signature: "Signature | None",
        digest: int | None = None,
        *,
        reason: str,
        is_data: bool = False,
    ) -> None:
        """Note a file that was read; the first signature of a path is the one that counts."""
        known = self.loaded.get(path)
        # What was missing may have been written by the program since, and is loaded now.
        if known is not None and (known.signature is not None or signature is None):
            return
        record = Loaded(path, signature, digest, reason=reason, is_data=is_data)
        self.loaded[path] = record
        self.last_load = time.monotonic()  # who still reads data has not started up yet
        self.on_load(record)

    def find(self, path: str, status: "os.stat_result | None" = None) -> str | None:
        """The real path of a file of the project that is about to be read; None for any other."""
        real, links = self.scope.way(path, status)
        if links and real is not None:
            name = path if path.startswith(os.sep) else os.path.join(os.getcwd(), path)
            self.follow(links, name, real)
        return real

    def follow(self, links: "Iterable[Link]", name: str, real: str) -> None:
        """Note the links on the way to a file: each may be turned to another place."""
        if new := self.links.note(links, name, real):
            self.on_links(new)

    def drop(self, *paths: str) -> None:
        """Forget data that somebody else takes care of, and the links that led to nothing else."""
        dropped = []
        for path in paths:
            known = self.loaded.get(path)
            if known is not None and known.is_data:
                del self.loaded[path]
                dropped += [path, *self.links.leave(path)]
        if dropped:
            self.on_drop(dropped)

    def drop_link(self, place: str) -> None:
        """Forget a link that the program turns itself; one that led to code is still watched."""
        records = [self.loaded.get(real) for real in self.links.led(place)]
        # What is no record was looked for by an import.
        is_data = bool(records) and all(one is not None and one.is_data for one in records)
        if is_data and self.links.drop(place):
            self.on_drop([place])

    def release(self, directory: str, pattern: str) -> None:
        """Forget data that the framework is told of, now and later."""
        below = os.path.realpath(directory).rstrip(os.sep) + os.sep
        self._released.append((below, pattern.rpartition("*")[2]))
        self.drop(*(path for path in list(self.loaded) if self.is_released(path)))

    def is_released(self, path: str) -> bool:
        """Whether a file is the framework's to read again."""
        return any(
            path.startswith(below) and path.endswith(ending) for below, ending in self._released
        )

    def read(self, path: str) -> bytes:
        """Read a source that we execute ourselves, and note it. Raises OSError."""
        real = self.find(path)
        if real is not None:
            self.before_project(path)
        signature = files.signature(path)
        record = None
        if real is not None and real not in self.loaded:
            # Noted before it is opened, and told of even if it is gone: it may come back.
            record = self.loaded[real] = Loaded(real, signature, reason="the target")
        try:
            with open(path, "rb") as file:
                content = file.read()
            if record is not None:
                record.digest = files.digest_of(content)
        finally:
            if record is not None:
                self.on_load(record)
        return content

    def is_fresh(self, path: str, changed: float) -> bool:
        """Whether bytecode of this source, last changed at that time, is not to be trusted."""
        return changed > self.since or path in self.distrusted

    def fill_digests(self) -> None:
        """Digest what came from bytecode; it counts only while the stat is still that of the load.

        Read first, then look: bytes that were written in between are then not taken for the
        loaded ones.
        """
        for record in list(self.loaded.values()):
            if record.digest is None and record.signature is not None:
                digest = files.digest(record.path)
                if files.signature(record.path) == record.signature:
                    record.digest = digest

    def collect_modules(self) -> None:
        """Note what came in by other loaders: extension modules, archives, bytecode alone."""
        for name in self._newcomers.names():
            module = sys.modules.get(name)
            spec = getattr(module, "__spec__", None)
            loader = getattr(spec, "loader", None)
            if loader is None or type(loader) is _external.SourceFileLoader:
                continue
            path = getattr(loader, "archive", None) or getattr(spec, "origin", None)
            if not isinstance(path, str) or not os.path.isabs(path):
                continue
            real = self.find(path)
            if real is None:
                self.installed.loaded(path)
            elif real not in self.loaded and os.path.isfile(real):
                self.record(real, files.signature(real), reason=f"loaded as {name}")

    def install(self) -> None:
        """Replace the loader's methods; once in the life of an interpreter."""
        _replace("path_stats", _path_stats(self))
        _replace("get_data", _get_data(self, _external.SourceFileLoader.get_data))
        _replace("create_module", _create_module(self))
        finder: Any = _external.PathFinder
        finder.find_spec = _find_spec(self, finder.find_spec)


def _nobody(told: object) -> None:
    """Until somebody listens, the tables are all there is."""


def _nothing(path: str) -> None:
    """Nobody is in the way."""


def _replace(name: str, function: "FunctionType") -> None:
    _disguise(function)
    function.__name__ = name
    setattr(_external.SourceFileLoader, name, function)


def _disguise(function: "Callable[..., object]") -> None:
    code: CodeType = function.__code__
    function.__code__ = code.replace(co_filename="<frozen importlib._bootstrap_external>")


def _find_spec(traces: Traces, original: "Callable[..., object]") -> "Any":
    def find_spec(cls, fullname, path=None, target=None):  # type: ignore[no-untyped-def]
        spec: Any = original(fullname, path, target)
        traces.searches.note(fullname, sys.path if path is None else path, spec)
        return spec

    _disguise(find_spec)
    return classmethod(find_spec)


def _path_stats(traces: Traces) -> "FunctionType":
    def path_stats(self, path):  # type: ignore[no-untyped-def]  # importlib's signature
        status = os.lstat(path)
        is_link = stat.S_ISLNK(status.st_mode)
        real = traces.find(path, status)
        if real is not None:
            traces.before_project(path)
            status = os.stat(path)
        elif is_link:
            status = os.stat(path)
        mtime = status.st_mtime
        traces.last_load = time.monotonic()
        if real is None:
            traces.installed.loaded(path)
        else:
            signature = (status.st_mtime_ns, status.st_size, status.st_ino)
            (traces.unread.discard if real in traces.loaded else traces.unread.add)(real)
            if (known := traces.loaded.get(real)) is None or known.signature is None:
                traces.record(real, signature, reason=f"loaded as {self.name} {by()}")
            if is_link or sys.pycache_prefix is not None:
                # Whatever the link leads to, its bytecode has one name: two files of one second
                # and size could not be told apart.
                mtime = max(mtime, traces.links.made_at(real))
            if traces.is_fresh(real, max(mtime, status.st_ctime)):
                _forget_bytecode(path)
                raise OSError("bytecode is not looked at")
        return {"mtime": mtime, "size": status.st_size}

    return path_stats  # type: ignore[return-value]


def _forget_bytecode(path: str) -> None:
    """Remove the bytecode that is not to be looked at, or a later run would."""
    try:
        os.unlink(_external.cache_from_source(path))
    except (OSError, NotImplementedError):  # there is none, or it is not ours to remove
        pass


def _get_data(traces: Traces, original: "Callable[..., bytes]") -> "FunctionType":
    def get_data(self, path):  # type: ignore[no-untyped-def]
        data = original(self, path)
        if path == self.path:
            real = traces.scope.real(path)
            record = traces.loaded.get(real) if real is not None else None
            if record is not None and record.digest is None and real in traces.unread:
                record.digest = files.digest_of(data)
                traces.on_load(record)
        return data

    return get_data  # type: ignore[return-value]


def _create_module(traces: Traces) -> "FunctionType":
    def create_module(self, spec):  # type: ignore[no-untyped-def]
        then = traces.on_module.get(spec.name)
        if then is not None:
            _after_execution(self, then)
        return

    return create_module  # type: ignore[return-value]


def _after_execution(loader: object, then: "Callable[[ModuleType], None]") -> None:
    """Let one loader call `then` after it has executed its module."""
    execute = loader.exec_module  # type: ignore[attr-defined]

    def exec_module(module: "ModuleType") -> None:
        execute(module)
        then(module)

    _disguise(exec_module)
    loader.exec_module = exec_module  # type: ignore[attr-defined]
