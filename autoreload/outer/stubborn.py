"""What is said of an app that has been asked to end and does not."""

from autoreload.core import wording
from autoreload.system import processes

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from autoreload.core.options import Options
    from autoreload.core.protocol import Message
    from autoreload.core.targets import Plan
    from autoreload.outer.child import Child
    from autoreload.outer.journal import Journal

MOST_NAMED = 5
"""Children that are named when they keep the app from ending."""


class Stubborn:
    """Names what keeps it: threads, which the inner knows, and children."""

    def __init__(
        self,
        plan: "Plan",
        options: "Options",
        journal: "Journal",
        say: "Callable[[wording.Line], None]",
    ) -> None:
        self._plan = plan
        self._options = options
        self._journal = journal
        self._say = say
        self._threads: list[str] = []

    def slow(self, message: "Message", child: "Child") -> None:
        name = "SIG" + (self._options.signal or self._plan.stop_signal).upper().removeprefix("SIG")
        shown = _children(child)
        threads = self._threads = message.texts("threads")
        self._journal.add("slow", signal=name, threads=[*threads], children=[*shown])
        self._say(wording.slow_stop(name, threads, shown))

    def forced(self, message: "Message") -> None:
        """The inner ends itself, as the time to stop is up."""
        self._killed(message.texts("threads"), message.texts("children"))

    def killed(self, child: "Child | None") -> None:
        """The time to stop is up, and the inner, if there is one, has not ended itself."""
        self._killed(self._threads, _children(child) if child is not None else [])

    def _killed(self, threads: list[str], children: list[str]) -> None:
        after_s = self._options.stop_timeout_s
        self._journal.add(
            "killed", after_ms=round(after_s * 1000), threads=[*threads], children=[*children]
        )
        self._say(wording.killed(after_s, threads, children))


def _children(child: "Child") -> list[str]:
    below = processes.descendants(child.live, processes.table())
    return [repr(one) for one in below[:MOST_NAMED]]
