"""Opens what autorun writes to, runs its loop, and gives back what it took."""

import sys

from autoreload.outer.journal import Journal
from autoreload.outer.recording import begin
from autoreload.outer.run import Outer

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from autoreload.core.targets import Plan
    from autoreload.outer.announcing import Announcement
    from autoreload.outer.settings import Source
    from autoreload.system.instance import Instance


def run(
    plan: "Plan",
    source: "Source",
    environment: "Mapping[str, str]",
    instance: "Instance | None" = None,
    announcement: "Announcement | None" = None,
) -> int:
    """Run a target until autorun ends, to be found at `instance`; the exit code.

    Raises OptionsProblem, SocketProblem, and OSError of a program that cannot be started.
    """
    sys.setswitchinterval(0.001)  # watchdog's threads hand a hint over sooner
    recording = begin(source.options, environment, Journal(), plan.title, announcement)
    try:
        return Outer(plan, source, environment, recording, instance).run()
    finally:
        recording.close()
