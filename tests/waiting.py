"""Waits for facts: with a generous deadline, and with words for what was there instead."""

import select
import time
from collections.abc import Callable
from typing import TypeVar

import pytest

T = TypeVar("T")

TIMEOUT_S = 30.0


def until(
    fact: Callable[[], T],
    *,
    timeout_s: float = TIMEOUT_S,
    describe: Callable[[], object] = lambda: "nothing else is known",
) -> T:
    """Ask again and again until the answer is true, and give it; fails with `describe()`."""
    deadline = time.monotonic() + timeout_s
    while not (answer := fact()):
        if time.monotonic() > deadline:
            pytest.fail(f"not so after {timeout_s:g} s: {describe()}")
        select.select([], [], [], 0.005)
    return answer


def readable(fd: int, *, timeout_s: float = TIMEOUT_S) -> bool:
    """Wait until a descriptor has something to read."""
    return bool(select.select([fd], [], [], timeout_s)[0])
