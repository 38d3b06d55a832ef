"""What is said of code that is held or has crashed, as the user and an editor read it."""

import re

import pytest

from autoreload.core import wording_broken
from autoreload.core.decisions import Broken

ROOT = "/home/me/project"

MATCHER = re.compile(r"^(.+?):(\d+)(?::(\d+))?: (?:([\w.]+): )?(.*)$")
"""One pattern for an editor: file, line, column, type, message."""


@pytest.mark.parametrize(
    ("source", "column", "shown", "above"),
    [
        ("x = (\n", 5, "x = (", "("),
        ("    x = (\n", 9, "x = (", "("),
        ("\tx = (\n", 6, "x = (", "("),
        ("if a:\tx = (\n", 11, "if a:   x = (", "("),
        ("x = 1 1\r\n", 7, "x = 1 1", "1"),
        ("x\n  = '''\n", 1, "x", "x"),
    ],
)
def test_the_caret_stands_below_the_error(source: str, column: int, shown: str, above: str) -> None:
    """A tab counts as one column for the compiler and as several on the screen."""
    broken = Broken(f"{ROOT}/a.py", 3, column, "SyntaxError", "bad", source)
    first, text, caret = wording_broken.held(broken, ROOT)
    assert first.text == f"a.py:3:{column}: SyntaxError: bad. Held, the previous code keeps running"
    assert text.text == f"    {shown}"
    assert caret.text.strip() == "^"
    assert text.text[caret.text.index("^")] == above


@pytest.mark.parametrize("column", [1, 6, 99])
def test_the_caret_stays_near_the_line(column: int) -> None:
    broken = Broken("/a.py", 1, column, "SyntaxError", "bad", "  x = (\n")
    _, text, caret = wording_broken.held(broken, ROOT)
    assert 4 <= caret.text.index("^") <= len(text.text)


def test_an_error_without_a_place_is_one_line() -> None:
    broken = Broken(f"{ROOT}/a.py", 0, 0, "ValueError", "null bytes", " \n")
    assert [line.text for line in wording_broken.held(broken, ROOT)] == [
        "a.py: ValueError: null bytes. Held, the previous code keeps running"
    ]


@pytest.mark.parametrize("column", [-5, 0])
def test_without_a_column_there_is_no_caret(column: int) -> None:
    broken = Broken("/a.py", 1, column, "SyntaxError", "bad", "x = (\n")
    assert [line.text for line in wording_broken.held(broken, ROOT)] == [
        "/a.py:1: SyntaxError: bad. Held, the previous code keeps running",
        "    x = (",
    ]


def test_of_a_long_line_the_part_with_the_error_is_shown_and_its_true_column_said() -> None:
    broken = Broken("/a.py", 1, 10_007, "SyntaxError", "bad", "aaaaa *= 1", start=10_000)
    first, text, caret = wording_broken.held(broken, ROOT)
    assert first.text.startswith("/a.py:1:10007: SyntaxError: bad. ")
    assert text.text[caret.text.index("^")] == "*"


def test_a_line_with_control_characters_commands_no_terminal() -> None:
    broken = Broken("/a.py", 1, 5, "SyntaxError", "bad \x1b[2J", "x = \x1b[2J(\n")
    assert [line.text for line in wording_broken.held(broken, ROOT)] == [
        "/a.py:1:5: SyntaxError: bad \\x1b[2J. Held, the previous code keeps running",
        "    x = \\x1b[2J(",
    ]


def crashed(
    text: str = "name 'x' is not defined",
    *,
    code: int = 1,
    waiting: bool = True,
    missing: str = "",
    kind: str = "NameError",
    path: str = f"{ROOT}/shop/views.py",
    column: int = 5,
    source: str = "",
) -> list[str]:
    broken = Broken(path, 12, column, kind, text, source)
    lines = wording_broken.crashed(broken, ROOT, code, waiting=waiting, missing=missing)
    assert {line.tone for line in lines} <= {"bad", "dim"}
    return [line.text for line in lines]


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        (
            crashed(),
            (
                "shop/views.py:12:5: NameError: name 'x' is not defined. "
                "Crashed (exit code 1), waiting for a change"
            ),
        ),
        (
            crashed(column=0, waiting=False, code=3),
            "shop/views.py:12: NameError: name 'x' is not defined. Crashed (exit code 3)",
        ),
        (
            crashed(path="", code=-11),
            "NameError: name 'x' is not defined. Crashed (SIGSEGV), waiting for a change",
        ),
        (
            crashed("", kind="AssertionError", waiting=False),
            "shop/views.py:12:5: AssertionError. Crashed (exit code 1)",
        ),
        (
            crashed("Not set.\nSecond line.", kind="shop.Missing", waiting=False),
            "shop/views.py:12:5: shop.Missing: Not set. Crashed (exit code 1)",
        ),
        (
            crashed("wait...", waiting=False),
            "shop/views.py:12:5: NameError: wait.... Crashed (exit code 1)",
        ),
        (
            crashed("a" * 9000, waiting=False),
            f"shop/views.py:12:5: NameError: {'a' * 299}…. Crashed (exit code 1)",
        ),
        (
            crashed(
                "No module named 'helpers'",
                kind="ModuleNotFoundError",
                missing=wording_broken.creating(f"{ROOT}/helpers.py", ROOT),
            ),
            (
                "shop/views.py:12:5: ModuleNotFoundError: No module named 'helpers'. "
                "Crashed (exit code 1), waiting for a change. "
                "Creating helpers.py will restart, too"
            ),
        ),
        (
            crashed(
                "No module named 'requests'",
                kind="ModuleNotFoundError",
                missing=wording_broken.creating(f"{ROOT}/requests.py", ROOT, "requests"),
                waiting=False,  # nothing will
            ),
            (
                "shop/views.py:12:5: ModuleNotFoundError: No module named 'requests'. "
                "Crashed (exit code 1)"
            ),
        ),
    ],
)
def test_a_crash_is_one_line(said: list[str], expected: str) -> None:
    assert said == [expected]


def test_what_the_traceback_did_not_show_is_shown() -> None:
    assert crashed(source="    raise x\n", column=11)[1:] == ["    raise x", "          ^"]


def test_a_missing_package_may_be_a_module_or_an_installation() -> None:
    said = wording_broken.creating(f"{ROOT}/requests.py", ROOT, "requests")
    assert said == "Creating requests.py or installing requests"


def test_one_pattern_of_an_editor_finds_both() -> None:
    broken = Broken(f"{ROOT}/a b.py", 12, 5, "SyntaxError", "bad: worse", "")
    for line in (
        wording_broken.held(broken, ROOT)[0],
        wording_broken.crashed(broken, ROOT, 1, waiting=True)[0],
    ):
        found = MATCHER.match(line.text)
        assert found is not None
        assert found.group(1, 2, 3, 4) == ("a b.py", "12", "5", "SyntaxError")
        assert found.group(5).startswith("bad: worse. ")
