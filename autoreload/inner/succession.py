"""A checkpoint: what it decides about the next run, and how that run begins in a fork of it.

The next run comes up to its turn while the last one is still stopping: it looks whether its past is
still what is on disk, and compiles what has changed. When the last one is over it looks once more,
as that may have written something on its way out, and goes on when the outer says so.
"""

import os
import time

from autoreload.core import checkpoints, protocol
from autoreload.inner.ahead import await_turn, listings
from autoreload.inner.below import GREET, Place
from autoreload.inner.standby import Post
from autoreload.inner.upward import AGAIN, IS_CHECKPOINT, IS_PROGRAM, OVER, WAITS
from autoreload.inner.validity import Validity
from autoreload.system import census, processes
from autoreload.system.channel import ChannelClosed
from autoreload.watch import telling

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import NoReturn

    from autoreload.core.protocol import Message
    from autoreload.inner.below import Below
    from autoreload.inner.checkpoints import Chain


class Succession:
    """What follows on a run: in the checkpoint above it, and in the next run's process."""

    def __init__(self, chain: "Chain", path: str) -> None:
        """`path` is that of the file that comes next."""
        self._chain = chain
        self._path = path
        self._validity = Validity(chain.safety, chain.driver)
        self._listings: list[Callable[[], object]] = []
        self._name = ""

    # --- in the checkpoint ----------------------------------------------------------------------

    def wait(self, run: "Below") -> Place:
        """Wait behind the run; returns in a fork that is to be the next one. Raises OSError."""
        processes.die_with_parent(self._chain.parent)
        self._name = processes.rename(processes.CHECKPOINT)
        self._chain.safety.past.rest()
        found = Post(self, run).await_end()
        if isinstance(found, Place):
            return found
        if found.goes_on:
            os._exit(protocol.SENTINEL)  # noqa: TID251  # the next one goes on from above
        return self._end_like(found.status, found.words)

    def _end_like(self, status: int, words: bytes) -> "NoReturn":
        if words[-1:] == IS_CHECKPOINT:
            os._exit(0)  # noqa: TID251  # that one is gone, the program lives on without us
        self.say_up(OVER)
        processes.end_like(status)

    def say_up(self, word: bytes) -> None:
        """Speak to the checkpoint above."""
        self._chain.up.say(word)

    def may_prepare(self) -> bool:
        """Whether there is memory for a copy ahead of its time."""
        return checkpoints.may_stand_by(
            resident=census.resident(),
            available=census.available(),
            wanted=self._chain.wants_standby,
        )

    def refusal(self) -> str:
        """Why no run can go on from here, as far as it can be told soon; empty if one can."""
        return self._validity.refusal(self._path)

    def stale(self) -> str:
        """The same, as far as it takes long to tell."""
        return self._validity.stale()

    def pass_up(self, reason: str) -> None:
        """Let the checkpoint above see to the next run, or the outer."""
        if self._chain.up.fd is None:
            self._chain.channel.tell("cold", reason=reason, over=True)
        self.say_up(AGAIN)

    def longest_stop_s(self) -> float:
        """How long a run may clean up."""
        return self._chain.app.longest_stop_s

    def greet(self, pid: int) -> None:
        """Tell the outer that the last run is over, and that this one comes next."""
        chain = self._chain
        try:
            chain.channel.send_for(pid, "hello", chain=[*chain.above, os.getpid()], again=True)
        except ChannelClosed:
            pass  # that one meets the same

    # --- in the next run ------------------------------------------------------------------------

    def bring_tail(self, is_wanted: "Callable[[], bool]") -> bool:
        """Import what the last run did after this place; false when that has spoilt the process."""
        past = self._chain.safety.past
        past.go_on()
        try:
            return self._chain.tail.bring(is_wanted)
        finally:
            past.rest()

    def come_ahead(self) -> None:
        """Tell what it has of the past, and see what it is to forget of that when it begins."""
        try:
            telling.tell_ahead(self._chain.channel, self._chain.traces)
        except ChannelClosed:
            os._exit(0)  # noqa: TID251
        self._chain.safety.renewing.renew_numbers()
        self._listings = listings(self._chain.traces.scope)

    def rehearse(self) -> None:
        """Look whether it can go on: what that takes is in memory then, and the file compiled."""
        self._validity.turn_refusal(self._path)

    def come(self, place: Place) -> "Message":
        """Come up while the last run ends; returns with the word to go on."""
        processes.rename(self._name)
        self.say_up(WAITS)
        if place.status is None and self._validity.turn_refusal(self._path):
            self.say_up(AGAIN)  # it finds the same, and sees to the next one
            os._exit(protocol.SENTINEL)  # noqa: TID251
        greets = place.await_word() == GREET
        place.leave()
        try:
            return self._await_turn(place, greets=greets)
        except ChannelClosed:
            os._exit(0)  # noqa: TID251  # the outer is gone, and nothing has begun

    def _await_turn(self, place: Place, *, greets: bool) -> "Message":
        """The last run is over, and what it has written on its way out is there."""
        chain, status = self._chain, place.status
        ended = {} if status is None else {"ended": os.waitstatus_to_exitcode(status)}
        if greets:
            chain.channel.send("hello", chain=chain.above, again=True, **ended)
        since = time.monotonic()
        reason = self._validity.turn_refusal(self._path)
        turn = await_turn(chain.channel)
        self.say_up(IS_PROGRAM)
        waited_s = time.monotonic() - since
        if waited_s > checkpoints.SHORT_S:
            reason = self._validity.turn_refusal(self._path)
        if waited_s > checkpoints.LONG_S:
            reason = reason or self._validity.stale()
        if reason:
            # To the outer this run is another one that ends, whoever of us is left to go on.
            chain.channel.tell("cold", reason=reason, over=True)
            self.say_up(AGAIN)
            os._exit(protocol.SENTINEL)  # noqa: TID251
        return turn

    def begin(self, turn: "Message") -> None:
        """Go on, as a fresh start would from here."""
        chain, traces, app = self._chain, self._chain.traces, self._chain.app
        traces.last_load = time.monotonic()
        chain.safety.renewing.rewind()
        chain.safety.past.go_on()
        resumed = chain.driver.resume()
        app.begin(turn, traces)
        app.scouting = None  # what may be ahead has been told by the run before
        for forget in self._listings:
            forget()
        try:
            telling.tell_loaded(chain.channel, traces, resumed)
            if app.wishes is not None:
                app.wishes.tell_again()
            if app.called:
                chain.channel.send("called")
        except ChannelClosed:
            os._exit(0)  # noqa: TID251
        chain.watcher.renew()
        chain.watcher.has_compared = True
        chain.watcher.revive()
