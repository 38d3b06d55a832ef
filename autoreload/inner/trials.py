"""A fork on trial: whether the native threads of a process are of the kind that survives one.

Libraries that know of forks end their threads before one and start them again after it. So the
child waits, and the parent looks at what still runs beside it: that would be missing in the child.
"""

import os
import time

from autoreload.core.forking import native_refusal
from autoreload.system import census

TYPE_CHECKING = False
if TYPE_CHECKING:
    from autoreload.core.forking import Refusal

SETTLING_S = 0.002
"""A native thread that was joined a moment ago is gone by then."""


def judge(trial: tuple[int, int]) -> "Refusal":
    """In the parent of a trial: why native threads forbid it; lets the child go on if not."""
    hear, say = trial
    os.close(hear)
    until = time.monotonic() + SETTLING_S
    while (reason := native_refusal(census.tasks())) and time.monotonic() < until:
        pass
    if not reason:
        os.write(say, b"!")
    os.close(say)
    return reason


def await_verdict(trial: tuple[int, int]) -> None:
    """In the child of a trial: go on, or be gone."""
    hear, say = trial
    os.close(say)
    verdict = os.read(hear, 1)
    os.close(hear)
    if not verdict:
        os._exit(0)  # noqa: TID251  # the parent goes on as the program
