"""Asks the app to stop, once: not when whoever asked autorun has asked the app as well."""

import os
import time

from autoreload.system import signals
from autoreload.system.witness import Witness

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from autoreload.core.options import Options
    from autoreload.core.targets import Plan
    from autoreload.outer.child import Child

PASS_ON_AFTER_S = 0.1
"""By then it shows whether a request that came by kill went to the whole group of processes.

`timeout` sends it to autorun first and then to the group, so it also comes twice within this time.
"""


class Asking:
    """Knows the signal, and who has had it."""

    def __init__(self, options: "Options", plan: "Plan") -> None:
        self._options = options
        self._usual = plan.stop_signal
        self._witness: Witness | None = None
        self._due: float | None = None

    def begin(self, environment: "Mapping[str, str]") -> int | None:
        """Start the witness; its pid."""
        self._witness = Witness(environment)
        return self._witness.pid

    def now(self, child: "Child", *, restart: bool) -> None:
        """Ask as a user would."""
        child.ask(signals.number_of(self._options.signal or self._usual), restart=restart)

    def soon(self) -> None:
        """Ask when it is clear that nobody else has."""
        self._due = time.monotonic() + PASS_ON_AFTER_S

    @property
    def is_due(self) -> bool:
        """Whether the app is still to be asked; a request that comes meanwhile is the same one."""
        return self._due is not None

    def timeouts(self, now: float) -> list[float]:
        """Seconds until something here is due."""
        return [] if self._due is None else [self._due - now]

    def look(self, child: "Child | None", now: float) -> None:
        """Ask the app if it is time to, and it has not heard already."""
        if child is None or self._due is None or now < self._due:
            return
        self._due = None
        everybody = self._witness is not None and self._witness.has_died()
        if everybody and child.greeted and _shares_our_group(child.live):
            child.asked_by_others()
        else:
            self.now(child, restart=False)

    def close(self) -> None:
        if self._witness is not None:
            self._witness.close()


def _shares_our_group(pid: int) -> bool:
    try:
        return os.getpgid(pid) == os.getpgrp()
    except OSError:
        return False
