"""What the program itself names in one run: files to be watched, and what restarts nothing."""

from autoreload.core.changes import Loaded
from autoreload.core.gitignore import Ignored, of_option
from autoreload.system import files
from autoreload.watch.trees import Tree, named


class Asked:
    """The trees and patterns, until the run is over."""

    def __init__(self, root: str) -> None:
        self._root = root
        self.forget()

    def forget(self) -> None:
        """The next run begins, and names its own."""
        self.trees: list[Tree] = []
        self._patterns: list[str] = []
        self._ignored = of_option((), self._root)

    def watch(self, pattern: str, ignored: Ignored, *, since_ns: int) -> bool:
        """Watch this too; whether any of it has changed since that moment."""
        tree = named(pattern, self._root, ignored)
        # The clock has ticks: what the program wrote right before it asked is no change of it.
        changed = [one for one in tree.found if (files.changed_ns(one) or 0) > since_ns]
        for path in changed:
            tree.found[path] = Loaded(path, None)
        self.trees.append(tree)
        return bool(changed)

    def ignore(self, pattern: str) -> None:
        """Let this restart nothing."""
        self._patterns.append(pattern)
        self._ignored = of_option(self._patterns, self._root)

    def ignores(self, path: str) -> bool:
        """Whether a path restarts nothing."""
        return self._ignored.match(path)

    def counted(self, paths: list[str]) -> list[str]:
        """Those that may restart something."""
        return [one for one in paths if not self.ignores(one)] if self._ignored else paths
