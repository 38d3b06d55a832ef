"""The tutorial, followed word by word: files are saved, lines typed, and what is shown compared."""

import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from autoreload.core.commandline import COMMANDS
from tests.driver import ROOT, App, free_port
from tests.runs import AUTORUN, run, script
from tests.terminals import Terminal

BLOCK = re.compile(r"^<!-- (save|terminal) (\S+) -->\n```\w+\n(.*?)^```$", re.MULTILINE | re.DOTALL)
TYPED = "$ "
DIFFERS = re.compile(r"(?P<time>[\d.]+ m?s\b)|(?P<pid>\bpid \d+)|(?P<mode>\((?:cold|warm)\))")
ANY = {"time": r"[\d.]+ m?s", "pid": r"pid \d+", "mode": r"\((?:cold|warm)\)"}
"""What no two runs have in common."""


def pattern_of(line: str) -> str:
    """A pattern for a line of the page, whatever its times and process numbers are."""
    pattern, end = "", 0
    for found in DIFFERS.finditer(line):
        pattern += re.escape(line[end : found.start()]) + ANY[str(found.lastgroup)]
        end = found.end()
    return pattern + re.escape(line[end:])


class Reader:
    """Somebody who follows the page, with several terminals in one folder."""

    def __init__(self, app: App, path: str) -> None:
        self._app = app
        self._environment = {"PATH": path, "CI": "", "NO_COLOR": "1"}
        self._terminals: dict[str, Terminal] = {}
        self._seen: dict[str, int] = {}

    def read(self, number: str, text: str) -> None:
        """Type and compare what stands in one block for this terminal."""
        lines = text.splitlines()
        while lines:
            line = lines.pop(0)
            if not line.startswith(TYPED):
                if line.startswith("^C"):
                    self._terminals[number].type("\x03")
                self._see(number, line)
            elif is_start(line.removeprefix(TYPED)):
                self._start(number, line.removeprefix(TYPED))
            else:
                answer = []
                while lines and not lines[0].startswith(TYPED):
                    answer.append(lines.pop(0))
                self._ask(line.removeprefix(TYPED), answer)

    def _start(self, number: str, line: str) -> None:
        if former := self._terminals.pop(number, None):
            former.wait()
            former.close()
        terminal = self._terminals[number] = Terminal(self._app)
        self._seen[number] = 0
        terminal.run(*line.split(), env=self._environment)

    def _see(self, number: str, line: str) -> None:
        """Wait until the line is shown, below what was seen before."""
        terminal = self._terminals[number]
        before = f"(?s:.{{{self._seen[number]},}}?)^"
        found = terminal.wait_for(rf"(?m)\A{before}{pattern_of(line)}$")
        self._seen[number] = found.end()

    def _ask(self, line: str, answer: list[str]) -> None:
        outcome = run(["sh", "-c", line], self._app.project, env=self._environment)
        wanted = "".join(pattern_of(one) + "\n" for one in answer)
        assert re.fullmatch(wanted, outcome.out), (line, answer, outcome, self._shown())

    def _shown(self) -> str:
        return "\n".join(terminal.shown() for terminal in self._terminals.values())

    def close(self) -> None:
        for terminal in self._terminals.values():
            terminal.close()


def is_start(line: str) -> bool:
    """Whether the line starts an autorun that stays."""
    found = re.match(r"autorun ([\w-]+)", line)
    return found is not None and found[1] not in COMMANDS


@pytest.fixture
def reader(app: App, tmp_path: Path) -> Iterator[Reader]:
    folder = tmp_path / "bin"
    script(folder / "autorun", f'exec {" ".join(AUTORUN)} "$@"\n', interpreter="/bin/sh")
    one = Reader(app, f"{folder}:{os.environ['PATH']}")
    try:
        yield one
    finally:
        one.close()


def test_the_tutorial_is_as_it_says(app: App, reader: Reader) -> None:
    page = (ROOT / "docs" / "tutorial.md").read_text("utf-8")
    page = page.replace("8000", str(free_port())).replace("/home/ada/shop", str(app.project))
    blocks = BLOCK.findall(page)
    assert len(blocks) == page.count("```") / 2, "every block has a mark that says what it is"
    for action, name, text in blocks:
        if action == "save":
            (app.project / name).write_text(text)
        else:
            reader.read(name, text)
    app.assert_nothing_left()
