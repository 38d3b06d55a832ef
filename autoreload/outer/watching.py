"""The outer's part of noticing: it has the events, and compares what no inner can.

While an inner lives, its own watcher compares what it loaded; the outer hands it the hints. What
its children loaded, the files that are watched by name, and everything while no inner lives are
compared here.
"""

import os
import time

from autoreload.core.changes import Loaded
from autoreload.core.gitignore import of_option
from autoreload.core.patterns import Patterns
from autoreload.core.trust import POLL_S
from autoreload.outer.asked import Asked
from autoreload.outer.comparing import changed
from autoreload.outer.found import Found
from autoreload.outer.sources import Sources
from autoreload.system import files
from autoreload.watch import trees
from autoreload.watch.links import Links
from autoreload.watch.probes import Probes
from autoreload.watch.trees import Tree

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from autoreload.core.options import Options
    from autoreload.core.wording import Line
    from autoreload.outer.child import Child

SWEEP_S = 2.0
EARLY = 0.25  # who is awake anyway sweeps by this share early: two clocks fall together so
MOST_NAMED = 8
"""Files of one save that the inner is told of by name."""
_LINK = "a link on the way to what was read"
SHARE = 200  # a sweep may take one part in this many of the time between two


class Watching:
    """Trees, and the loaded files that are compared here, with the source of hints for them."""

    def __init__(self, options: "Options", root: str, complain: "Callable[[Line], None]") -> None:
        self._options = options
        self._root = root
        self._ignored = of_option(options.ignored, root)
        self._sources = Sources(
            self.is_wanted,
            self._files,
            complain,
            root=root,
            poll_s=options.poll_s,
            backend=options.backend,
        )
        self._trees: list[Tree] = []
        self._cached: list[Tree] = []
        self.asked = Asked(root)
        self._loaded: dict[str, Loaded] = {}
        self._below: dict[str, Loaded] = {}
        self._inner_compares = False
        self._links = self._links_below = Links()
        self._probes = Probes()
        self._looked = time.monotonic()
        self._cost_s = 0.0
        self._wholes: list[str | None] = []
        """The trees of everything: which names of it, or None for all."""
        self._is_gone = False
        self.apart: set[str] = set()
        """Files that are no business of the app's; somebody else compares them."""
        self.apart_hinted = False
        """Whether there was an event of one; it stays until somebody has looked."""
        self.apart_moves = False
        """Whether one of them has changed and nothing was done about it yet."""
        self.unheeded: set[str] = set()
        """What the app writes again and again; a change of it means nothing."""

    def add_pattern(self, pattern: str) -> Tree:
        """Watch what a glob or directory names."""
        tree = trees.named(pattern, self._root, self._ignored)
        self._trees.append(tree)
        self.subscribe()
        return tree

    def add_apart(self, paths: "Iterable[str]") -> None:
        """Have hints for files that belong to autorun: `apart_hinted` tells of them."""
        self.apart = set(paths)
        self.subscribe()

    def add_sources(self) -> None:
        """Watch every Python file of the root, once: something below the app is not followed."""
        if "*.py" not in self._wholes:
            self.add_everything(only="*.py")

    def add_everything(self, *, only: str | None = None, since_ns: int | None = None) -> Tree:
        """Watch the tree of the root, without what git ignores.

        What was touched since `since_ns`, the start of the run, counts as changed: the run may
        have read it before.
        """
        self._wholes.append(only)
        tree = trees.whole(only, self._root, self._ignored)
        for path in tree.found:
            if since_ns is not None and files.touched_since(path, since_ns):
                tree.found[path] = Loaded(path, None)
        self._trees.append(tree)
        self.subscribe()
        return tree

    def renew(self) -> list[Tree]:
        """Watch what the options say by now; the trees of --watch, in its order."""
        self._ignored = of_option(self._options.ignored, self._root)
        self._trees = [trees.whole(only, self._root, self._ignored) for only in self._wholes]
        return [self.add_pattern(pattern) for pattern in self._options.watch]

    def add_cached(self, directory: str, pattern: str, *, since_ns: int) -> list[str]:
        """Watch what the framework caches; installed packages are left alone.

        Returns what was touched since `since_ns`, the start of the run: the framework may have
        cached it before that, and from here on it would look unchanged.
        """
        known = any(tree.directory == directory for tree in self._cached)
        if known or "site-packages" in directory or not os.path.isdir(directory):
            return []
        wanted = Patterns([os.path.join(directory, pattern)], self._root)
        tree = Tree(os.path.realpath(directory), wanted, self._ignored)
        self._cached.append(tree)
        self.subscribe()
        return self._only_cached([one for one in tree.found if files.touched_since(one, since_ns)])

    def add_asked(self, pattern: str, *, since_ns: int) -> None:
        """Watch what the program has named, which counts from `since_ns` on."""
        if self.asked.watch(pattern, self._ignored, since_ns=since_ns):
            self.expect()
        self.subscribe()

    def follow(self, child: "Child", *, inner: bool) -> None:
        """Watch what this run loads; `inner`: its own watcher compares what it loaded itself."""
        self._loaded = child.loaded
        self._below = child.below
        self._links = child.links
        self._links_below = child.links_below
        self._probes = child.probes
        self._inner_compares = inner
        self.subscribe()

    def rebase(self) -> None:
        """Take everything that is watched by name as it is now, before a new run reads it."""
        for tree in self._trees:
            tree.look()
        self._cached = []
        self.asked.forget()

    def fileno(self) -> int | None:
        """The descriptor to wait for, once there is one."""
        return self._sources.fileno()

    def is_idle(self, ready: "Mapping[int, int]") -> bool:
        """Whether there are only events that nobody wants: of a database, at each request."""
        return list(ready) == [self.fileno()] and not self._sources.stirs()

    @property
    def has_events(self) -> bool:
        return self._sources.has_events

    def open(self) -> None:
        """Start the event source; what cannot be had is polled, and said."""
        self._sources.open()

    def subscribe(self) -> None:
        """Have every directory watched that holds a watched file."""
        wanted = {os.path.dirname(path) for path in (*self._loaded, *self._below, *self.apart)}
        wanted |= self._links.folders() | self._links_below.folders() | self._probes.folders()
        for tree in (*self._trees, *self.asked.trees, *self._cached):
            wanted |= tree.directories
        self._sources.follow(wanted)

    def _files(self) -> "Iterator[str]":
        """Every file that is watched."""
        yield from (*self._loaded, *self._below, *self.apart)
        yield from (*self._links.said, *self._links_below.said)
        for tree in (*self._trees, *self.asked.trees, *self._cached):
            yield from tree.found

    def noticed(self, paths: "Iterable[str]") -> None:
        """Changes that somebody found by comparing: there ought to be an event of each."""
        self._sources.noticed(paths)

    def is_wanted(self, path: str) -> bool:
        """Whether an event of this path is worth waking up for; called from watchdog's thread."""
        tables = (self._loaded, self._below, self.apart, self._links.said, self._links_below.said)
        every = (*self._trees, *self.asked.trees, *self._cached)
        return (
            any(path in table for table in tables)
            or any(tree.is_wanted(path) for tree in every)
            or self._probes.is_wanted(path)
        )

    def why(self, path: str) -> str:
        """Why a change of this file counts here."""
        if path == self._root:
            return "is there again"
        is_link = path in self._links.said or path in self._links_below.said
        if path in self._below or is_link:
            return "loaded by a child of the app" if path in self._below else _LINK
        if any(tree.is_wanted(path) for tree in self.asked.trees):
            return "named by the program"
        if any(path in tree.found or tree.is_wanted(path) for tree in self._trees):
            return "named by --watch" if self._options.watch else "below this directory"
        return "loaded by the last run" if path in self._loaded else "would be imported now"

    def extent(self) -> tuple[int, int, str]:
        """How many files and directories are watched, and by what."""
        named = sum(len(tree.found) for tree in (*self._trees, *self.asked.trees, *self._cached))
        files_ = len(self._loaded) + len(self._below) + named
        return files_, len(self._sources.directories), self._sources.name

    def named(self) -> "Iterator[tuple[str, str]]":
        """What is watched without having been loaded, with the reason."""
        for tree in self._cached:
            yield from ((path, "cached by the framework") for path in tree.found)
        links = (*self._links.said, *self._links_below.said)
        yield from ((one, _LINK) for one in links if not self.is_ignored(one))
        for tree in (*self._trees, *self.asked.trees):
            yield from ((path, self.why(path)) for path in tree.found)
        for path, name in self._probes.unanswered():
            yield path, f"missing, looked for by import {name}"

    def is_ignored(self, path: str) -> bool:
        """Whether --ignore or the program names a path."""
        return self._ignored.match(path) or self.asked.ignores(path)

    def is_apart(self, path: str) -> bool:
        """Whether a file is autorun's alone; a pyproject.toml is everybody's."""
        return path in self.apart and not path.endswith("/pyproject.toml")

    def is_left(self, path: str) -> bool:
        """Whether a glob of --watch would name a path, and a .gitignore keeps it out."""
        return any(tree.is_left(path) for tree in self._trees)

    def probes_for(self, path: str) -> bool:
        """Whether a module was looked for at this path."""
        return self._probes.is_wanted(path)

    @property
    def looked_at(self) -> float:
        """When everything was compared last (time.monotonic); -inf when it is to be."""
        return self._looked

    def expect(self) -> None:
        """Let the next look be a whole one: nobody has compared what is subscribed now."""
        self._looked = float("-inf")

    def next_sweep(self) -> float:
        """Seconds until the next look without a hint; 0 right after something was subscribed."""
        if self._sources.is_fresh and self.has_events:
            return 0.0
        return max(0.0, self._looked + self._pace() - time.monotonic())

    def _pace(self) -> float:
        only_the_inner_compares = self._inner_compares and not (
            self._trees or self.asked.trees or self._cached or self._below
        )
        has_time = self.has_events or only_the_inner_compares
        pace = SWEEP_S if has_time else self._options.poll_s or POLL_S
        return max(pace, self._cost_s * SHARE)

    def next_look(self) -> float:
        """Seconds until the next look that nothing wakes up for."""
        return min(self.next_sweep(), self._sources.next_due())

    def look(self) -> Found:
        """Take the hints, or everything when that is due, and compare."""
        found = self._look()
        if self.unheeded:
            found.restart = [path for path in found.restart if path not in self.unheeded]
        found.restart, found.refresh = map(self.asked.counted, (found.restart, found.refresh))
        return found

    def _look(self) -> Found:
        found = Found()
        hints = self._sources.hints()
        self.apart_hinted = self.apart_hinted or not self.apart.isdisjoint(hints)
        if self._ignored:
            hints = {path for path in hints if not self._ignored.match(path)}
        found.touched = hints
        if self._has_come_back() and not self._inner_compares:
            found.restart.append(self._root)
        if hints and self._inner_compares:
            known = {*self._loaded, *self._links.said}
            found.hinted = not known.isdisjoint(hints) or any(map(self._probes.is_wanted, hints))
            if len(hints) <= MOST_NAMED and hints <= self._loaded.keys():
                found.loaded = sorted(hints)
        if self.next_sweep() <= self._pace() * EARLY:
            return self._sweep(found)
        if not hints:
            return found
        if not self._inner_compares:
            found.restart += self._probes.better(hints)
        found.restart += self._compare_loaded(hints)
        for tree in (*self._trees, *self.asked.trees):
            found.restart += tree.look(path for path in hints if tree.is_wanted(path))
        for tree in self._cached:
            touched = tree.look(path for path in hints if tree.is_wanted(path))
            found.refresh += self._only_cached(touched)
        self.subscribe()
        return found

    def _has_come_back(self) -> bool:
        """Whether the directory of it all is there again: where nothing is, nothing was loaded."""
        was_gone = self._is_gone
        self._is_gone = files.identity(self._root) is None
        return was_gone and not self._is_gone

    def _sweep(self, found: Found) -> Found:
        start = time.perf_counter()
        self._looked = time.monotonic()
        if self._sources.is_fresh and self.has_events:
            self._sources.is_fresh = False
            found.hinted = self._inner_compares
        elif self._inner_compares and not self.has_events:
            # Without events nobody else would learn that the inner's watcher is kept from running.
            found.hinted = found.hinted or bool(self.differs())
        found.restart += self._compare_loaded(None)
        for tree in (*self._trees, *self.asked.trees):
            found.restart += tree.look()
        for tree in self._cached:
            found.refresh += self._only_cached(tree.look())
        if not self._inner_compares:
            found.restart += self._probes.better()
        self.subscribe()
        self._cost_s = time.perf_counter() - start
        return found

    def _only_cached(self, paths: list[str]) -> list[str]:
        return [path for path in paths if path not in self._loaded and not path.endswith(".py")]

    def _compare_loaded(self, paths: "set[str] | None") -> list[str]:
        found = changed(self._below, self._links_below, self.is_ignored, paths)
        if not self._inner_compares:
            found += changed(self._loaded, self._links, self.is_ignored, paths)
        return found

    def differs(self) -> list[str]:
        """What the inner loaded and is no longer so, for an inner that does not answer."""
        found = changed(self._loaded, self._links, self.is_ignored)
        return [path for path in found if path not in self.unheeded]

    def close(self) -> None:
        self._sources.close()
