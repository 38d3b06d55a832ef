"""Where a checkpoint waits behind the run below it, and prepares the next one ahead of its time.

Some time after the program is up, the checkpoint before the newest edit forks. That fork copies the
pages of memory that it shares with others, which a run would otherwise do one by one, and stands
by: a save only has to let it go. Nothing depends on it. It dies with its checkpoint, and where it
is gone the checkpoint forks again.

As soon as a restart is announced, the checkpoint looks whether the next run can go on from here,
and lets it come up to its turn while the last one is still stopping. Nothing of the program's runs
in it before that one is over: it has let go of all that it held, and says so when only its memory
is left for the kernel to take apart, or has ended. Where the user wants that, it begins when the
last one has nothing left but its clean-up.
"""

import os
import time

from autoreload.core.checkpoints import MOST, STANDBY_AFTER_S
from autoreload.inner.below import COME, GO, GREET, Below, Place, fork_below
from autoreload.inner.departing import Departing
from autoreload.inner.upward import AGAIN, GONE, OVER, UNFIT
from autoreload.system import pages, processes
from autoreload.system import plainsignal as signal
from autoreload.system.waiting import wait

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Protocol

    class Above(Protocol):
        """What the checkpoint knows and decides."""

        def say_up(self, word: bytes) -> None:
            """Speak to the checkpoint above."""

        def may_prepare(self) -> bool:
            """Whether there is memory for a copy ahead of its time."""

        def refusal(self) -> str:
            """Why no run can go on from here, as far as it can be told soon; empty if one can."""

        def stale(self) -> str:
            """The same, as far as it takes long to tell."""

        def bring_tail(self, is_wanted: Callable[[], bool]) -> bool:
            """In what stands by: import what the last run did; false when that has spoilt it."""

        def come_ahead(self) -> None:
            """In what is to be the next run: do what comes before its turn."""

        def rehearse(self) -> None:
            """In what stands by: do what may be wanted, as long as nothing is."""

        def longest_stop_s(self) -> float:
            """How long a run may clean up."""

        def greet(self, pid: int) -> None:
            """Tell the outer that the last run is over, and that this one comes next."""

        def pass_up(self, reason: str) -> None:
            """Let whoever is above see to the next run."""


OUTER_S = 0.001
"""What the outer needs to let the next run begin: nothing of that one runs before."""
STEP_S = 0.002
"""The pause between two steps of copying: it takes half a core at most from the program."""

_ELSEWHERE = MOST + 1


def is_up(level: int) -> bytes:
    """The word that the program is up, and that so many checkpoints up the next run is prepared."""
    return bytes([min(max(level, 0), MOST)])


class Ended:
    """How the last run below has ended, and what it had said."""

    __slots__ = ("goes_on", "status", "words")

    def __init__(self, status: int, run: Below) -> None:
        self.status = status
        self.words = run.words
        self.goes_on = run.goes_on
        """Whether another one follows, from somewhere above."""


