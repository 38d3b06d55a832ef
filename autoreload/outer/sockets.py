"""The listening sockets of all runs: kept, offered, given back where Python cannot hook."""

import time

from autoreload.core import wording
from autoreload.outer.keeper import Keeper
from autoreload.outer.notified import Notified
from autoreload.outer.offered import Offered
from autoreload.outer.spawning import Spawning

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from autoreload.core.options import Options
    from autoreload.core.protocol import Message
    from autoreload.core.wording import Line
    from autoreload.outer.child import Child


class Sockets:
    """What the outer does about sockets, in one place."""

    def __init__(self, options: "Options") -> None:
        """Open what `--socket` names. Raises SocketProblem."""
        mode = None if options.keep_sockets == "none" else options.keep_sockets
        self.offered = Offered(options.sockets)
        self.keeper = Keeper(self.offered.inodes)
        self._notified = Notified(self.keeper)
        self.spawning = Spawning(mode, self.keeper, self._notified, self.offered)
        self._said: set[str] = set()

    def filenos(self) -> list[int]:
        """What to wait on for programs that bind."""
        return self._notified.filenos()

    def answer(self, ready: "Mapping[int, int]") -> None:
        """Answer the programs that bind."""
        self._notified.answer(ready)

    def stopping(self, child: "Child") -> None:
        """A restart begins: keep what the run listens on."""
        self.spawning.collect(child.pid, is_command=child.channel is None)

    def hear(self, message: "Message", child: "Child") -> "list[str]":
        """Answer what an inner asks; the addresses that it cannot give back, at a restart."""
        if message.word == "give":
            self.stopping(child)
        self.keeper.hear(message)
        return message.texts("left")

    def ended(self) -> None:
        """A run is over: nobody takes anything, and what it did to the sockets is undone."""
        self.keeper.pause()
        self.keeper.restore()
        self.offered.renew()

    def timeouts(self, now: float) -> list[float]:
        """Seconds until something here is due."""
        return self.keeper.timeouts(now)

    def look(self) -> "Line | None":
        """Let go of what is outdated; what is to be said, once."""
        self.keeper.look(time.monotonic())
        trouble = self._notified.trouble
        if not trouble or trouble in self._said:
            return None
        self._said.add(trouble)
        return wording.no_notices(trouble)

    def failed(self) -> "Line | None":
        """A run has failed: what the filter may have to do with it, once."""
        if not self.spawning.has_filter or "privileges" in self._said:
            return None
        self._said.add("privileges")
        return wording.no_privileges()

    def close(self) -> None:
        """Autorun ends: every port is free."""
        self.keeper.close()
        self.offered.close()
        self._notified.close()
