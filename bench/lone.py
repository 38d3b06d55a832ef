"""What a lone save waits for before a restart is decided, and when each tool says so.

A save of the same bytes goes the same way as any other: the event, the look, the comparison, and a
line of `--verbose`. Only it has nothing to wait for. What a real save takes longer until its line
is there is therefore the wait, and what is added to it by the decision.
"""

import os
import random
import time
from pathlib import Path
from statistics import median

from bench.programs import Program, contenders, programs
from bench.saves import APART_S, GivenUp, Server
from bench.table import Table, ms

MOST_S = 0.010
LISTEN_EVERY_S = 0.0003
GIVEN_UP_S = 10.0
LINES = 2_000

SAME, CHANGED = "same content", "changed, restarting"
SAID = {
    "autorun": CHANGED,
    "nodemon": "restarting due to changes",
    "hupper": "changed; reloading",
    "runserver": "changed, reloading",
    "uvicorn --reload": "detected changes in",
}
"""What a tool says when it has decided; the others say nothing, or too late."""


class Ear:
    """Hears what a tool says from now on."""

    def __init__(self, output: Path) -> None:
        self._output = output
        self._file = output.open("rb")
        self._file.seek(0, os.SEEK_END)
        self._heard = b""

    def wait(self, words: str) -> float:
        """The moment when these words have been said. Raises GivenUp when they never are."""
        until = time.perf_counter() + GIVEN_UP_S
        while words.encode() not in self._heard:
            if time.perf_counter() > until:
                raise GivenUp(f"{self._output}: {words!r} was not said")
            time.sleep(LISTEN_EVERY_S)
            self._heard += self._file.read()
        return time.perf_counter()

    def close(self) -> None:
        self._file.close()


def _said_after_s(server: Server, words: str, content: str, file: Path) -> float:
    """Seconds from a rename over a file, as most editors save, to a line of the tool."""
    new = file.with_name(f".{file.name}.new")
    new.write_text(content)
    ear = Ear(server.output)
    try:
        new.rename(file)
        saved = time.perf_counter()
        return ear.wait(words) - saved
    finally:
        ear.close()


def added(program: Program, line: str, *, times: int, more: str = "") -> float:
    """Seconds that a lone save waits for longer than one without new bytes, by the medians.

    `more` is text behind the program's own. Raises GivenUp.
    """
    same, changed = [], []
    with Server(program, line.replace("autorun ", "autorun --verbose ", 1)) as server:
        file = server.project / program.file
        file.write_text(file.read_text() + more)
        server.start()
        for version in range(2, 2 + times):
            time.sleep(random.uniform(*APART_S))
            same.append(_said_after_s(server, SAME, file.read_text(), file))
            time.sleep(random.uniform(0.3, 0.6))
            content = server.text(version)
            changed.append(_said_after_s(server, CHANGED, content, file))
            _until_shown(server, version)
    return median(changed) - median(same)


def said(program: Program, line: str, words: str, times: int) -> list[float]:
    """Seconds from each of some saves until the tool says that it restarts. Raises GivenUp."""
    found = []
    with Server(program, line.replace("nodemon --quiet", "nodemon")) as server:
        server.start()
        for version in range(2, 2 + times):
            time.sleep(random.uniform(*APART_S))
            content = server.text(version)
            found.append(_said_after_s(server, words, content, server.project / program.file))
            _until_shown(server, version)
    return found


def _until_shown(server: Server, version: int) -> None:
    if not server.comes_to_show(version, GIVEN_UP_S):
        raise GivenUp(f"no answer shows version {version}")


def show(table: Table, *, quick: bool) -> None:
    """The wait, for a short file and a long one; then when each tool says that it restarts."""
    times = 8 if quick else 30
    function = "\n\ndef page_{0}(name: str) -> str:\n    return name.title() + ' {0}'\n"
    long = "".join(function.format(number) for number in range(LINES // 5))
    _show_added(table, "a short file", "", times)
    _show_added(table, f"{LINES:,} lines", long, times)
    _show_said(table, 3 if quick else 10)


def _show_added(table: Table, title: str, more: str, times: int) -> None:
    """What a long file takes to compile, to see whether it does, is no wait."""
    script = programs()[2]
    try:
        found = added(script, script.lines["autorun"], times=times, more=more)
    except GivenUp as failure:
        table.not_measured.append(f"lone save of {title}, {failure}")
        return
    compiled_s = _compiled_s(more) if more else 0.0
    table.row(
        f"lone save of {title}: wait added",
        f"{found * 1000:.1f} ms",
        compared=f"{compiled_s * 1000:.1f} ms" if more else "",
        bar=f"{ms(MOST_S)} at most" + ", and its compiling" * bool(more),
        is_met=found <= MOST_S + compiled_s,
    )


def _compiled_s(text: str) -> float:
    taken = []
    for _ in range(9):
        since = time.perf_counter()
        compile(text, "long.py", "exec")
        taken.append(time.perf_counter() - since)
    return median(taken)


def _show_said(table: Table, times: int) -> None:
    tools = contenders()
    ours = 0.0
    for tool, words in SAID.items():
        if tool not in tools:
            continue
        try:
            found = median(said(*tools[tool], words, times))
        except GivenUp as failure:
            table.not_measured.append(f"lone save, {tool}: {failure}")
            continue
        ours = ours or found
        title = "lone save: said after" if tool == "autorun" else f"  {tool}"
        table.row(title, ms(ours), compared=ms(found), ratio=ours / found)
