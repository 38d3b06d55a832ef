"""Watching beside many files that nobody loads: idle time, the start, and inotify watches."""

import os
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from bench import environment, processes
from bench.programs import Program, contenders
from bench.saves import GivenUp, Server
from bench.table import Table, ms

SIZES = (200, 5_000, 50_000, 200_000)
IN_A_FOLDER = 10
SETTLED_S = 4.0
"""After a restart, before idle time is taken: the boot, and the first looks."""
LOOKS = 3
SAVE_AGAIN_S = 2.5
"""An edit that falls into the setup of a watch is lost for good: the next one comes after this."""
SAVES = 8
NEVER = float("inf")

IDLE_PERCENT = 0.3
GROWTH_PERCENT = 0.1
"""What one look differs from another by; the trees are a thousand times as large."""
WATCHES_A_FOLDER = 2


class Costs(NamedTuple):
    """What one tool takes beside one tree."""

    started_s: float
    """From its start to the first answer."""
    noticed_s: float
    """From its start to the answer that shows an edit, or NEVER."""
    idle_percent: float
    """Of one core, the program included."""
    watches: int


class Tree:
    """Empty files, ten to a folder, made once and lent to one project after the other."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._files = 0

    def grow(self, files: int) -> None:
        """Have at least so many files."""
        for number in range(self._files, files):
            top, below = divmod(number // IN_A_FOLDER, 100)
            folder = self._folder / f"{top:03}" / f"{below:02}"
            if number % IN_A_FOLDER == 0:
                folder.mkdir(parents=True)
            os.close(os.open(f"{folder}/{number}.txt", os.O_CREAT | os.O_WRONLY, 0o644))
        self._files = max(files, self._files)

    @contextmanager
    def lent_to(self, project: Path) -> Iterator[None]:
        """Move it into a project, and back before that is removed."""
        lent = project / "data"
        self._folder.rename(lent)
        try:
            yield
        finally:
            lent.rename(self._folder)


def measure(program: Program, line: str, tree: Tree, look_s: float) -> Costs:
    """Start one tool beside the tree, edit at the first answer, then leave it alone.

    Raises GivenUp when it never answers.
    """
    with Server(program, line) as server, tree.lent_to(server.project):
        since = time.perf_counter()
        started_s = server.start()
        noticed_s = _until_noticed(server, since)
        time.sleep(SETTLED_S)
        return Costs(
            started_s,
            noticed_s,
            processes.idle(server.pid, look_s, times=LOOKS),
            processes.inotify_watches(server.pid),
        )


def _until_noticed(server: Server, since: float) -> float:
    """Edit until one edit shows; seconds since the start, or NEVER."""
    for version in range(2, 2 + SAVES):
        server.save(version)
        if server.comes_to_show(version, SAVE_AGAIN_S):
            return time.perf_counter() - since
    return NEVER


def show(table: Table, *, quick: bool) -> None:
    """autorun beside every tree, its peers beside the smallest and the largest."""
    sizes = (SIZES[0], SIZES[2]) if quick else SIZES
    look_s = 2.0 if quick else 6.0
    found: dict[str, dict[int, Costs]] = {}
    with tempfile.TemporaryDirectory(prefix="bench-") as name:
        folder = Path(name) / "tree"
        folder.mkdir()
        tree = Tree(folder)
        for size in sizes:
            tree.grow(size)
            for tool, (program, line) in _tools().items():
                if tool != "autorun" and size not in (sizes[0], sizes[-1]):
                    continue
                try:
                    costs = measure(program, line, tree, look_s)
                except GivenUp as failure:
                    table.not_measured.append(f"beside {size:,} files, {failure}")
                else:
                    found.setdefault(tool, {})[size] = costs
    _show_idle(table, found)
    _show_starts(table, found)
    _show_watches(table, found)


def _tools() -> dict[str, tuple[Program, str]]:
    tools = contenders()
    django, fastapi = tools["autorun"][0], tools["autorun, FastAPI"][0]
    plain = {"no tool": (django, django.plain), "no tool, FastAPI": (fastapi, fastapi.plain)}
    return {**tools, **plain}


def _show_idle(table: Table, found: dict[str, dict[int, Costs]]) -> None:
    for tool, size, costs, least in _grown(found):
        grown = costs.idle_percent - least.idle_percent
        is_cheap = costs.idle_percent <= IDLE_PERCENT and grown <= GROWTH_PERCENT
        is_ours = tool == "autorun"
        table.row(
            _titled("idle", tool, size),
            f"{costs.idle_percent:.2f} %",
            compared=f"{least.idle_percent:.2f} %",
            bar=f"{IDLE_PERCENT} % at most, as beside {SIZES[0]}" if is_ours else "",
            is_met=is_cheap if is_ours else None,
        )


def _show_starts(table: Table, found: dict[str, dict[int, Costs]]) -> None:
    figures: tuple[tuple[str, Callable[[Costs], float]], ...] = (
        ("to first answer", lambda costs: costs.started_s),
        ("to first edit", lambda costs: costs.noticed_s),
    )
    for title, figure in figures:
        for tool, size, costs, least in _grown(found):
            if figure(least) == NEVER:
                continue
            table.row(
                _titled(title, tool, size),
                _shown(figure(costs)),
                compared=_shown(figure(least)),
                ratio=figure(costs) / figure(least),
            )


def _shown(seconds: float) -> str:
    return "never" if seconds == NEVER else ms(seconds)


def _show_watches(table: Table, found: dict[str, dict[int, Costs]]) -> None:
    most = WATCHES_A_FOLDER * _folders_of_the_project()
    for tool, size, costs, least in _grown(found):
        is_ours = tool == "autorun"
        table.row(
            _titled("inotify watches", tool, size),
            f"{costs.watches:,}",
            compared=f"{least.watches:,}",
            bar=f"{most} at most" if is_ours else "",
            is_met=costs.watches <= most if is_ours else None,
        )


def _folders_of_the_project() -> int:
    """How many folders of the sample project hold files."""
    walk = os.walk(environment.ROOT / "sample_project")
    return sum(bool(files) for folder, _, files in walk if not folder.endswith("__pycache__"))


def _titled(title: str, tool: str, size: int) -> str:
    return f"{title} beside {size:,}, {tool}" if tool == "autorun" else f"  {tool}"


def _grown(found: dict[str, dict[int, Costs]]) -> Iterator[tuple[str, int, Costs, Costs]]:
    """Tool, size, its costs there, and those beside the smallest tree."""
    for tool, by_size in found.items():
        least = by_size.get(SIZES[0])
        if least is None:
            continue
        for size, costs in by_size.items():
            if size != SIZES[0]:
                yield tool, size, costs, least
