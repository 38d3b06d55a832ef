"""`--verify-warm`: after each warm restart the program is started cold beside it, and compared.

The twin runs up to its first bind, unseen and at the lowest priority. Where it differs a second one
tells what differs from one cold start to the next; what is left is a fault, and warm restarts are
switched off.
"""

import time

from autoreload.core import protocol, twins, wording
from autoreload.system import processes
from autoreload.system.channel import ChannelClosed

TYPE_CHECKING = False
if TYPE_CHECKING:
    from autoreload.core.protocol import Message
    from autoreload.core.twins import State
    from autoreload.core.wording import Line
    from autoreload.outer.child import Child
    from autoreload.outer.launchpad import Booted, Launchpad

LONGEST_S = 60.0
"""A twin that does not come to its first bind by then is ended, and nothing is known."""
LOOK_EVERY_S = 0.05


class Verifying:
    """The state of the present run, and its twins one after the other."""

    def __init__(self, launchpad: "Launchpad") -> None:
        self._launchpad = launchpad
        self._entries: list[object] = []
        self._warm: State = {}
        self._cold: list[State] = []
        self._twin: Booted | None = None
        self._twin_entries: list[object] = []
        self._twin_until = 0.0
        self.is_wrong = False
        """Whether the present run is not what a cold start would be; true until it is over."""

    def heard(self, message: "Message", child: "Child") -> None:
        """The present run shows its state."""
        entries = message.fields.get("entries")
        self._entries += entries if isinstance(entries, list) else []
        if message.flag("over") and child.is_warm:
            self._warm, self._cold = twins.state(self._entries), []
            self._begin()

    def _begin(self) -> None:
        self._twin_entries = []
        self._twin = self._launchpad.twin()
        self._twin_until = time.monotonic() + LONGEST_S

    def timeouts(self) -> list[float]:
        """Seconds until the twin is looked at."""
        return [] if self._twin is None else [LOOK_EVERY_S]

    def look(self) -> "Line | None":
        """Hear what the twin says; what is to be said of it when all is known."""
        twin = self._twin
        if twin is None:
            return None
        try:
            while (message := twin.channel.receive()) is not None:
                if message.word == "settled":
                    twin.channel.tell("ready")
                elif message.word == "state" and message.flag("over"):
                    return self._compare(twins.state(self._twin_entries))
                elif message.word == "state":
                    entries = message.fields.get("entries")
                    self._twin_entries += entries if isinstance(entries, list) else []
        except (ChannelClosed, protocol.ProtocolError):
            self._end_twin()
            return wording.not_verified()
        if time.monotonic() > self._twin_until:
            self._end_twin()
            return wording.not_verified()
        return None

    def _compare(self, found: "State") -> "Line":
        self._end_twin()
        self._cold.append(found)
        if not twins.differences(self._warm, self._cold[0]):
            return wording.verified(len(self._warm))
        if len(self._cold) == 1:
            self._begin()
            return wording.verifying_again()
        wrong = twins.wrong(self._warm, *self._cold)
        if not wrong:
            return wording.verified(len(self._warm))
        self.is_wrong = True
        self._launchpad.is_warm = False
        return wording.not_as_cold(*wrong[0], more=len(wrong) - 1)

    def _end_twin(self) -> None:
        twin, self._twin = self._twin, None
        if twin is not None:
            twin.channel.close()
            processes.kill_tree(twin.pid)

    def end(self) -> None:
        """The present run is over."""
        self._end_twin()
        self._entries = []
        self.is_wrong = False
