"""Restarts that wait: because somebody paused them, or looks at the program in a debugger.

Whoever looks at a stopped program does not want to lose it by a save; what was saved is served when
they go on. The outer, which cannot see the program, asks before it restarts for a file of its own.
"""

from autoreload.core import protocol

TYPE_CHECKING = False
if TYPE_CHECKING:
    from autoreload.core.changes import Change
    from autoreload.system.channel import Channel
    from autoreload.watch.app import App

MOST_SAID = 500
LOOK_S = 0.05
"""How soon it is seen that the user goes on."""


class Later:
    """What is kept, and who waits for it."""

    def __init__(self, channel: "Channel", app: "App") -> None:
        self._channel = channel
        self._app = app
        self._kept: list[str] | None = None
        self.is_paused = False
        self._paused: list[str] = []
        self._does_outer_wait = False

    @property
    def is_pending(self) -> bool:
        """Whether anything waits."""
        return self._kept is not None or self._does_outer_wait

    @property
    def count(self) -> int:
        """How many changes wait."""
        return len(self._paused) if self.is_paused else len(self._kept or ())

    def pause(self, *, on: bool) -> None:
        """Somebody wants no restarts for now, or wants them again."""
        self.is_paused = on
        self._paused = []

    def tell(self, changes: "list[Change]") -> None:
        """While there is a pause, only tell of changes, and of each set of them once."""
        paths = [change.path for change in changes]
        if paths != self._paused:
            self._paused = paths
            self._channel.send("kept", paths=protocol.shortened(paths), count=len(paths))

    def keep(self, changes: "list[Change]") -> bool:
        """Keep these if a debugger waits now, and say so once. Raises ChannelClosed."""
        if not self._app.is_debugged():
            return False
        paths = [change.path for change in changes]
        if paths != self._kept:
            self._kept = paths
            self._channel.send("later", paths=protocol.shortened(paths, most=MOST_SAID))
        return True

    def forget(self) -> bool:
        """The files are as they were; whether any was kept."""
        was_kept = self._kept is not None
        self._kept = None
        return was_kept

    def answer(self) -> None:
        """Tell the outer whether it may restart now, or will be told later. May raise too."""
        self._does_outer_wait = self._app.is_debugged()
        self._channel.send("prompt", on=self._does_outer_wait)

    def is_over(self) -> bool:
        """Whether the user has gone on, and something was kept. Raises ChannelClosed."""
        if not self.is_pending or self._app.is_debugged():
            return False
        if self._does_outer_wait:
            self._does_outer_wait = False
            self._channel.send("prompt", on=False)
        kept, self._kept = self._kept, None
        return kept is not None
