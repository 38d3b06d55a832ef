"""Whether a checkpoint may be left here, and if not, why and since which line of the program."""

from _thread import get_ident

from autoreload.core.forking import Refusal, refusal
from autoreload.inner import facts
from autoreload.inner.renewing import Renewing
from autoreload.system import census
from autoreload.system.channel import Channel, ChannelClosed
from autoreload.watch.past import Past

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection

    from autoreload.inner.suspects import Suspects
    from autoreload.watch.traces import Traces
    from autoreload.watch.watcher import Watcher


class Safety:
    """The rules, applied to this process, and the last answer."""

    def __init__(self, channel: Channel, traces: "Traces", root: str) -> None:
        self._channel = channel
        self._traces = traces
        self._main = get_ident()
        self._known = census.open_targets()
        self.past = Past(traces, root)
        self.past.install()
        self.renewing = Renewing(traces)
        self.renewing.install()
        self.refused = Refusal()
        """Why there is no later checkpoint, if something keeps it from being left."""
        self._suspects: Suspects | None = None

    def explain(self, watcher: "Watcher") -> None:
        """Look closely from here on, for who wants to know the line."""
        from autoreload.inner.suspects import Suspects

        self._suspects = Suspects(lambda: watcher.thread.task)

    def close(self) -> None:
        """No checkpoint follows."""
        self.past.close()
        self.renewing.close()

    def passes(self, place: str) -> None:
        """The program comes to a place where a checkpoint may stand."""
        if self._suspects is not None:
            self._suspects.look(place)

    def refusal(self, own: "Collection[int | None]") -> Refusal:
        """Why not to fork here; `own` are descriptors of ours. Empties buffers on the way."""
        logs = facts.flush()
        if logs is None:
            return Refusal("its output cannot be written")
        try:
            if not self._channel.flush():
                return Refusal("the channel is full")
        except ChannelClosed:
            return Refusal("the channel is closed")
        self._traces.collect_modules()
        self.past.look_at_installed()
        found = facts.gather(self._main, self._known, logs)
        found.descriptors = [one for one in found.descriptors if one.fd not in own]
        reason = refusal(found) or self.renewing.refusal() or Refusal(self.past.refusal())
        if not reason:
            self.past.settle()
            self.renewing.note(found.descriptors)
        return reason

    def tell(self, *, part: bool) -> None:
        """Say why a restart that is about to follow goes on from no later place, or from none."""
        if not self.refused and part:
            return
        reason = self.refused or Refusal("it has no checkpoint yet")
        text = str(reason) if self._suspects is None else self._suspects.name(reason)
        self._channel.tell("cold", reason=text[:1000], cure=reason.cure, part=part)
