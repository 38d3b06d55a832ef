"""What is told once the program has started: that it has settled, digests, what is cached."""

import time

from autoreload.watch import telling

TYPE_CHECKING = False
if TYPE_CHECKING:
    from autoreload.system.channel import Channel
    from autoreload.watch.app import App
    from autoreload.watch.traces import Traces

QUIET_S = 0.3
"""The boot is over when nothing was loaded for this long."""


class Boot:
    """The start of one run, as the watcher sees it."""

    def __init__(self, channel: "Channel", traces: "Traces", app: "App") -> None:
        self._channel = channel
        self._traces = traces
        self._app = app
        self.is_settled = False
        """Whether the program was called, and has imported nothing for a while."""
        self._said_cached = False
        self._digested = 0
        self._computed_s = time.process_time()

    def look(self, now: float) -> None:
        """What can wait until the program is up: digests, and what the framework caches."""
        if now - self._traces.last_load < QUIET_S:
            self._computed_s = time.process_time()
            return
        # On a busy machine a program that gets no processor is silent as well, and goes on.
        has_run = time.process_time() - self._computed_s >= QUIET_S
        if not self.is_settled and self._app.is_called() and (has_run or self._app.is_idle()):
            self.is_settled = True
            self._channel.send("settled")
        self._app.note_imports()
        if self._digested != len(self._traces.loaded):
            missing = [one.path for one in self._traces.loaded.values() if one.digest is None]
            self._traces.fill_digests()
            self._digested = len(self._traces.loaded)
            telling.tell_loaded(self._channel, self._traces, missing)
        if not self._said_cached and (cached := self._app.cached()) is not None:
            self._said_cached = True
            for directory, pattern in cached:
                self._traces.release(directory, pattern)
                self._channel.send("watch", directory=directory, pattern=pattern)
