"""What is ours and what is the target's."""

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autoreload.core.commandline import RESERVED, Line, plain, reserved_name, split

ARITY = {"--watch": 1, "-w": 1, "--poll": 0, "--quiet": 0, "-q": 0, "-v": 0, "--stop-timeout": 1}


def cut(*argv: str) -> tuple[str, str, bool]:
    line = split(argv, ARITY.get)
    return " ".join(line.options), " ".join(line.target), line.dashed


@pytest.mark.parametrize(
    ("typed", "options", "target", "dashed"),
    [
        ("app.py", "", "app.py", False),
        ("app.py --help -w y", "", "app.py --help -w y", False),
        ("manage.py runserver -v 2", "", "manage.py runserver -v 2", False),
        ("-m pkg -w 9", "", "-m pkg -w 9", False),
        ("-mpkg -w 9", "", "-mpkg -w 9", False),
        ("-- wait", "", "wait", True),
        ("-q -- node --watch s.js -- x", "-q", "node --watch s.js -- x", True),
        ("--watch templates app.py", "--watch templates", "app.py", False),
        ("--watch=templates app.py", "--watch=templates", "app.py", False),
        ("-w templates app.py", "-w templates", "app.py", False),
        ("-wtemplates app.py", "-wtemplates", "app.py", False),
        ("-qv app.py", "-qv", "app.py", False),
        ("-qw templates app.py", "-qw templates", "app.py", False),
        ("-qwtemplates app.py", "-qwtemplates", "app.py", False),
        ("-w -m app.py", "-w -m", "app.py", False),
        ("--watch -- app.py", "--watch --", "app.py", False),
        ("--poll app.py", "--poll", "app.py", False),
        ("--poll=2 app.py", "--poll=2", "app.py", False),
        ("--nonsense app.py", "--nonsense", "app.py", False),
        ("-z app.py", "-z", "app.py", False),
        ("-q - x", "-q", "- x", False),
        ("-q", "-q", "", False),
        ("--watch", "--watch", "", False),
        ("-q -m", "-q", "-m", False),
        ("--", "", "", True),
        ("", "", "", False),
    ],
)
def test_the_line_is_cut_at_the_target(typed: str, options: str, target: str, dashed: bool) -> None:
    assert cut(*typed.split()) == (options, target, dashed)


def test_an_empty_word_is_a_target() -> None:
    assert split(["-q", "", "x"], ARITY.get).target == ("", "x")


WORDS = st.lists(
    st.sampled_from(
        [*ARITY, "--", "-", "-m", "-mpkg", "-qw", "-qv", "--watch=a", "app.py", "x", ""]
    )
)


@given(WORDS)
def test_no_word_is_lost_or_moved(argv: list[str]) -> None:
    line = split(argv, ARITY.get)
    dash = ["--"] if line.dashed else []
    assert [*line.options, *dash, *line.target] == argv


@given(WORDS, WORDS)
def test_the_target_is_not_looked_into(argv: list[str], more: list[str]) -> None:
    line = split(argv, ARITY.get)
    if line.target:
        assert split([*argv, *more], ARITY.get).target == (*line.target, *more)


@given(WORDS)
def test_a_plain_line_has_no_options(argv: list[str]) -> None:
    if plain(argv):
        assert not split(argv, ARITY.get).options


@pytest.mark.parametrize(
    ("argv", "expected"),
    [
        (["app.py"], True),
        (["-m", "pkg"], True),
        (["-mpkg"], True),
        (["--", "ls"], True),
        (["-"], True),
        (["-q", "app.py"], False),
        (["--help"], False),
        ([], True),
    ],
)
def test_click_is_needed_only_for_options(argv: Sequence[str], expected: bool) -> None:
    assert plain(argv) is expected


@pytest.mark.parametrize("word", sorted(RESERVED))
def test_a_name_kept_for_a_command_of_ours_is_no_target(word: str) -> None:
    said = reserved_name(Line((), (word, "x"), dashed=False), lambda _: False)
    assert said is not None
    assert f"./{word} or -- {word}" in said
    assert reserved_name(Line((), (word,), dashed=True), lambda _: False) is None
    assert reserved_name(Line((), (word,), dashed=False), lambda path: path == word) is None
    assert reserved_name(Line((), (f"./{word}",), dashed=False), lambda _: False) is None


def test_any_other_name_is_a_target() -> None:
    assert reserved_name(Line((), ("uvicorn",), dashed=False), lambda _: False) is None
    assert reserved_name(Line(("-q",), (), dashed=False), lambda _: False) is None


@pytest.mark.parametrize("typed", ["app.py -q", "-- node --watch", "-m pkg", ""])
def test_the_words_of_a_target_are_read_as_the_same_target(typed: str) -> None:
    line = split(typed.split(), ARITY.get)
    again = split(line.words, ARITY.get)
    assert (again.target, again.dashed) == (line.target, line.dashed)