class Post:
    """What a checkpoint waits for: the end of the run below, and the time to prepare the next."""

    def __init__(self, above: "Above", run: Below) -> None:
        self._above = above
        self._next: Below | None = None
        self._departing = Departing()
        self._is_unfit = False
        """Whether what stands by is not to import anything ahead."""
        self._follow(run)

    def await_end(self) -> Ended | Place:
        """Wait behind one run after the other; in the next one, its place. Raises OSError.

        It is over when none of them goes on from here.
        """
        while True:
            run = self._run
            if run.ending is not None and (place := self._listen()) is not None:
                return place
            if self._run is not run:
                continue
            status = os.waitpid(run.pid, 0)[1]
            run.pid = 0
            # Without that descriptor nobody can wait for two, and all its words are heard now.
            if (place := self._hear()) is not None:
                return place
            run.close()
            if self._refusal or (run.is_over and not run.goes_on):
                self.discard()
                self._departing.bury()
                return Ended(status, run)
            place = self._go_on() if run.goes_on else self._come_after(status, run)
            if place is not None:
                return place
            if run.goes_on and self._run is not run:
                self._look_back()
            if self._run is run:
                self._departing.bury()
                return Ended(status, run)

    def _follow(self, run: Below) -> None:
        """This run is below from here on."""
        self._run = run
        self._due: float | None = None
        self._refusal: str | None = None
        """Why the next run cannot go on from here; None while nobody has asked."""
        run.ending = processes.watch_end(run.pid)

    def _listen(self) -> Place | None:
        """Wait until the run has ended, or is over and the next one goes on; that one's place."""
        run = self._run
        while not (ready := wait(self._fds(), self._timeout())).get(run.ending or -1):
            if run.ears in ready:
                if (place := self._hear()) is not None:
                    return place
                if run.is_gone:
                    return self._take_over(run)
            is_heard = self._next is not None and self._next.ears in ready
            if is_heard and (place := self._look_at_next()) is not None:
                return place
            self._departing.look()
            if self._may_go_beside(run):
                place = self._take_over(run)
                if place is not None or self._run is not run:
                    return place
            if self._due is not None and time.monotonic() >= self._due:
                self._due = None
                if (place := self._prepare()) is not None:
                    return place
        return None

    def _fds(self) -> list[int]:
        of_next = [] if self._next is None else self._next.fds()
        return [*self._run.fds(), *of_next, *self._departing.fds()]

    def _timeout(self) -> float | None:
        times = [*([] if self._due is None else [self._due]), *self._departing.until()]
        return min(times) - time.monotonic() if times else None

    def _hear(self) -> Place | None:
        """Take what the run has said; the place of the next one, where it is forked for that."""
        run = self._run
        for number in run.heard():
            word = bytes([number])
            if number <= _ELSEWHERE:
                self._is_up(number)
            else:
                run.words += word
                is_news = word == AGAIN and OVER not in run.words and self._refusal is None
                if is_news and (place := self._announced()) is not None:
                    return place
        return None

    def _is_up(self, number: int) -> None:
        """There is one standby in a chain, whoever is up: it goes where the newest edit is."""
        if number == 0:
            self._due = time.monotonic() + STANDBY_AFTER_S
        else:
            self.discard()
        self._above.say_up(bytes([number - 1 if 0 < number < _ELSEWHERE else _ELSEWHERE]))

    # --- the next run -----------------------------------------------------------------------------

    def _prepare(self) -> Place | None:
        """Have one stand by, if there is none yet; its place when it is to come."""
        if self._next is not None or not self._above.may_prepare():
            return None
        place = self._fork()
        if place is not None:
            like = None if self._run.is_checkpoint else self._run.pid
            try:
                processes.rename(processes.STANDBY)
                _copy_pages(place, like=like)
                if not self._is_unfit and not self._above.bring_tail(place.is_wanted):
                    os.write(place.mouth, UNFIT)
                    os._exit(1)  # noqa: TID251
                self._above.come_ahead()
                self._above.rehearse()
                place.await_word()
            except Exception:  # nobody waits for it: the checkpoint forks again when it is needed
                os._exit(1)  # noqa: TID251
        return place

    def _announced(self) -> Place | None:
        """A restart begins: let the next run come while this one stops, or see who else can."""
        self._due = None
        # It looks itself whether it can go on, and is gone if not.
        comes = self._next is not None and self._next.tell(COME)
        self._refusal = "" if comes else self._above.refusal()
        if not self._refusal and self._run.is_checkpoint:  # which may have passed it up for that
            self._refusal = self._above.stale()
        if self._refusal:
            self._above.pass_up(self._refusal)
            self.discard()
        elif not comes:
            self.discard()
            place = self._fork()
            if place is not None:
                self._above.come_ahead()
            return place
        return None

    def _look_at_next(self) -> Place | None:
        """Whoever comes may have found that it cannot go on: then look who else can."""
        if self._next is None:
            return None
        self._next.words += self._next.heard()
        if self._next.ears >= 0 and not self._next.goes_on:
            return None
        due = self._due
        if UNFIT in self._next.words:  # another one is to do without
            self._is_unfit, due = True, time.monotonic() if self._refusal is None else None
        self.discard()
        self._due = due
        return self._announced() if self._refusal == "" else None

    def _take_over(self, run: Below) -> Place | None:
        """The run is over, or may clean up beside the next. Raises OSError."""
        place = self._go_on()
        if self._run is not run:
            self._departing.add(run, self._above.longest_stop_s())
            self._look_back()
        elif place is None and run.is_gone:  # it goes on somewhere above
            self._above.say_up(GONE)
            processes.send(run.pid, signal.SIGKILL)
        return place

    def _may_go_beside(self, run: Below) -> bool:
        """Whether the run cleans up, and the next one has come; of two at once one is awaited."""
        has_come = self._next is not None and self._next.has_come and not self._refusal
        return run.is_beside and has_come and not self._departing.cleans_up()

    def _look_back(self) -> None:
        """What takes long is looked at beside the run that has just begun.

        In the rare case that it should not have, it is ended, and the next one begins above.
        """
        wait([], OUTER_S)
        reason = self._above.stale()
        if reason:
            self._refusal = reason
            self._run.words += AGAIN
            self._above.pass_up(reason)
            self._run.kill()

    def _go_on(self) -> Place | None:
        """It is the turn of the next run, if it can go on from here. Raises OSError."""
        if (place := self._look_at_next()) is not None or self._refusal:
            return place
        following, self._next = self._next, None
        if following is not None and following.lives():
            if following.has_come:  # the outer has more to do than that one until it goes on
                self._above.greet(following.pid)
            if following.tell(GO if following.has_come else GREET):
                self._follow(following)
                return None
        if following is not None:
            following.end()
        found = fork_below(self._own())
        if isinstance(found, Place):
            self._above.come_ahead()
            return found
        found.tell(GREET)
        self._follow(found)
        return None

    def _come_after(self, status: int, run: Below) -> Place | None:
        """A run has ended by itself: the next one waits for a save, if it can be forked."""
        self.discard()
        try:
            place = self._go_on()
        except OSError:
            return None
        if place is not None:
            place.status = status
        return place

    def _fork(self) -> Place | None:
        """Fork what is to be the next run, if that can be done now; its place in there."""
        try:
            found = fork_below(self._own())
        except OSError:  # a limit of descriptors or processes, or no memory
            return None
        if isinstance(found, Place):
            return found
        self._next = found
        return None

    def _own(self) -> list[int]:
        """What is open for this wait alone."""
        return [*self._run.fds(), *self._departing.own()]

    def discard(self) -> None:
        """What was prepared is not needed any more, or is gone."""
        self._due = None
        following, self._next = self._next, None
        if following is not None:
            following.end()


def _copy_pages(place: Place, *, like: int | None) -> None:
    """Copy what is shared, in steps, until it is wanted.

    `like` is a run from the same checkpoint: what that has written to, the next one will.
    """
    copied = 0
    try:
        for address, count in pages.shared(like):
            if copied >= pages.MOST_AT_ONCE:
                copied = 0
                if wait([place.gate], STEP_S):
                    break
            if not pages.populate(address, count):
                break
            copied += count
    except OSError:
        pass  # not to be looked at here: each page is copied when it is written to
