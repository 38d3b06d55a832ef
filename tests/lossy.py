"""Run as a script it is autorun, but that three in ten of the file events never arrive.

The outer alone is like that: it is the process that has them, and it starts the inner as ever.
"""

import random
from collections.abc import Callable
from typing import Any

SHARE = 0.3
SEED = 4_711


def losing(hints: Callable[[Any], set[str]]) -> Callable[[Any], set[str]]:
    """A backend's `hints` without what is lost."""
    chance = random.Random(SEED)

    def fewer(backend: Any) -> set[str]:
        return {path for path in sorted(hints(backend)) if chance.random() >= SHARE}

    return fewer


def main() -> None:
    from autoreload.__main__ import main as open_door
    from autoreload.watch.observer import WatchdogBackend
    from autoreload.watch.queue import InotifyBackend

    backend: Any
    for backend in (InotifyBackend, WatchdogBackend):
        backend.hints = losing(backend.hints)
    open_door()


if __name__ == "__main__":
    main()
