"""The stop of the app as the watcher sees it: asked for once, looked at, told of, forced."""

import sys
import time

from autoreload.core import protocol
from autoreload.system.channel import ChannelClosed
from autoreload.system.waiting import wait

TYPE_CHECKING = False
if TYPE_CHECKING:
    from autoreload.system.channel import Channel
    from autoreload.watch.app import App

SLOW_S = 1.0  # what has not ended by then is told about
NUDGE_S, PATIENT_S = 0.01, 0.05
"""When an app that is to end is looked at: a signal right before a wait does not end that."""


class Stopping:
    """Whether the app is to end, and since when."""

    def __init__(self, channel: "Channel", app: "App", timeout_s: float) -> None:
        self._channel = channel
        self._app = app
        self._timeout_s = timeout_s
        self._since: float | None = None
        self._told_slow = False
        self.is_silent = False
        """Whether nobody hears of it."""

    @property
    def has_begun(self) -> bool:
        """Whether it has been asked to end."""
        return self._since is not None

    def request(self, *, restart: bool) -> None:
        """Ask the app to end; later requests add nothing."""
        if self._since is None:
            self._since = time.monotonic()
            self._app.stop(restart=restart)

    def expect(self) -> None:
        """Watch over the end of an app that somebody else has asked: typed keys reach it as well.

        What it says of its interrupt is its own, as without us.
        """
        if self._since is None:
            self._since = time.monotonic()

    def interval(self) -> float:
        """Seconds until it is to be looked at again."""
        return NUDGE_S if self._lasts_s() < NUDGE_S else PATIENT_S

    def fall_silent(self) -> None:
        """Nobody is to hear of it any more."""
        self.is_silent = True
        self._channel.close()

    def look_alone(self) -> None:
        """Wait a moment, and do what is due by then."""
        wait([], self.interval())
        try:
            self.look()
        except ChannelClosed:
            pass

    def look(self) -> None:
        """Do what is due by now. Raises ChannelClosed."""
        lasts_s = self._lasts_s()
        self._app.proceed()
        if lasts_s >= NUDGE_S:
            self._app.nudge()
        if lasts_s > SLOW_S and not self._told_slow:
            self._told_slow = True
            self._channel.send("slow", threads=protocol.shortened(self._app.kept_by()))
        if lasts_s > self._timeout_s and not sys.is_finalizing():
            self._app.force()

    def _lasts_s(self) -> float:
        return 0.0 if self._since is None else time.monotonic() - self._since
