"""The present run of the app, and the start of the next."""

import time

from autoreload.core.checkpoints import SPARE_AFTER_S
from autoreload.outer.readiness import Readiness, listening
from autoreload.outer.strangers import Strangers
from autoreload.outer.verifying import Verifying
from autoreload.system import census, files

TYPE_CHECKING = False
if TYPE_CHECKING:
    from autoreload.core.wording import Line
    from autoreload.outer.child import Child
    from autoreload.outer.launchpad import Launchpad
    from autoreload.outer.noticing import Noticing
    from autoreload.outer.sockets import Sockets
    from autoreload.outer.watching import Watching

OPEN_EVENTS_AFTER_S = 0.3
UNSEEN_NS = 50_000_000
"""Whoever asks the program may know this long before us that it is up, and may save by then."""


class Runs:
    """Starts one run after the other, each when the files that it is for have come to rest."""

    def __init__(
        self,
        launchpad: "Launchpad",
        watching: "Watching",
        noticing: "Noticing",
        sockets: "Sockets",
        *,
        serves: bool,
    ) -> None:
        self._launchpad = launchpad
        self._warmth = launchpad.warmth
        self._watching = watching
        self._noticing = noticing
        self._serves = serves
        self._readiness: Readiness | None = None
        self._strangers: Strangers | None = None
        self._sockets = sockets
        self._keeper = sockets.keeper
        self.child: Child | None = None
        self.count = 0
        self._said_by = ""
        """The file by which the last run that was ready has said so itself."""
        self._is_decided = False
        """A change has been found since the present run began."""
        self.verifying = Verifying(launchpad)
        self._listening: set[int] | None = None
        """What listened when the run handed its own over; the next one's is not among it."""
        self._stand_by_at: float | None = None
        """When the next run's interpreter is to be started ahead."""

    @property
    def listener(self) -> "Child | None":
        """The run that can be told something: one that has begun."""
        return self.child if self.child is not None and not self.child.nonce else None

    def start(self) -> "Child":
        """Start the next run; it begins when nothing moves any more. Raises OSError."""
        self._launchpad.kept = self._keeper.addresses()
        if self._warmth is not None and self._launchpad.successor is None:
            self._warmth.begin()
        self.count += 1
        self._launchpad.number = self.count
        wait = self._launchpad.waits and self._noticing.rest() > 0
        if not wait:  # it begins at once, and what is saved from here on is news
            self._watching.rebase()
        # It may be up before we are on again.
        before = listening() if self._listening is None else self._listening
        self._listening = None
        before -= self._keeper.inodes()
        self.child = self._launchpad.start(wait=wait)
        self._readiness = Readiness(
            self.child, self._keeper, before, serves=self._serves, says=self._will_say()
        )
        self._strangers = Strangers(self.child)
        if not self.child.nonce:
            self._begin(self.child)
        return self.child

    def _will_say(self) -> bool:
        """Whether the program is to say itself that it is ready: it has, and the word is there."""
        return bool(self._said_by) and files.mentions(self._said_by, b"ready")

    def look(self) -> "list[Line]":
        """Let a run begin that waits for the files to come to rest; what is said of sockets."""
        if self.child is not None and self.child.nonce and self._noticing.rest() == 0:
            self._begin(self.child)
        if self._stand_by_at is not None and time.monotonic() >= self._stand_by_at:
            self._stand_by_at = None
            self._stand_by()
        line = self._sockets.look() or self.verifying.look()
        if line is None and self._warmth is not None:
            line = self._warmth.look(self.child)
        return [line] if line else []

    def _stand_by(self) -> None:
        """For whoever has no checkpoint to go on from."""
        if self.child is not None and self.child.channel is not None and not self.child.chain:
            self._launchpad.stand_by(census.proportional(self.child.pid))

    def _begin(self, child: "Child") -> None:
        """The new run reads what is there from now on."""
        self._keeper.begin()
        child.catch_up()
        self._noticing.follow(child)
        if child.nonce:
            self._watching.rebase()
        self._watching.follow(child, inner=child.channel is not None)
        if child.nonce:
            self._launchpad.kept = self._keeper.addresses()
            self._launchpad.begin(child)
        self._is_decided = False
        if self._watching.has_events:
            child.tell("events", on=True)

    def decide(self, paths: list[str]) -> None:
        """The next run is because of these files, and is not to trust their bytecode."""
        earlier = self._launchpad.changes if self._is_decided else []
        self._launchpad.changes = list(dict.fromkeys((*earlier, *paths)))
        self._is_decided = True
        self._noticing.decide(paths)
        if self._warmth is not None:
            self._warmth.decide(paths)
        self._launchpad.distrusted.update(self._noticing.drop_bytecode(paths))

    def prepare(self) -> None:
        """Boot the interpreter of the next run ahead, unless a checkpoint stands by."""
        if self.child is None or not self.child.chain:
            self._launchpad.prepare()

    def look_ahead(self) -> None:
        """The run has handed over what it listens on: look at all that listens, until it ends."""
        self._listening = listening()

    def open_events(self) -> None:
        """Start the event source, once; until then the inner's watcher looks often."""
        if self._watching.fileno() is None:
            self._watching.open()
            if self._watching.has_events and self.listener is not None:
                self.listener.tell("events", on=True)

    def open_events_in_time(self) -> None:
        """Start it for a program that is not ready soon."""
        if self.child is not None and time.monotonic() - self.child.started > OPEN_EVENTS_AFTER_S:
            self.open_events()

    def timeouts(self, now: float) -> list[float]:
        """Seconds until something of the present run is due."""
        times = self._strangers.timeouts(now) if self._strangers is not None else []
        if self._readiness is not None and (interval := self._readiness.interval()) is not None:
            times.append(interval)
        if self.child is not None and self.child.nonce:
            times.append(self._noticing.rest())
        if self._warmth is not None:
            times += self._warmth.timeouts(now)
        if self._stand_by_at is not None:
            times.append(self._stand_by_at - now)
        return times + self._sockets.timeouts(now) + self.verifying.timeouts()

    def newly_ready(self, *, is_last: bool = False) -> Readiness | None:
        """How the run became ready, if it has since the last call; `is_last`: it is to end."""
        if self._readiness is None or not self._readiness.look(is_last=is_last):
            return None
        if self._readiness.urls:
            self._keeper.replaced()
        if self.child is not None:
            self.child.started_until_ns = files.now_ns() - UNSEEN_NS
        if self.child is not None and self._strangers is not None:
            self.child.tell("ready")
            self._stand_by_at = time.monotonic() + SPARE_AFTER_S
            if self._warmth is not None:
                self._warmth.ready()
            self._strangers.expect()
        return self._readiness

    def strangers(self) -> list[str]:
        """Interpreters below the app that do not report, once in a run."""
        return self._strangers.look() if self._strangers is not None else []

    def look_alone(self) -> None:
        """No inner lives: subscribe, then compare with what the last one had loaded."""
        assert self.child is not None
        self._watching.follow(self.child, inner=False)
        self._watching.open()
        self._watching.subscribe()
        self._watching.expect()

    def end(self) -> None:
        """The present run is over."""
        self._let_go()
        if self.child is not None:
            self.child.started_until_ns = self.child.started_until_ns or files.now_ns()
            # A checkpoint that was no good after all has begun a run and has not gone on with it.
            if not self._is_decided and not self.child.is_passed_up:
                self._launchpad.changes = []  # whatever follows, it is not because of these
            self.child.close()

    def pass_on(self) -> None:
        """The present run is over, and a checkpoint has begun the next one already."""
        self._let_go()
        if self.child is not None:
            successor = self.child.successor()
            ended_by_itself = not self._is_decided
            if self._warmth is None or ended_by_itself or self._warmth.is_trusted(successor):
                self._launchpad.successor = successor

    def _let_go(self) -> None:
        """A program that has once listened, or said that it is ready, is waited for to do so."""
        if self._readiness is not None and self._readiness.ready_at is not None:
            self._said_by = self.child.up_by if self.child is not None else ""
        if self._readiness is not None and self._readiness.urls:
            self._serves = True
        self._readiness = self._stand_by_at = None
        self.verifying.end()
        self._sockets.ended()
