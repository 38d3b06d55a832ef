"""`wait`: answers when everything that was saved before the question runs, or cannot.

A run is current when, after the question, the outer has compared everything that it compares, the
inner of that very run has compared everything that it has loaded, neither has found a difference,
and the run is up. Whatever is loaded later is read later. If the run is replaced meanwhile, the
next one is asked anew.
"""

import time

from autoreload.outer.noticing import UNANSWERED_S

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from autoreload.core.protocol import Message
    from autoreload.core.status import Status
    from autoreload.outer.child import Child
    from autoreload.outer.noticing import Noticing
    from autoreload.outer.runs import Runs
    from autoreload.outer.watching import Watching


class _Question:
    """Somebody waits."""

    __slots__ = (
        "answer",
        "asked",
        "is_held",
        "is_kept",
        "is_looked",
        "number",
        "run",
        "told",
        "until",
    )

    def __init__(self, answer: "Callable[[str], None]", asked: float, until: float) -> None:
        self.answer = answer
        self.asked = asked
        self.until = until
        self.run = 0
        """The run that was asked last."""
        self.number = 0
        self.told = 0.0
        self.is_looked = self.is_held = self.is_kept = False


class Barrier:
    """The questions that are open."""

    def __init__(
        self, runs: "Runs", noticing: "Noticing", watching: "Watching", status: "Status"
    ) -> None:
        self._runs = runs
        self._noticing = noticing
        self._watching = watching
        self._status = status
        self._questions: list[_Question] = []
        self._number = 0

    def ask(self, seconds: float, answer: "Callable[[str], None]") -> None:
        """Have `answer` called with ready, broken, finished, stopped, or timeout."""
        now = time.monotonic()
        self._questions.append(_Question(answer, now, now + seconds))
        self._watching.expect()

    def drop(self, answer: "Callable[[str], None]") -> None:
        """Whoever asked is gone."""
        self._questions = [one for one in self._questions if one.answer is not answer]

    def timeouts(self, now: float) -> list[float]:
        """Seconds until something here is due."""
        times = [one.until - now for one in self._questions]
        times += [
            one.told + UNANSWERED_S - now
            for one in self._questions
            if one.run == self._runs.count and not one.is_looked
        ]
        return times

    def heard(self, message: "Message") -> None:
        """The inner has looked."""
        answered = message.fields.get("questions")
        for one in self._questions:
            if isinstance(answered, list | tuple) and one.number in answered:
                one.is_looked = True
                one.is_held = message.flag("held")
                one.is_kept = message.flag("kept")

    def look(self, now: float) -> None:
        """Answer what can be answered."""
        for one in tuple(self._questions):
            result = self._result(one, now) or ("timeout" if now >= one.until else "")
            if result:
                self._questions.remove(one)
                one.answer(result)

    def _result(self, one: _Question, now: float) -> str:
        state = self._status.state
        if state == "stopping":
            return "stopped"
        if self._watching.looked_at < one.asked or self._noticing.pending:
            return ""
        if self._watching.apart_moves:  # the settings are saved files, too
            return ""
        if self._status.is_over:
            return "broken" if state == "crashed" else "finished"
        child = self._runs.listener
        if child is None or state == "restarting":
            return ""
        if one.run != self._runs.count:
            self._put(one, child, now)
        if not one.is_looked and not self._is_mute(one, child, now):
            return ""
        if one.is_held:
            return "broken"
        return "ready" if state == "ready" and not one.is_kept else ""

    def _put(self, one: _Question, child: "Child", now: float) -> None:
        """Ask the run of now."""
        self._number += 1
        one.run, one.number, one.told = self._runs.count, self._number, now
        one.is_looked = child.channel is None
        one.is_held = one.is_kept = False
        if child.channel is not None:
            self._noticing.ask(child, one.number, now)

    def _is_mute(self, one: _Question, child: "Child", now: float) -> bool:
        """Whether its watcher is kept from running, and the outer finds no difference either."""
        if child.heard_at > one.told or now < one.told + UNANSWERED_S:
            return False
        one.is_looked = not self._watching.differs()
        return one.is_looked
