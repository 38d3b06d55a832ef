"""Many files at once: how often each tool starts the program for one `git checkout`."""

import shutil
import subprocess
import time
from statistics import median
from typing import NamedTuple

from bench.programs import Program, contenders
from bench.saves import GivenUp, Server
from bench.table import Table, ms

COUNTS = (60, 5_000)
LOADED = 60
"""So many of the files are imported; they are spread over all of them."""
NEVER = float("inf")
QUIET_S = 2.5
"""No start for this long is the end of it: the slowest look only once a second."""
GIVEN_UP_S = 20.0

PAGES = """import importlib
import os

versions = {{importlib.import_module(f"pages.page{{n:05}}").VERSION for n in {loaded}}}
log = os.open({log!r}, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
os.write(log, (" ".join(map(str, sorted(versions))) + "\\n").encode())
os.close(log)
"""
"""Says in one line of a file outside the project what a run has loaded."""
PAGE = """VERSION = {version}


def page_{number}() -> str:
    return f"page {number}, version {{VERSION}}"
"""


class Checkout(NamedTuple):
    """What one checkout led to."""

    starts: int
    shown_s: float
    """From the end of the checkout until the answer is the new one; or NEVER."""
    is_right: bool
    """Whether the last run has loaded nothing but the new files."""


class Repository:
    """A project under git, with as many pages on two branches, `2` and `3`."""

    def __init__(self, server: Server, program: Program, count: int) -> None:
        self._folder = server.project
        self._log = server.project.parent / "starts"
        self._log.touch()
        (self._folder / "pages").mkdir()
        loaded = [number * count // LOADED for number in range(LOADED)]
        pages = PAGES.format(loaded=loaded, log=str(self._log))
        (self._folder / "pages" / "__init__.py").write_text(pages)
        file = self._folder / program.file
        file.write_text("import pages\n" + file.read_text())
        self._git("init", "--quiet")
        (self._folder / ".git" / "info" / "exclude").write_text("__pycache__/\n*.sqlite3\n")
        for version in (2, 3):
            for number in range(count):
                page = PAGE.format(version=version, number=number)
                (self._folder / "pages" / f"page{number:05}.py").write_text(page)
            server.save(version)
            self._git("checkout", "--quiet", "-b", str(version))
            self._git("add", "--all")
            self._git("commit", "--quiet", "--message", f"version {version}")

    def checkout(self, version: int) -> None:
        """Check the branch of a version out."""
        self._git("checkout", "--quiet", str(version))

    def starts(self) -> list[str]:
        """The versions that each run has loaded until now."""
        return self._log.read_text().splitlines()

    def _git(self, *words: str) -> None:
        who = ("-c", "user.name=bench", "-c", "user.email=bench@localhost")
        still = ("-c", "gc.auto=0", "-c", "core.hooksPath=/dev/null", "-c", "commit.gpgSign=false")
        subprocess.run(["git", *who, *still, *words], cwd=self._folder, check=True)


def measure(program: Program, line: str, count: int, times: int) -> list[Checkout]:
    """Check the two branches out in turn, until one is never served.

    Raises GivenUp when the server does not answer in the first place.
    """
    found: list[Checkout] = []
    with Server(program, line) as server:
        repository = Repository(server, program, count)
        server.start()
        _until_quiet(repository)
        while len(found) < times and all(one.is_right for one in found):
            found.append(_checkout(server, repository, 2 + len(found) % 2))
    return found


def _checkout(server: Server, repository: Repository, version: int) -> Checkout:
    before = len(repository.starts())
    repository.checkout(version)
    since = time.perf_counter()
    is_shown = server.comes_to_show(version, GIVEN_UP_S)
    shown_s = time.perf_counter() - since if is_shown else NEVER
    _until_quiet(repository)
    starts = repository.starts()
    is_right = starts[-1:] == [str(version)] and server.shows(version)
    return Checkout(len(starts) - before, shown_s, is_right)


def _until_quiet(repository: Repository) -> None:
    """Wait until no run has started for a while."""
    starts, quiet_since = repository.starts(), time.perf_counter()
    while time.perf_counter() - quiet_since < QUIET_S:
        time.sleep(0.05)
        if (now := repository.starts()) != starts:
            starts, quiet_since = now, time.perf_counter()


def show(table: Table, *, quick: bool) -> None:
    """Starts for one checkout, the most of several, and the time to the new answer."""
    if not shutil.which("git"):
        table.not_measured.append("checkout: there is no git")
        return
    for count in COUNTS:
        for tool, (program, line) in contenders().items():
            try:
                found = measure(program, line, count, 1 if quick else 5)
            except GivenUp as failure:
                table.not_measured.append(f"checkout of {count:,} files, {failure}")
            else:
                _show(table, tool, count, found)


def _show(table: Table, tool: str, count: int, found: list[Checkout]) -> None:
    most = max(one.starts for one in found)
    wrong = not all(one.is_right for one in found)
    is_ours = tool.startswith("autorun")
    counted = "1 start" if most == 1 else f"{most} starts"
    shown_s = median(one.shown_s for one in found)
    table.row(
        f"checkout of {count:,} files, {tool}" if is_ours else f"  {tool}",
        counted,
        compared="no new answer" if shown_s == NEVER else f"in {ms(shown_s)}",
        bar="1 start, all of it new" if is_ours else "ends with old code, or none" if wrong else "",
        is_met=(most == 1 and not wrong) if is_ours else None,
    )
