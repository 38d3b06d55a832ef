"""Folders without an `__init__.py` that make a namespace package, or would if they were there.

Where no file answers an import, a folder of that name does (PEP 420). An import that found nothing
finds a package as soon as such a folder appears, and a namespace package is made of all of them.
"""

import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from importlib.machinery import ModuleSpec

    from autoreload.watch.scope import Scope


class Portions:
    """What was asked of the project's folders, and whether a folder answered."""

    def __init__(self, scope: "Scope") -> None:
        self._scope = scope
        self._is_own: dict[str, bool] = {}
        self._asked: dict[str, bool] = {}

    def searched(self, name: str, path: "Iterable[object]", spec: "ModuleSpec | None") -> None:
        """Note a search that found no file: nothing at all, or folders only."""
        if spec is not None and (spec.origin or spec.submodule_search_locations is None):
            return
        locations = () if spec is None else spec.submodule_search_locations or ()
        found = {os.path.abspath(one) for one in locations}
        tail = name.rpartition(".")[2]
        for entry in path:
            if isinstance(entry, str) and self._is_project(entry):
                folder = os.path.join(os.path.abspath(entry), tail)
                self._asked.setdefault(folder, folder in found)

    def _is_project(self, entry: str) -> bool:
        known = self._is_own.get(entry)
        if known is None:
            try:
                real = self._scope.real(os.path.join(os.path.abspath(entry), "_"))
            except FileNotFoundError:
                return False  # the working directory is gone
            known = self._is_own[entry] = real is not None
        return known

    def changed(self) -> str:
        """A folder that has come or gone since; empty when there is none."""
        for folder, was in self._asked.items():
            if os.path.isdir(folder) != was:
                return folder
        return ""
