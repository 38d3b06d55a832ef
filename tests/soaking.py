"""Many edits in any way and at any time, and whether the last version is what runs in the end."""

import random
import select
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from tests import lossy
from tests.driver import App, until
from tests.saving import STYLES, Save, in_place

PROGRAM = """
import time
import first
from package import second
print(f"runs {first.VERSION} {second.VERSION}", flush=True)
time.sleep(100)
"""

MODULE = """
import select
select.select([], [], [], {boot:.3f})
fine = 1 / {fine:d}
VERSION = "{version:04d}"
"""
"""Every version has the same size, so that neither size nor whole seconds tell two apart."""


def truncated(path: Path, text: str) -> None:
    """Empty for a moment, as a write in place of a long file is."""
    with path.open("w") as file:
        file.flush()
        select.select([], [], [], 0.005)
        file.write(text)


def removed(path: Path, text: str) -> None:
    """Gone for a moment."""
    path.unlink()
    select.select([], [], [], 0.005)
    path.write_text(text)


WAYS: tuple[Save, ...] = (*STYLES, truncated, removed)


class Mode(NamedTuple):
    """One way of noticing."""

    name: str
    options: tuple[str, ...] = ()
    command: Sequence[str] | None = None


MODES = (
    Mode("events"),
    Mode(f"events, {lossy.SHARE:.0%} lost", command=(sys.executable, lossy.__file__)),
    Mode("polling", ("--poll=0.1",)),
)


class Soak:
    """A program of two modules under autorun, and the edits that were made of it."""

    def __init__(self, app: App, mode: Mode, seed: int) -> None:
        self._app = app
        self._chance = random.Random(seed)
        self._versions = {"first.py": 0, "package/second.py": 0}
        self._broken: set[str] = set()
        app.write("app.py", PROGRAM)
        app.write("package/__init__.py", "")
        for name in self._versions:
            app.write(name, MODULE.format(boot=0, version=0, fine=1))
        app.start(*mode.options, "--stop-timeout=1", "app.py", command=mode.command)

    def run(self, edits: int) -> Iterator[str]:
        """Edit over boot, run, stop and wait alike; what was lost is told, once for each time.

        Now and then a version does not compile, or fails; now and then the last one is waited for.
        """
        for number in range(1, edits + 1):
            is_last = number == edits or self._chance.random() < 0.1
            way = self._edit(number, is_whole=is_last)
            if is_last and (lost := self._lost()):
                yield f"edit {number} by {way.__name__}: {lost}"
            select.select([], [], [], self._chance.uniform(0.005, 0.3))

    def _edit(self, number: int, *, is_whole: bool) -> Save:
        chance = self._chance
        name = chance.choice(list(self._versions))
        self._versions[name] = number
        boot = chance.choice((0, 0, 0, 0.05, 0.15))
        text = MODULE.format(boot=boot, version=number, fine=1)
        self._broken.discard(name)
        if is_whole:
            for other in self._broken:
                self._versions[other] = number
                text_of_other = MODULE.format(boot=0, version=number, fine=1)
                in_place(self._app.project / other, text_of_other)
            self._broken.clear()
        elif chance.random() < 0.1:
            text = text.replace(*chance.choice((("N = ", "N =("), ("1 / 1", "1 / 0"))))
            self._broken.add(name)
        way = chance.choice(WAYS)
        way(self._app.project / name, text)
        return way

    def _lost(self) -> str:
        first, second = self._versions.values()
        end = f"runs {first:04d} {second:04d}\n"
        try:
            until(lambda: self._app.out().endswith(end), lambda: f"{end}{self._app.said()}")
        except AssertionError as error:
            return str(error)
        return ""
