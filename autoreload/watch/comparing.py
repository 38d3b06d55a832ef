"""Compares what was loaded with what is on disk, and tells the outer what was only touched."""

import time

from autoreload.core import protocol
from autoreload.core.changes import Change, compare
from autoreload.system import files
from autoreload.watch import telling

TYPE_CHECKING = False
if TYPE_CHECKING:
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
        better = [Change(path, "created", files.signature(path)) for path in self._better()]
        if not found.changes and not found.same:
            self.cost_s = 0.7 * self.cost_s + 0.3 * (time.perf_counter() - start)
        if found.same:
            self._channel.send("same", paths=protocol.shortened(found.same))
            telling.tell_loaded(self._channel, self._traces, found.same)
        return found.changes + better

    def _better(self) -> list[str]:
        """Files that would be imported now in place of others."""
        ignored = self._settings.is_ignored
        found = self._traces.probes.better()
        return [path for path in found if ignored is None or not ignored(path)]
