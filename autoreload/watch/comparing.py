"""Compares what was loaded with what is on disk, and tells the outer what was only touched."""

import time

from autoreload.core import protocol
from autoreload.core.changes import Change, compare
from autoreload.system import files, repository
from autoreload.watch import telling

TYPE_CHECKING = False
if TYPE_CHECKING:
    from autoreload.core.changes import Signature
    from autoreload.core.decisions import Broken
    from autoreload.core.protocol import Message
    from autoreload.system.channel import Channel
    from autoreload.watch.app import Settings
    from autoreload.watch.traces import Traces


class Comparing:
    """Looks at every loaded file, and knows how long that takes."""

    def __init__(self, channel: "Channel", traces: "Traces", settings: "Settings") -> None:
        self._channel = channel
        self._traces = traces
        self._settings = settings
        self.cost_s = 0.0
        """Of a look that finds nothing."""

    def look(self) -> list[Change]:
        """What is no longer as it was loaded. Raises ChannelClosed."""
        start = time.perf_counter()
        self._traces.collect_modules()
        records = list(self._traces.loaded.values())
        if self._settings.is_ignored is not None:
            records = [one for one in records if not self._settings.is_ignored(one.path)]
        found = compare(records, files.signature, files.digest)
        others = [
            *self._changes("turned", self._traces.links.turned()),
            *self._changes("created", self._traces.searches.probes.better()),
        ]
        if not found.changes and not found.same:
            self.cost_s = 0.7 * self.cost_s + 0.3 * (time.perf_counter() - start)
        self._tell_same(found.same)
        return found.changes + others

    def lone(self, hint: "Hint") -> list[Change]:
        """The only change of those that a hint names, if it compiles and waits for nothing else.

        Nothing else is looked at. Raises ChannelClosed.
        """
        look, digest, proof = files.signature, files.digest, hint.proof
        if proof is not None:
            look, digest = (lambda path: proof[0]), (lambda path: proof[1])
        ignored = self._settings.is_ignored
        records = [self._traces.loaded.get(path) for path in hint.paths]
        known = [one for one in records if one is not None and not (ignored and ignored(one.path))]
        found = compare(known, look, digest)
        self._tell_same(found.same)
        changes = found.changes
        if len(changes) != 1 or self._settings.patience(changes, False, 0):
            return []
        is_whole = proof or not (self.broken(changes) or repository.busy(changes[0].path))
        return changes if is_whole else []

    def _tell_same(self, paths: list[str]) -> None:
        if paths:
            self._channel.send("same", paths=protocol.shortened(paths))
            telling.tell_loaded(self._channel, self._traces, paths)

    def _changes(self, kind: str, paths: list[str]) -> list[Change]:
        ignored = self._settings.is_ignored
        wanted = [path for path in paths if ignored is None or not ignored(path)]
        return [Change(path, kind, files.signature(path)) for path in wanted]

    def broken(self, changes: list[Change]) -> "list[Broken]":
        """Why the changed sources do not compile, where they do not.

        One that is gone, or where a link led before it was turned, is not looked at.
        """
        links = self._traces.links
        return files.all_broken(
            one.path for one in changes if one.kind != "deleted" and links.is_in_use(one.path)
        )


class Hint:
    """What has been saved, by events; whoever heard of it may have compiled a lone file."""

    __slots__ = ("paths", "proof")

    def __init__(self, message: "Message") -> None:
        self.paths = message.texts("paths")
        self.proof: tuple[Signature, int] | None = None
        """Signature and digest of the only file that is named, if it compiles."""
        match self.paths, message.fields.get("proof"):
            case [_], ((int(moment), int(size), int(inode)), int(digest)):
                self.proof = (moment, size, inode), digest
