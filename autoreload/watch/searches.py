"""Where this interpreter looked for modules: what was asked of the project's folders, and missing.

A search that ends in vain is noted as well: a missing module that is written later is a change, and
so is one that would be found before another.
"""

import os

from autoreload.watch.probes import MISSED, MODULE, NOTHING, Probes

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from importlib.machinery import ModuleSpec

    from autoreload.watch.traces import Traces


class Searches:
    """The questions, and the best answer that each folder had."""

    def __init__(self, traces: "Traces") -> None:
        self._traces = traces
        self._folders: dict[str, str | None] = {}
        self._plain: dict[str, str] = {}
        """Absolute entries that are not as plain as they could be: with `/` at the end, or `..`."""
        self.probes = Probes()
        self.untold: list[tuple[str, str, int]] = []
        """Questions that nobody has been told of."""
        self.on_search: Callable[[str, Iterable[object], ModuleSpec | None], None] | None = None
        """Called after a search for a module."""

    def note(self, name: str, path: "Iterable[object]", spec: "ModuleSpec | None") -> None:
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
                # Of an entry like `../lib` importlib makes `/project/../lib/module.py`.
                if "/./" in found_in or "/../" in found_in or found_in.endswith(("/.", "/..")):
                    found_in = os.path.normpath(found_in)
        for entry in path:
            if not isinstance(entry, str):
                continue
            if not entry.startswith(os.sep):
                try:
                    entry = os.path.abspath(entry)
                except FileNotFoundError:
                    continue  # the working directory is gone, and importlib goes on as well
            folder = folders[entry] if entry in folders else self._folder(entry)
            is_last = self._plain.get(entry, entry) == found_in
            if folder is not None or spec is None:
                if not (is_last and is_package):  # nothing goes before a package in its own folder
                    answer = MODULE if is_last else NOTHING if spec is not None else MISSED
                    self._answered(name, entry, folder, tail, answer)
                if folder is None:
                    # The path of a namespace is of a class of its own.
                    self._traces.installed.missed(
                        os.path.join(entry, tail), in_package=isinstance(path, list)
                    )
            if is_last:
                return

    def _answered(self, name: str, entry: str, folder: str | None, tail: str, answer: int) -> None:
        """Note what one folder of a search path has answered."""
        if folder is None:
            self._missed(name, os.path.join(entry, tail))
        elif self.probes.note(folder, tail, answer):
            self.untold.append((folder, tail, answer))

    def _folder(self, entry: str) -> str | None:
        """The real path of a folder of the project on the search path."""
        if (plain := os.path.normpath(entry)) != entry:
            self._plain[entry] = plain
        # A file in it stands for the folder: the same rule decides.
        real = self._traces.find(os.path.join(entry, "__init__.py"))
        folder = os.path.dirname(real) if real else None
        found = self._folders[entry] = folder if folder and os.path.isdir(folder) else None
        return found

    def _missed(self, name: str, stem: str) -> None:
        """A folder of the search path that is not there may come with the module in it."""
        for file in (stem + ".py", os.path.join(stem, "__init__.py")):
            real = self._traces.find(file)
            if real is not None and not os.path.exists(real):
                self._traces.record(real, None, reason=f"missing, looked for by import {name}")
