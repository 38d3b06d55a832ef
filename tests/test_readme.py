"""The README keeps its word: its two commands are marked, for people and for machines."""

import re
from pathlib import Path

README = Path(__file__).resolve().parents[1] / "README.md"
COMMAND = re.compile(r"^<!-- (run|test) -->\n```sh\n(.+?)^```$", re.MULTILINE | re.DOTALL)
LONGEST = 150
"""Lines. What wants more has a page of its own below `docs`."""


def test_two_commands_are_marked() -> None:
    text = README.read_text("utf-8")
    marks = [line for line in text.splitlines() if line in ("<!-- run -->", "<!-- test -->")]
    fences = [f"<!-- {name} -->" for name, _ in COMMAND.findall(text)]
    assert sorted(marks) == ["<!-- run -->", "<!-- test -->"]
    assert fences == marks, "a mark stands on the line before its ```sh"


def test_it_is_short() -> None:
    assert len(README.read_text("utf-8").splitlines()) <= LONGEST
