"""Restarts that the outer has found itself, kept while a debugger in the app waits for its user.

Only the inner can see the debugger, so it is asked; one that does not answer has none that matters.
"""

import time

TYPE_CHECKING = False
if TYPE_CHECKING:
    from autoreload.core.protocol import Message
    from autoreload.outer.child import Child
    from autoreload.outer.found import Restart

ANSWER_S = 1.0
"""An inner that has not answered by then is not waited for."""


class Prompts:
    """What is kept, and whether it may be done."""

    def __init__(self) -> None:
        self._found: Restart | None = None
        self._asked_at: float | None = None
        self._inner: list[str] = []
        """What the inner keeps itself."""
        self._said: list[str] = []

    def forget(self) -> None:
        """A run begins, which reads everything anew."""
        self._found = self._asked_at = None
        self._inner, self._said = [], []

    @property
    def pending(self) -> list[str]:
        """What the outer has found and not acted on."""
        return self._found.paths if self._found is not None else []

    def sift(self, found: "Restart | None", child: "Child | None") -> "Restart | None":
        """What is to be done now, of this and of all that was kept; `child` is the run to ask."""
        if found is not None:
            self._found = found if self._found is None else self._found.with_more(found)
        if self._found is None:
            return None
        is_sure = found is not None and found.is_unanswered
        if is_sure or child is None or child.channel is None or not child.greeted:
            return self._taken()
        if found is not None:
            self._asked_at = time.monotonic()
            child.tell("prompts")
        if self._asked_at is None or time.monotonic() < self._asked_at + ANSWER_S:
            return None
        return self._taken()

    def _taken(self) -> "Restart | None":
        found, self._found = self._found, None
        self._asked_at = None
        return found

    def hear(self, message: "Message") -> list[str]:
        """Take what the inner says; all that is kept now, if that has not been said yet."""
        if message.word == "same":
            self._inner, self._said = [], []
            return []
        if message.word == "later":
            self._inner = message.texts("paths")
        elif message.flag("on"):
            self._asked_at = None
        else:
            self._asked_at = float("-inf")  # due at the next look
            return []
        kept = sorted({*self._inner, *self.pending})
        if kept == self._said:
            return []
        self._said = kept
        return kept

    def timeouts(self, now: float) -> list[float]:
        """Seconds until something here is due."""
        if self._found is None or self._asked_at is None:
            return []
        return [max(0.0, self._asked_at + ANSWER_S - now)]
