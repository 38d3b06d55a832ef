"""What this interpreter has read: every source of the project, with its signature before reading.

Two methods of importlib's `SourceFileLoader` are replaced. `path_stats` is where the loader stats
a source before it looks at bytecode or source: the signature taken there is the one that later
looks are compared with, so an edit during the import is seen. `get_data` is where it reads: the
digest of exactly those bytes is what "the same content" means.

Bytecode is found by whole seconds and size (PEP 552 calls it timestamp-based), so of two saves
within one second and of equal size the first would win for ever. A source younger than some
seconds is therefore compiled from what stands in it, and so is one whose bytecode could not be
removed: `path_stats` fails for it, which importlib takes as "no bytecode".

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
from autoreload.watch.installed import Installed
from autoreload.watch.probes import MODULE, NOTHING, Probes
from autoreload.watch.scope import Scope

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from importlib.machinery import ModuleSpec
    from types import CodeType, FunctionType, ModuleType
    from typing import Any

    from autoreload.core.changes import Signature

FRESH_S = 3.0
"""Sources younger than this are not taken from bytecode."""


class Traces:
    """The files that were loaded, and a way to tell somebody of each."""

    def __init__(self, distrusted: "frozenset[str]" = frozenset()) -> None:
        self.scope = Scope()
        self.loaded: dict[str, Loaded] = {}
        self.last_load = time.monotonic()
        self.before_project: Callable[[str], None] = _nothing
        """Called with the path of a file of the project before it is looked at."""
        self.on_search: Callable[[str, Iterable[object], ModuleSpec | None], None] | None = None
        """Called after a search for a module."""
        self.on_load: Callable[[Loaded], None] = _nobody
        self.on_module: dict[str, Callable[[ModuleType], None]] = {}
        """What to do right after a module of this name was executed."""
        self.installed = Installed()
        self.probes = Probes()
        self.new_probes: list[tuple[str, str, int]] = []
        """Questions that nobody has been told of."""
        self._folders: dict[str, str | None] = {}
        self._links: dict[str, str] = {}
        """Names of files that were read by way of a link, and what they were."""
        self._released: list[tuple[str, str]] = []
        self.distrusted = distrusted
        """Sources whose bytecode is stale and could not be removed."""
        self._known_modules = 0
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

    def record_link(self, path: str, record: Loaded) -> None:
        """Note the name by which a file was read: a link on the way may be turned to another."""
        name = os.path.abspath(path)
        self._links[name] = record.path
        self.record(name, record.signature, reason=record.reason, is_data=record.is_data)

    def is_in_use(self, real: str) -> bool:
        """Whether a file would be read again; not so when every link to it has been turned."""
        names = [name for name, target in self._links.items() if target == real]
        return not names or any(os.path.realpath(name) == real for name in names)

    def drop(self, path: str) -> None:
        """Forget data that the program turns out to write itself."""
        for name in (path, *(link for link, real in self._links.items() if real == path)):
            known = self.loaded.get(name)
            if known is not None and known.is_data:
                del self.loaded[name]

    def release(self, directory: str, pattern: str) -> list[str]:
        """Forget data that the framework is told of, now and later; what was forgotten."""
        below = os.path.realpath(directory).rstrip(os.sep) + os.sep
        self._released.append((below, pattern.rpartition("*")[2]))
        found = [
            path
            for path, record in list(self.loaded.items())
            if record.is_data and self.is_released(path)
        ]
        for path in found:
            del self.loaded[path]
        return found

    def is_released(self, path: str) -> bool:
        """Whether a file is the framework's to read again."""
        return any(
            path.startswith(below) and path.endswith(ending) for below, ending in self._released
        )

    def read(self, path: str) -> bytes:
        """Read a source that we execute ourselves, and note it. Raises OSError."""
        real = self.scope.real(os.path.abspath(path))
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
                if os.path.abspath(path) != record.path:
                    self.record_link(path, record)
        return content

    def searched(self, name: str, path: "Iterable[object]", spec: "ModuleSpec | None") -> None:
        """Note what a search for a module asked of the project's folders, found or in vain."""
        if self.on_search is not None:
            self.on_search(name, path, spec)
        folders = self._folders
        tail = name.rpartition(".")[2]
        found_in = None
        is_package = False
        if spec is not None:
            is_package = spec.submodule_search_locations is not None
            if spec.origin:
                found_in = spec.origin.rpartition(os.sep)[0]
                if is_package:
                    found_in = found_in.rpartition(os.sep)[0]
        for entry in path:
            if not isinstance(entry, str):
                continue
            if not entry.startswith(os.sep):
                try:
                    entry = os.path.abspath(entry)
                except FileNotFoundError:
                    continue  # the working directory is gone, and importlib goes on as well
            folder = folders[entry] if entry in folders else self._folder(entry)
            is_last = entry == found_in
            if folder is not None or spec is None:
                self._note(name, entry, folder, tail, is_last=is_last, is_package=is_package)
                if folder is None:
                    # The path of a namespace is of a class of its own.
                    self.installed.missed(
                        os.path.join(entry, tail), in_package=isinstance(path, list)
                    )
            if is_last:
                return

    def _note(
        self,
        name: str,
        entry: str,
        folder: str | None,
        tail: str,
        *,
        is_last: bool,
        is_package: bool,
    ) -> None:
        """Note what one folder of a search path has answered."""
        if is_last and is_package:
            return  # nothing goes before a package in its own folder
        answer = MODULE if is_last else NOTHING
        if folder is None:
            self._missed(name, os.path.join(entry, tail))
        elif self.probes.note(folder, tail, answer):
            self.new_probes.append((folder, tail, answer))

    def _folder(self, entry: str) -> str | None:
        """The real path of a folder of the project on the search path."""
        # A file in it stands for the folder: the same rule decides.
        real = self.scope.real(os.path.join(entry, "__init__.py"))
        folder = os.path.dirname(real) if real else None
        found = self._folders[entry] = folder if folder and os.path.isdir(folder) else None
        return found

    def _missed(self, name: str, stem: str) -> None:
        """A folder of the search path that is not there may come with the module in it."""
        for file in (stem + ".py", os.path.join(stem, "__init__.py")):
            real = self.scope.real(os.path.abspath(file))
            if real is not None and not os.path.exists(real):
                self.record(real, None, reason=f"missing, looked for by import {name}")

    def is_fresh(self, path: str, mtime: float) -> bool:
        """Whether bytecode of this source is not to be trusted."""
        return mtime > time.time() - FRESH_S or path in self.distrusted

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
        if len(sys.modules) == self._known_modules:
            return
        self._known_modules = len(sys.modules)
        for module in list(sys.modules.values()):
            spec = getattr(module, "__spec__", None)
            loader = getattr(spec, "loader", None)
            if loader is None or type(loader) is _external.SourceFileLoader:
                continue
            path = getattr(loader, "archive", None) or getattr(spec, "origin", None)
            if not isinstance(path, str) or not os.path.isabs(path):
                continue
            real = self.scope.real(path)
            if real is None:
                self.installed.loaded(path)
            elif real not in self.loaded and os.path.isfile(real):
                self.record(real, files.signature(real), reason=f"loaded as {module.__name__}")

    def install(self) -> None:
        """Replace the loader's methods; once in the life of an interpreter."""
        _replace("path_stats", _path_stats(self))
        _replace("get_data", _get_data(self, _external.SourceFileLoader.get_data))
        _replace("create_module", _create_module(self))
        finder: Any = _external.PathFinder
        finder.find_spec = _find_spec(self, finder.find_spec)


def _nobody(record: Loaded) -> None:
    """Until somebody listens, the table is all there is."""


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
        traces.searched(fullname, sys.path if path is None else path, spec)
        return spec

    _disguise(find_spec)
    return classmethod(find_spec)


def _path_stats(traces: Traces) -> "FunctionType":
    def path_stats(self, path):  # type: ignore[no-untyped-def]  # importlib's signature
        status = os.lstat(path)
        real = traces.scope.real(path, status)
        if real is not None:
            traces.before_project(path)
            status = os.stat(path)
        elif stat.S_ISLNK(status.st_mode):
            status = os.stat(path)
        traces.last_load = time.monotonic()
        if real is None:
            traces.installed.loaded(path)
        else:
            signature = (status.st_mtime_ns, status.st_size, status.st_ino)
            (traces.unread.discard if real in traces.loaded else traces.unread.add)(real)
            traces.record(real, signature, reason=f"loaded as {self.name}")
            if path != real:
                traces.record_link(path, traces.loaded[real])
            if traces.is_fresh(real, status.st_mtime):
                raise OSError("bytecode is not looked at")
        return {"mtime": status.st_mtime, "size": status.st_size}

    return path_stats  # type: ignore[return-value]


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
